// rdns: does the client have a name that leads back to it? Page: rdns.md.
#include <algorithm>
#include <array>

#include "common/dns/reverse_name.h"
#include "rules/checks/generic_name.h"
#include "rules/checks/outside_client.h"
#include "rules/model/check.h"

namespace postern::checks {
namespace {

// Names that are looked at, as in SPF (RFC 7208 4.6.4). A client whose first ones all lead
// elsewhere is `unknown` beyond that.
constexpr std::size_t kMaxClientNames = 10;

// In the order of kRdnsFindings.
enum class RdnsFinding : std::size_t { confirmed, none, mismatch, generic, unknown };

constexpr std::array<FindingInfo, 5> kRdnsFindings = {{
    {"confirmed", FindingClass::good},
    {"none", FindingClass::bad},
    {"mismatch", FindingClass::bad},
    {"generic", FindingClass::bad,
     "many honest servers have a name that their provider has made of the address"},
    {"unknown", FindingClass::temporary},
}};

constexpr std::array<PresetAction, 4> kRdnsStandard = {{
    {"none", "log"},
    {"mismatch", "log"},
    {"generic", "log"},
    {"unknown", "log"},
}};

constexpr std::array<CheckPreset, 1> kRdnsPresets = {{{"standard", kRdnsStandard}}};

CheckReport rdns_report(RdnsFinding finding, std::string detail = {}) {
  return CheckReport::found(static_cast<std::size_t>(finding), std::move(detail));
}

// The names that a host can have, each once.
std::vector<DomainName> host_names(const dns::DnsAnswer& answer) {
  std::vector<DomainName> names;
  for (const std::string_view text : answer.records.names()) {
    auto name = DomainName::parse(text);
    if (!name || std::find(names.begin(), names.end(), *name) != names.end()) continue;
    names.push_back(std::move(*name));
  }
  return names;
}

class Rdns : public Check {
 public:
  [[nodiscard]] AttributeSet attributes() const override { return kOutsideClient; }

  [[nodiscard]] CheckReport inspect(const Transaction& transaction,
                                    FactView& facts) const override {
    const IpAddress* client = outside_client(transaction);
    if (client == nullptr) return CheckReport::not_applicable();
    const dns::DnsAnswer* answer =
        facts.dns({dns::reverse_name(*client), dns::DnsType::ptr}, Asker::client);
    if (answer == nullptr) return CheckReport::waiting();
    switch (answer->status) {
      case dns::DnsStatus::found:
        return judge_names(host_names(*answer), *client, facts);
      case dns::DnsStatus::absent:
        return rdns_report(RdnsFinding::none);
      case dns::DnsStatus::temporary_failure:
        break;
    }
    return rdns_report(RdnsFinding::unknown, "PTR " + std::string(dns::to_string(answer->reason)));
  }

 private:
  // One name that leads back is enough, whatever its place, and one of its own is better than one
  // that is made of the address.
  static CheckReport judge_names(const std::vector<DomainName>& names, const IpAddress& client,
                                 FactView& facts) {
    const dns::DnsType family = client.is_v4() ? dns::DnsType::a : dns::DnsType::aaaa;
    const DomainName* generic = nullptr;
    const DomainName* failed = nullptr;
    bool waiting = false;
    for (std::size_t i = 0; i < std::min(names.size(), kMaxClientNames); ++i) {
      const dns::DnsAnswer* answer = facts.dns({names[i], family}, Asker::client);
      if (answer == nullptr) {
        waiting = true;
        continue;
      }
      const auto addresses = answer->records.addresses();
      if (std::find(addresses.begin(), addresses.end(), client) == addresses.end()) {
        const bool is_fault = answer->status == dns::DnsStatus::temporary_failure;
        if (is_fault || !answer->has_all_addresses()) failed = &names[i];
        continue;
      }
      if (!holds_address(names[i].text(), client)) {
        return rdns_report(RdnsFinding::confirmed, names[i].text());
      }
      generic = &names[i];
    }
    if (waiting) return CheckReport::waiting();
    if (failed != nullptr) {
      return rdns_report(RdnsFinding::unknown, "address of " + failed->text());
    }
    if (names.size() > kMaxClientNames) {
      return rdns_report(RdnsFinding::unknown,
                         "more than " + std::to_string(kMaxClientNames) + " names");
    }
    if (generic != nullptr) return rdns_report(RdnsFinding::generic, generic->text());
    return rdns_report(RdnsFinding::mismatch, names.empty() ? "no host name" : names[0].text());
  }
};

std::unique_ptr<Check> make_rdns(yaml::ConfigMap& /*options*/) {
  return std::make_unique<Rdns>();
}

}  // namespace

const CheckInfo& rdns_check() {
  static const CheckInfo info{"rdns", Stage::mail, kRdnsFindings, kRdnsPresets, {}, make_rdns};
  return info;
}

}  // namespace postern::checks
