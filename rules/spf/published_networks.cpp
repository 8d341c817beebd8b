#include "rules/spf/published_networks.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "common/base/escape.h"
#include "rules/spf/spf_record.h"

namespace postern::spf {
namespace {

constexpr int kMappedV4Bits = 96;           // in front of an IPv4 address
constexpr std::size_t kMostMailHosts = 10;  // of one mx (4.6.4)
// Of all networks of a domain together: two of the broadest.
constexpr int kLeastV4Bits = 7;
constexpr int kLeastV6Bits = 18;
constexpr std::size_t kMaxTermShown = 100;
constexpr const char* kNoNetwork = "not a network";
constexpr const char* kTooMany = "more networks than anybody needs";

// What a record has passed over: networks that earlier terms have decided about otherwise.
using Excluded = std::vector<IpNetwork>;

class Walk {
 public:
  explicit Walk(FactView& facts) : facts_(facts) {}

  std::optional<PublishedNetworks> run(const DomainName& domain) {
    walk_domain(domain, {}, 0);
    keep_outermost();
    if (result_.networks.size() > kMaxPublishedNetworks) break_off(kTooMany);
    if (is_too_much()) break_off("its networks together are more than anybody owns");
    // What is wrong already stays so, whatever the missing facts are.
    if (result_.status != dns::DnsStatus::absent && is_waiting_) return std::nullopt;
    if (!result_.problem.empty()) {
      result_.networks.clear();
      result_.left_out.clear();
      return std::move(result_);
    }
    result_.status = dns::DnsStatus::found;
    return std::move(result_);
  }

 private:
  // The answer; null when there is none to go on with.
  const dns::DnsAnswer* ask(const dns::DnsName& name, dns::DnsType type) {
    if (++questions_ > kMaxWalkQuestions) {
      break_off("more than " + std::to_string(kMaxWalkQuestions) + " questions");
      return nullptr;
    }
    const dns::DnsAnswer* answer = facts_.dns({name, type});
    if (answer == nullptr) {
      is_waiting_ = true;
    } else if (answer->status == dns::DnsStatus::temporary_failure) {
      if (result_.problem.empty()) {
        result_.problem = std::string(dns::to_string(type))
                              .append(" of ")
                              .append(name.text())
                              .append(": ")
                              .append(dns::to_string(answer->reason));
      }
      return nullptr;
    }
    return answer;
  }

  void break_off(std::string problem) {
    if (is_broken()) return;
    result_.status = dns::DnsStatus::absent;
    result_.problem = std::move(problem);
  }
  [[nodiscard]] bool is_broken() const { return result_.status == dns::DnsStatus::absent; }

  // `excluded`: what the records that led here have passed over.
  void walk_domain(const dns::DnsName& name, Excluded excluded, std::size_t depth) {
    if (is_broken()) return;
    if (depth > kMaxWalkDepth || ++records_ > kMaxWalkedRecords) {
      return break_off("too many records, or a circle of them, at " + name.text());
    }
    const dns::DnsAnswer* answer = ask(name, dns::DnsType::txt);
    if (answer == nullptr) return;
    std::vector<std::string_view> records;
    for (const dns::TxtView& txt : answer->records.texts()) {
      if (is_spf_record(txt.text)) records.push_back(txt.text);
    }
    if (records.empty()) return break_off(name.text() + " has no SPF record");
    if (records.size() > 1) return break_off(name.text() + " has several SPF records");
    const auto record = parse_record(records.front());
    if (!record) return break_off(name.text() + ": " + printable(record.error().text));
    walk_record(*record, name, std::move(excluded), depth);
  }

  void walk_record(const Record& record, const dns::DnsName& name, Excluded excluded,
                   std::size_t depth) {
    for (const Directive& directive : record.directives) {
      if (directive.qualifier == Qualifier::pass) {
        take(directive, name, excluded, depth);
      } else {
        note_excluded(directive, excluded);
      }
      if (directive.mechanism == Directive::Mechanism::all) return;
    }
    if (record.redirect.empty()) return;
    if (const auto target = name_of(record.redirect)) {
      walk_domain(*target, std::move(excluded), depth + 1);
    } else {
      leave_out("redirect=" + std::string(record.redirect), kNoNetwork);
    }
  }

  void take(const Directive& directive, const dns::DnsName& name, const Excluded& excluded,
            std::size_t depth) {
    using enum Directive::Mechanism;
    const auto target =
        directive.domain_spec.empty() ? std::optional(name) : name_of(directive.domain_spec);
    const bool is_network = directive.mechanism != all && directive.mechanism != ptr &&
                            directive.mechanism != exists && target.has_value();
    if (!is_network) return leave_out(directive.text, kNoNetwork);
    if (directive.mechanism == include) return walk_domain(*target, excluded, depth + 1);
    if (directive.mechanism == a) return take_host(*target, directive, excluded);
    if (directive.mechanism == mx) return take_mail_hosts(*target, directive, excluded);
    take_address(directive.network, directive, excluded);
  }

  void take_mail_hosts(const dns::DnsName& name, const Directive& directive,
                       const Excluded& excluded) {
    const dns::DnsAnswer* answer = ask(name, dns::DnsType::mx);
    if (answer == nullptr) return;
    const auto hosts = answer->records.mx();
    if (hosts.size() > kMostMailHosts) {
      return break_off(name.text() + " has more than ten mail hosts");
    }
    for (const dns::MxView& host : hosts) {
      // The root of a null MX is no name.
      if (const auto known = dns::DnsName::parse(host.exchange)) {
        take_host(*known, directive, excluded);
      }
    }
  }

  void take_host(const dns::DnsName& name, const Directive& directive, const Excluded& excluded) {
    for (const dns::DnsType type : {dns::DnsType::a, dns::DnsType::aaaa}) {
      const dns::DnsAnswer* answer = ask(name, type);
      if (answer == nullptr) continue;
      for (const IpAddress& address : answer->records.addresses()) {
        take_address(address, directive, excluded);
      }
    }
  }

  static Result<IpNetwork> network_of(const IpAddress& address, const Directive& directive) {
    // ip6 may be about an IPv4-mapped address, in 128 bits.
    const bool in_v4_bits = address.is_v4() && directive.mechanism != Directive::Mechanism::ip6;
    return IpNetwork::around(address,
                             in_v4_bits ? kMappedV4Bits + directive.v4_bits : directive.v6_bits);
  }

  void take_address(const IpAddress& address, const Directive& directive,
                    const Excluded& excluded) {
    const auto network = network_of(address, directive);
    if (!network || network->is_broad()) {
      return leave_out(directive.text, "more than anybody owns");
    }
    const bool is_excluded = std::ranges::any_of(
        excluded, [&](const IpNetwork& other) { return other.overlaps(*network); });
    if (is_excluded) return leave_out(directive.text, "an earlier term says otherwise");
    result_.networks.push_back(*network);
    if (result_.networks.size() <= 2 * kMaxPublishedNetworks) return;
    keep_outermost();
    if (result_.networks.size() > kMaxPublishedNetworks) break_off(kTooMany);
  }

  static void note_excluded(const Directive& directive, Excluded& excluded) {
    const bool has_network = directive.mechanism == Directive::Mechanism::ip4 ||
                             directive.mechanism == Directive::Mechanism::ip6;
    if (!has_network) return;
    if (const auto network = network_of(directive.network, directive)) {
      excluded.push_back(*network);
    }
  }

  // Nothing: it depends on the mail, or is no name.
  static std::optional<dns::DnsName> name_of(std::string_view domain_spec) {
    if (domain_spec.find('%') != std::string_view::npos) return std::nullopt;
    const auto name = dns::DnsName::from_octets(domain_spec);
    return name ? std::optional(*name) : std::nullopt;
  }

  void leave_out(std::string_view term, const char* why) {
    if (result_.left_out.size() >= PublishedNetworks::kMaxLeftOut) return;
    std::string text = printable(term.substr(0, kMaxTermShown));
    text.append(" (").append(why).append(")");
    if (std::ranges::find(result_.left_out, text) == result_.left_out.end()) {
      result_.left_out.push_back(std::move(text));
    }
  }

  // A few hundred networks of the broadest that are taken would be all of the Internet.
  [[nodiscard]] bool is_too_much() const {
    double v4 = 0;  // of all addresses
    double v6 = 0;
    for (const IpNetwork& network : result_.networks) {
      const int bits = network.mapped_prefix_length();
      if (network.first().is_v4()) {
        v4 += std::ldexp(1.0, kMappedV4Bits - bits);
      } else {
        v6 += std::ldexp(1.0, -bits);
      }
    }
    return v4 > std::ldexp(1.0, -kLeastV4Bits) || v6 > std::ldexp(1.0, -kLeastV6Bits);
  }

  // The outer of two comes first.
  void keep_outermost() {
    std::ranges::sort(result_.networks);
    std::vector<IpNetwork> outermost;
    for (const IpNetwork& network : result_.networks) {
      const bool is_inside = !outermost.empty() && outermost.back().contains(network.first());
      if (!is_inside) outermost.push_back(network);
    }
    result_.networks = std::move(outermost);
  }

  FactView& facts_;
  PublishedNetworks result_;
  bool is_waiting_ = false;
  std::size_t records_ = 0;
  std::size_t questions_ = 0;
};

}  // namespace

std::optional<PublishedNetworks> published_networks(const DomainName& domain, FactView& facts) {
  return Walk(facts).run(domain);
}

}  // namespace postern::spf
