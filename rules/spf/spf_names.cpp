#include "rules/spf/spf_names.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "common/dns/reverse_name.h"
#include "rules/spf/spf_macro.h"

namespace postern::spf {
namespace {

constexpr std::size_t kMaxPtrNames = 10;  // that are looked at (5.5)
// Half of all addresses, of IPv6 of those that are given out: 2000::/3.
constexpr double kHalfOfV4 = 1.0 / 2;
constexpr double kHalfOfV6 = 1.0 / 16;
constexpr std::size_t kV4Offset = 12;  // in the bytes of an address
constexpr int kOctetBits = 8;

// The first bits are the same. REQUIRES: both of one family.
bool share_bits(const IpAddress& one, const IpAddress& other, int bits) {
  for (std::size_t at = one.is_v4() ? kV4Offset : 0; bits > 0; ++at, bits -= kOctetBits) {
    const auto differing = static_cast<unsigned>(one.bytes()[at] ^ other.bytes()[at]);
    if (differing >> std::max(0, kOctetBits - bits) != 0) return false;
  }
  return true;
}

// `%{p}`: the domain itself, else one below it, else any (7.3).
std::string best_of(const ValidatedNames& validated, std::string_view domain) {
  const auto& names = validated.names;
  if (names.empty()) return "unknown";
  if (std::find(names.begin(), names.end(), domain) != names.end()) return std::string(domain);
  const auto below = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
    return is_name_below(name, domain);
  });
  return below != names.end() ? *below : names.front();
}

}  // namespace

bool is_name_below(std::string_view name, std::string_view domain) {
  return name.size() > domain.size() && name.ends_with(domain) &&
         name[name.size() - domain.size() - 1] == '.';
}

ValidatedNames SpfNames::validated() {
  ValidatedNames validated;
  const dns::DnsAnswer* answer =
      facts_.dns({dns::reverse_name(subject_.client), dns::DnsType::ptr}, Asker::client);
  if (answer == nullptr) return {.is_waiting = true};
  if (answer->status == dns::DnsStatus::temporary_failure) {
    fault_ = std::string("names of the client: ").append(dns::to_string(answer->reason));
  }
  std::size_t looked_at = 0;
  for (const std::string_view text : answer->records.names()) {
    if (++looked_at > kMaxPtrNames) break;
    const auto name = dns::DnsName::parse(text);
    if (!name) continue;
    const dns::DnsAnswer* address = facts_.dns({*name, address_type_}, Asker::client);
    if (address == nullptr) {
      validated.is_waiting = true;
    } else if (has_near(*address, Directive{})) {
      validated.names.emplace_back(text);
    } else if (address->status == dns::DnsStatus::temporary_failure ||
               !address->has_all_addresses()) {
      fault_ = "names of the client: address of " + name->text();
    }
  }
  return validated;
}

Expansion SpfNames::expand(std::string_view text, const Place& place) {
  ValidatedNames client;
  if (has_p_macro(text)) client = validated();
  if (client.is_waiting) return {.is_waiting = true};
  const std::string name = best_of(client, place.name.text());
  return {expand_macros(text, {subject_.local_part, subject_.domain.text(), place.octets(),
                               subject_.client, name, subject_.helo})};
}

Target SpfNames::target_of(std::string_view domain_spec, const Place& place) {
  if (domain_spec.empty()) return {place};
  Expansion expansion;
  if (domain_spec.find('%') != std::string_view::npos) {
    expansion = expand(domain_spec, place);
    if (expansion.is_waiting) return {.is_waiting = true};
    domain_spec = expansion.text;
  }
  const std::string_view octets = last_labels_that_fit(domain_spec);
  auto name = dns::DnsName::from_octets(octets);
  if (!name) return {};
  Target target;
  Place& found = target.place.emplace();
  found.name = *std::move(name);
  if (octets != found.name.text()) found.spelt = octets;
  return target;
}

bool SpfNames::is_near(const IpAddress& address, const Directive& directive) const {
  if (address.is_v4() != subject_.client.is_v4()) return false;
  return share_bits(address, subject_.client, bits_of(directive));
}

bool SpfNames::has_near(const dns::DnsAnswer& answer, const Directive& directive) const {
  const auto addresses = answer.records.addresses();
  return std::any_of(addresses.begin(), addresses.end(),
                     [&](const IpAddress& address) { return is_near(address, directive); });
}

bool SpfNames::is_most_of_all(const Record& record, const Directive& matched) const {
  using enum Directive::Mechanism;
  const auto is_network = [this](const Directive& one) {
    if (one.mechanism == a || one.mechanism == mx) return true;
    return one.mechanism == (subject_.client.is_v4() ? ip4 : ip6);
  };
  if (matched.mechanism == all) return true;
  if (!is_network(matched)) return false;
  double share = 0;
  for (const Directive& one : record.directives) {
    if (is_network(one) && one.qualifier == Qualifier::pass) share += std::ldexp(1, -bits_of(one));
  }
  return share > (subject_.client.is_v4() ? kHalfOfV4 : kHalfOfV6);
}

}  // namespace postern::spf
