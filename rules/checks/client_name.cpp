#include "rules/checks/client_name.h"

#include <algorithm>
#include <vector>

#include "common/base/domain_name.h"
#include "common/dns/reverse_name.h"
#include "rules/checks/generic_name.h"

namespace postern::checks {
namespace {

// A client whose first ones all lead elsewhere is `unknown` beyond that.
constexpr std::size_t kMaxClientNames = 10;

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

std::optional<ClientName> judge_names(const std::vector<DomainName>& names, const IpAddress& client,
                                      FactView& facts) {
  using Kind = ClientName::Kind;
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
    if (!holds_address(names[i].text(), client))
      return ClientName{Kind::confirmed, names[i].text()};
    generic = &names[i];
  }
  if (waiting) return std::nullopt;
  if (failed != nullptr) return ClientName{Kind::unknown, "address of " + failed->text()};
  if (names.size() > kMaxClientNames) {
    return ClientName{Kind::unknown, "more than " + std::to_string(kMaxClientNames) + " names"};
  }
  if (generic != nullptr) return ClientName{Kind::generic, generic->text()};
  return ClientName{Kind::mismatch, names.empty() ? "no host name" : names[0].text()};
}

}  // namespace

std::optional<ClientName> look_up_client_name(const IpAddress& client, FactView& facts) {
  const dns::DnsAnswer* answer =
      facts.dns({dns::reverse_name(client), dns::DnsType::ptr}, Asker::client);
  if (answer == nullptr) return std::nullopt;
  switch (answer->status) {
    case dns::DnsStatus::found:
      return judge_names(host_names(*answer), client, facts);
    case dns::DnsStatus::absent:
      return ClientName{ClientName::Kind::none};
    case dns::DnsStatus::temporary_failure:
      break;
  }
  return ClientName{ClientName::Kind::unknown,
                    "PTR " + std::string(dns::to_string(answer->reason))};
}

}  // namespace postern::checks
