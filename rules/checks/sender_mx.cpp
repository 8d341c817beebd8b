// sender_mx: could a bounce or an answer be delivered to the sender's domain? Page: sender_mx.md.
#include <algorithm>
#include <array>

#include "common/base/ip_network.h"
#include "common/base/ip_scope.h"
#include "common/yaml/config_map.h"
#include "rules/model/check.h"

namespace postern::checks {
namespace {

// Targets that are looked up; a domain whose first ones are all unusable is `unknown` beyond that.
constexpr std::size_t kMaxTargets = 16;

// Mail hosts that are waited for at a time, and those of one zone that are waited for or were
// waited for in vain: a domain with many dead hosts gets no more of the places for DNS than one
// with two.
constexpr std::size_t kAtOnce = 3;
constexpr std::ptrdiff_t kOfOneZone = 2;

// In the order of kFindings.
enum class Finding : std::size_t {
  mx,
  implicit,
  null_mx,
  malformed,
  missing,
  unusable,
  no_domain,
  unknown,
};

constexpr std::array<FindingInfo, 8> kFindings = {{
    {"mx", FindingClass::good},
    {"implicit", FindingClass::good},
    {"null_mx", FindingClass::bad},
    {"malformed", FindingClass::bad},
    {"missing", FindingClass::bad},
    {"unusable", FindingClass::bad},
    {"no_domain", FindingClass::bad},
    {"unknown", FindingClass::temporary},
}};

CheckReport report(Finding finding, std::string detail = {}) {
  return CheckReport::found(static_cast<std::size_t>(finding), std::move(detail));
}

constexpr std::array<PresetAction, 6> kStandard = {{
    {"null_mx", "reject 550 5.7.27 \"Sender domain does not accept mail\""},
    {"malformed", "log"},
    {"missing", "reject 550 5.1.8 \"Sender domain does not exist or cannot receive mail\""},
    {"unusable", "log"},
    {"no_domain", "log"},
    {"unknown", "defer 451 4.4.3 \"Temporary DNS failure, please try again\""},
}};

// qmail's texts and codes. It knows no null MX, takes a target that does not resolve as good, and
// refuses a sender without a domain.
constexpr std::array<PresetAction, 3> kMfcheck = {{
    {"missing", "reject 553 5.7.1 \"sorry, your envelope sender domain must exist\""},
    {"no_domain", "reject 553 5.7.1 \"sorry, your envelope sender domain must exist\""},
    {"unknown", "defer 451 4.3.0 \"DNS temporary failure\""},
}};

constexpr std::array<CheckPreset, 2> kPresets = {{
    {"standard", kStandard},
    {"mfcheck", kMfcheck},
}};

constexpr std::array<std::string_view, 1> kOptions = {"usable_networks"};

// Networks that count as usable though the Internet cannot reach them: the site's own.
using UsableNetworks = std::vector<IpNetwork>;

bool is_usable(const IpAddress& address, const UsableNetworks& own) {
  if (is_public(address)) return true;
  const auto inner = embedded_v4(address);
  return std::any_of(own.begin(), own.end(), [&](const IpNetwork& network) {
    return network.contains(address) || (inner && network.contains(*inner));
  });
}

// What A and AAAA together say about one name. silent: nobody said anything.
enum class Reach { usable, unusable, absent, waiting, unknown, silent };

bool is_silence(dns::DnsReason reason) {
  switch (reason) {
    case dns::DnsReason::timeout:
    case dns::DnsReason::unreachable:
    case dns::DnsReason::overloaded:
    case dns::DnsReason::circuit_open:
    case dns::DnsReason::deadline:
      return true;
    default:
      return false;
  }
}

Reach reach_of(const DomainName& name, const UsableNetworks& own, FactView& facts) {
  bool waiting = false;
  bool unknown = false;
  bool silent = false;
  bool found = false;
  // Both are asked for before either is judged, so that they are looked up side by side.
  const dns::DnsAnswer* answers[] = {facts.dns({name, dns::DnsType::a}),
                                     facts.dns({name, dns::DnsType::aaaa})};
  for (const dns::DnsAnswer* answer : answers) {
    if (answer == nullptr) {
      waiting = true;
      continue;
    }
    unknown = unknown || answer->status == dns::DnsStatus::temporary_failure;
    silent = silent || is_silence(answer->reason);
    found = found || answer->status == dns::DnsStatus::found;
    for (const IpAddress& address : answer->records.addresses()) {
      if (is_usable(address, own)) return Reach::usable;
    }
  }
  if (waiting) return Reach::waiting;
  if (silent) return Reach::silent;
  if (unknown) return Reach::unknown;
  return found ? Reach::unusable : Reach::absent;
}

// Where the host stands: the name above it, unless that is a label alone.
std::string_view zone_of(std::string_view host) {
  const std::string_view above = host.substr(host.find('.') + 1);
  return above.find('.') == std::string_view::npos ? host : above;
}

class SenderMx : public Check {
 public:
  explicit SenderMx(UsableNetworks usable) : usable_networks_(std::move(usable)) {}

  [[nodiscard]] AttributeSet attributes() const override {
    return attribute_set({Attribute::sender_domain});
  }

  [[nodiscard]] CheckReport inspect(const Transaction& transaction,
                                    FactView& facts) const override {
    if (!transaction.sender) return CheckReport::not_applicable();
    switch (transaction.sender->kind()) {
      case MailAddress::Kind::null_sender:
      case MailAddress::Kind::address_literal:
        return CheckReport::not_applicable();
      case MailAddress::Kind::local_only:
        return report(Finding::no_domain);
      case MailAddress::Kind::malformed_domain:
        return report(Finding::malformed, "not a domain name");
      case MailAddress::Kind::domain:
        break;
    }
    const DomainName& domain = transaction.sender->domain();
    const dns::DnsAnswer* mx = facts.dns({domain, dns::DnsType::mx});
    if (mx == nullptr) return CheckReport::waiting();
    switch (mx->status) {
      case dns::DnsStatus::found:
        return judge_mx(*mx, facts);
      case dns::DnsStatus::absent:
        return judge_implicit(domain, mx->reason, facts);
      case dns::DnsStatus::temporary_failure:
        break;
    }
    return report(Finding::unknown, "MX " + std::string(dns::to_string(mx->reason)));
  }

 private:
  // RFC 5321 5.1: without MX records the name itself is the mail host. Also after NXDOMAIN: by
  // RFC 8020 2 that ends it, but there are servers that deny the name for every type that it has no
  // record of (RFC 4074 4.2), and what would be refused for good is asked about to the end.
  [[nodiscard]] CheckReport judge_implicit(const DomainName& domain, dns::DnsReason no_mx,
                                           FactView& facts) const {
    switch (reach_of(domain, usable_networks_, facts)) {
      case Reach::usable:
        return report(Finding::implicit);
      case Reach::unusable:
        return report(Finding::unusable, "no MX and no usable address");
      case Reach::absent:
        return report(Finding::missing, no_mx == dns::DnsReason::nxdomain
                                            ? "no such name"
                                            : "neither MX nor address");
      case Reach::waiting:
        return CheckReport::waiting();
      case Reach::unknown:
      case Reach::silent:
        break;
    }
    return report(Finding::unknown, "address of " + domain.text());
  }

  [[nodiscard]] CheckReport judge_mx(const dns::DnsAnswer& answer, FactView& facts) const {
    const auto mx = answer.records.mx();
    if (mx.empty()) return report(Finding::unknown, "an MX answer without records");
    const bool names_root = std::any_of(
        mx.begin(), mx.end(), [](const dns::MxView& record) { return record.exchange.empty(); });
    if (names_root) {
      // RFC 7505 3: a null MX stands alone and has preference 0.
      const bool is_null = mx.size() == 1 && mx.begin()->preference == 0;
      return is_null ? report(Finding::null_mx)
                     : report(Finding::malformed, "a null MX that is not alone or not 0");
    }
    return judge_targets(mx, facts);
  }

  // In the order of preference, a few at a time: the next is asked for when one has been answered.
  // A silent one is waited for no longer, but counts among those of its zone.
  [[nodiscard]] CheckReport judge_targets(const dns::DnsRecords::List<dns::MxView>& records,
                                          FactView& facts) const {
    std::size_t waiting = 0;
    std::string unknown;
    std::vector<std::string_view> seen;
    std::vector<std::string_view> unanswered;  // the zone of each
    for (const dns::MxView& record : records) {
      if (waiting == kAtOnce) break;
      if (std::find(seen.begin(), seen.end(), record.exchange) != seen.end()) continue;
      if (seen.size() == kMaxTargets) {
        unknown = "more than " + std::to_string(kMaxTargets) + " mail hosts";
        break;
      }
      seen.push_back(record.exchange);
      const auto name = DomainName::parse(record.exchange);
      if (!name) continue;  // no host can have this name
      const std::string_view zone = zone_of(record.exchange);
      if (std::count(unanswered.begin(), unanswered.end(), zone) == kOfOneZone) continue;
      switch (reach_of(*name, usable_networks_, facts)) {
        case Reach::usable:
          return report(Finding::mx);
        case Reach::waiting:
          ++waiting;
          unanswered.push_back(zone);
          break;
        case Reach::silent:
          unanswered.push_back(zone);
          [[fallthrough]];
        case Reach::unknown:
          unknown = "address of " + name->text();
          break;
        case Reach::unusable:
        case Reach::absent:
          break;
      }
    }
    if (waiting > 0) return CheckReport::waiting();
    if (!unknown.empty()) return report(Finding::unknown, std::move(unknown));
    return report(Finding::unusable, "no mail host has a usable address");
  }

  UsableNetworks usable_networks_;
};

std::unique_ptr<Check> make(yaml::ConfigMap& options) {
  UsableNetworks usable;
  for (const yaml::YamlNode* value : options.scalars("usable_networks")) {
    if (auto network = IpNetwork::parse(value->text)) {
      usable.push_back(*network);
    } else {
      options.diagnostics().error(value->where, "usable_networks: " + network.error().text);
    }
  }
  return std::make_unique<SenderMx>(std::move(usable));
}

}  // namespace

const CheckInfo& sender_mx_check() {
  static const CheckInfo info{"sender_mx", Stage::mail, kFindings, kPresets, kOptions, make};
  return info;
}

}  // namespace postern::checks
