// helo: does the client say in HELO who it is? Page: helo.md.
#include <algorithm>
#include <array>

#include "common/base/ip_network.h"
#include "common/yaml/config_map.h"
#include "rules/checks/local_name.h"
#include "rules/checks/outside_client.h"
#include "rules/model/check.h"

namespace postern::checks {
namespace {

// In the order of kHeloFindings; the bad ones from the worst on.
enum class HeloFinding : std::size_t {
  missing,
  malformed,
  bare_address,
  literal_mismatch,
  own_name,
  local_name,
  unresolvable,
  mismatch,
  confirmed,
  literal,
  unknown,
};

constexpr std::array<FindingInfo, 11> kHeloFindings = {{
    {"missing", FindingClass::bad},
    {"malformed", FindingClass::bad},
    {"bare_address", FindingClass::bad},
    {"literal_mismatch", FindingClass::bad},
    {"own_name", FindingClass::bad},
    {"local_name", FindingClass::bad},
    {"unresolvable", FindingClass::bad},
    {"mismatch", FindingClass::bad,
     "no server may refuse mail because the name in HELO is not that of the client (RFC 5321 "
     "4.1.4)"},
    {"confirmed", FindingClass::good},
    {"literal", FindingClass::good},
    {"unknown", FindingClass::temporary},
}};

CheckReport helo_report(HeloFinding finding, std::string detail = {}) {
  return CheckReport::found(static_cast<std::size_t>(finding), std::move(detail));
}

constexpr std::array<PresetAction, 9> kHeloStandard = {{
    {"missing", "log"},
    {"malformed", "log"},
    {"bare_address", "reject 550 5.7.1 \"HELO with an address needs brackets around it\""},
    {"literal_mismatch", "log"},
    {"own_name", "reject 550 5.7.1 \"HELO with a name of ours\""},
    {"local_name", "log"},
    {"unresolvable", "log"},
    {"mismatch", "log"},
    {"unknown", "log"},
}};

constexpr std::array<CheckPreset, 1> kHeloPresets = {{{"standard", kHeloStandard}}};

constexpr std::array<std::string_view, 1> kHeloOptions = {"own_names"};

// What this site calls itself.
struct OwnNames {
  std::vector<DomainName> hosts;
  std::vector<DomainName> zones;
  std::vector<IpNetwork> networks;

  [[nodiscard]] bool has(const DomainName& name) const {
    return std::find(hosts.begin(), hosts.end(), name) != hosts.end() ||
           std::any_of(zones.begin(), zones.end(), [&](const DomainName& zone) {
             return is_in_zone(name.text(), zone.text());
           });
  }
  [[nodiscard]] bool has(const IpAddress& address) const {
    return std::any_of(networks.begin(), networks.end(),
                       [&](const IpNetwork& network) { return network.contains(address); });
  }
  bool add(std::string_view text) {
    if (const auto network = IpNetwork::parse(text)) {
      networks.push_back(*network);
      return true;
    }
    const bool is_zone = text.starts_with('.');
    auto name = DomainName::parse(text.substr(is_zone ? 1 : 0));
    if (name) (is_zone ? zones : hosts).push_back(std::move(*name));
    return name.has_value();
  }
};

bool holds_client(const dns::DnsAnswer& answer, const IpAddress& client) {
  const auto addresses = answer.records.addresses();
  return std::find(addresses.begin(), addresses.end(), client) != addresses.end();
}

// Where a name leads. `failed`: a question about it.
enum class NameLeads { to_client, elsewhere, nowhere, waiting, failed };

// A name without an address of the client's family may have one of the other, or be a mail domain.
// As in sender_mx, what is denied for one type is not taken as denied for the others.
NameLeads leads_without_client_family(const DomainName& name, dns::DnsType other, FactView& facts) {
  const dns::DnsAnswer* answers[] = {facts.dns({name, other}, Asker::client),
                                     facts.dns({name, dns::DnsType::mx}, Asker::client)};
  NameLeads leads = NameLeads::nowhere;
  for (const dns::DnsAnswer* answer : answers) {
    if (answer == nullptr) {
      leads = NameLeads::waiting;
    } else if (answer->status == dns::DnsStatus::found) {
      return NameLeads::elsewhere;
    } else if (answer->status == dns::DnsStatus::temporary_failure && leads != NameLeads::waiting) {
      leads = NameLeads::failed;
    }
  }
  return leads;
}

NameLeads where_name_leads(const DomainName& name, const IpAddress& client, FactView& facts) {
  const dns::DnsType family = client.is_v4() ? dns::DnsType::a : dns::DnsType::aaaa;
  const dns::DnsType other = client.is_v4() ? dns::DnsType::aaaa : dns::DnsType::a;
  const dns::DnsAnswer* answer = facts.dns({name, family}, Asker::client);
  if (answer == nullptr) return NameLeads::waiting;
  switch (answer->status) {
    case dns::DnsStatus::found:
      return holds_client(*answer, client) ? NameLeads::to_client : NameLeads::elsewhere;
    case dns::DnsStatus::absent:
      return leads_without_client_family(name, other, facts);
    case dns::DnsStatus::temporary_failure:
      break;
  }
  return NameLeads::failed;
}

class Helo : public Check {
 public:
  explicit Helo(OwnNames own) : own_(std::move(own)) {}

  [[nodiscard]] AttributeSet attributes() const override {
    return kOutsideClient | attribute_set({Attribute::helo});
  }

  [[nodiscard]] CheckReport inspect(const Transaction& transaction,
                                    FactView& facts) const override {
    const IpAddress* client = outside_client(transaction);
    if (client == nullptr) return CheckReport::not_applicable();
    const std::string_view said = transaction.helo;
    if (said.empty()) return helo_report(HeloFinding::missing);
    if (said.starts_with('[')) return judge_literal(said, *client);
    if (IpAddress::from_text(said.substr(0, said.size() - (said.ends_with('.') ? 1 : 0)))) {
      return helo_report(HeloFinding::bare_address);
    }
    const auto name = DomainName::parse(said);
    if (!name) return helo_report(HeloFinding::malformed, name.error().text);
    return judge_name(*name, *client, facts);
  }

 private:
  // RFC 5321 4.1.3.
  [[nodiscard]] CheckReport judge_literal(std::string_view said, const IpAddress& client) const {
    if (!said.ends_with(']'))
      return helo_report(HeloFinding::malformed, "a bracket that is not closed");
    const auto address = IpAddress::from_text(said.substr(1, said.size() - 2));
    if (!address) return helo_report(HeloFinding::malformed, "no address in the brackets");
    if (*address == client) return helo_report(HeloFinding::literal);
    return own_.has(*address) ? helo_report(HeloFinding::own_name)
                              : helo_report(HeloFinding::literal_mismatch);
  }

  // A host of ours that is outside of the networks that the rules exempt says a name of ours, too:
  // its own, which leads to it.
  [[nodiscard]] CheckReport judge_name(const DomainName& name, const IpAddress& client,
                                       FactView& facts) const {
    const bool own = own_.has(name);
    if (is_local_name(name.text()))
      return helo_report(own ? HeloFinding::own_name : HeloFinding::local_name);
    switch (where_name_leads(name, client, facts)) {
      case NameLeads::to_client:
        return helo_report(HeloFinding::confirmed);
      case NameLeads::elsewhere:
        return helo_report(own ? HeloFinding::own_name : HeloFinding::mismatch);
      case NameLeads::nowhere:
        return helo_report(own ? HeloFinding::own_name : HeloFinding::unresolvable);
      case NameLeads::waiting:
        return CheckReport::waiting();
      case NameLeads::failed:
        break;
    }
    return helo_report(HeloFinding::unknown, "addresses of " + name.text());
  }

  OwnNames own_;
};

std::unique_ptr<Check> make_helo(yaml::ConfigMap& options) {
  OwnNames own;
  for (const yaml::YamlNode* value : options.scalars("own_names")) {
    if (own.add(value->text)) continue;
    options.diagnostics().error(
        value->where,
        "own_names: " + yaml::found_want("'" + value->text + "'",
                                         "mx.box.example, .box.example, 192.0.2.25 or a network"));
  }
  return std::make_unique<Helo>(std::move(own));
}

}  // namespace

const CheckInfo& helo_check() {
  static const CheckInfo info{"helo",       Stage::mail,  kHeloFindings,
                              kHeloPresets, kHeloOptions, make_helo};
  return info;
}

}  // namespace postern::checks
