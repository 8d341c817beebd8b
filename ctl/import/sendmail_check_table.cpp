#include "ctl/import/sendmail_check_table.h"

#include <algorithm>

#include "common/base/ascii_case.h"
#include "common/base/domain_name.h"
#include "ctl/import/address_word.h"
#include "ctl/import/re2_pattern.h"

namespace postern::import {
namespace {

constexpr std::string_view kIpv6 = "ipv6:";
// The steps of Connect:, and those of From: and To:.
constexpr std::size_t kHosts = 0;
constexpr std::size_t kBracketed = 1;
constexpr std::size_t kNetworks = 2;
constexpr std::size_t kAddresses = 0;
constexpr std::size_t kDomains = 1;

std::vector<TableStep> steps_for(SendmailCheck check) {
  if (check == SendmailCheck::connect) {
    return {{"names", "client_name", lists::ListKind::domain, {}, {}},
            {"unnamed", "client", lists::ListKind::network, {}, {{"client_name", "~."}}},
            {"networks", "client", lists::ListKind::network, {}, {}}};
  }
  const std::string about = check == SendmailCheck::from ? "sender" : "recipient";
  return {{"addresses", about, lists::ListKind::address, {}, {}},
          {"domains", about + "_domain", lists::ListKind::domain, {}, {}}};
}

Result<std::string> network_of(std::string_view key) {
  if (key == "ipv6") {
    return failure("'IPv6' alone is every client with an IPv6 address; write a rule for them");
  }
  if (key.starts_with(kIpv6)) return ipv6_groups(key.substr(kIpv6.size()), Ipv6Text::full);
  if (key.find(':') != key.npos) {
    return failure("sendmail writes IPv6 addresses with 'IPv6:' in front, and never looks up '" +
                   std::string(key) + "'");
  }
  return ipv4_octets(key);
}

// `fe80`, `2a02`: a network in other programs, here the end of a name.
bool looks_like_group(std::string_view key) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return key.size() <= 4 && key.find_first_not_of("0123456789abcdef") == key.npos &&
         std::any_of(key.begin(), key.end(), is_digit) &&
         !std::all_of(key.begin(), key.end(), is_digit);
}

// More expressions than this for user+detail would cost more than they are worth.
constexpr std::size_t kMaxDetails = 500;

// user+anything at the domain, or at any.
std::string detail_pattern(const std::string& user, const std::string& of_domain) {
  const std::string start = "~^" + literal_pattern(user).substr(1) + "\\+[^@]*";
  if (of_domain.empty()) return start + "(@|$)";
  return start + "@" + literal_pattern(of_domain).substr(1) + "$";
}

}  // namespace

bool is_sendmail_client_address(std::string_view key) {
  return key == "ipv6" || key.starts_with(kIpv6) || looks_like_octets(key) || key.starts_with('[');
}

SendmailCheckTable::SendmailCheckTable(SendmailCheck check, ImportLog& log)
    : check_(check),
      outcomes_([check](std::string_view text) { return read_sendmail_result(text, check); }, log),
      log_(log),
      keys_(steps_for(check), log) {}

bool SendmailCheckTable::takes(const std::string& key) const {
  return check_ != SendmailCheck::connect || key.find('@') == std::string::npos;
}

Outcome SendmailCheckTable::add(const TableLine& line, const std::string& key,
                                std::string_view result) {
  if (key.find('@') != std::string::npos && ascii_lower(result) == "skip") {
    log_.refuse(line, result, "SKIP is for hosts, domains and networks");
    return no_op();
  }
  Outcome outcome = outcomes_.read(line, result);
  auto placed = place(key);
  if (!placed && outcome.severity() == 0) {
    if (auto wider = place_wider(key)) {
      log_.warn(line, line.text, placed.error().text + "; imported, since it lets mail in");
      placed = std::move(*wider);
    }
  }
  std::string fault =
      placed ? value_fault(keys_.steps()[placed->step].kind, placed->value) : placed.error().text;
  if (!fault.empty()) {
    log_.refuse(line, line.text, fault + what_it_leaves(outcome));
    return no_op();
  }
  keys_.add(placed->step, placed->value, outcome, line);
  warn_of(line, key);
  return outcome;
}

std::vector<std::string> SendmailCheckTable::write(const std::string& name, Imported& imported) {
  if (check_ != SendmailCheck::connect) add_details(keys_.steps()[kAddresses].entries, log_);
  return add_table(name, keys_.steps(), imported);
}

Result<SendmailCheckTable::Placed> SendmailCheckTable::place(const std::string& key) const {
  const auto in = [](std::size_t step) {
    return [step](std::string value) { return Placed{step, std::move(value)}; };
  };
  if (check_ != SendmailCheck::connect) {
    return place_sendmail_address(key).map([](SendmailKey placed) {
      const bool is_domain = placed.kind == SendmailKey::Kind::domain;
      return Placed{is_domain ? kDomains : kAddresses, std::move(placed.value)};
    });
  }
  // The name of a client that has none is its address in brackets.
  if (key.starts_with('[') && key.ends_with(']')) {
    return network_of(std::string_view(key).substr(1, key.size() - 2)).map(in(kBracketed));
  }
  if (is_sendmail_client_address(key)) return network_of(key).map(in(kNetworks));
  return place_sendmail_domain(key).map(in(kHosts));
}

// An IPv6 network in another spelling than sendmail's, taken for what is meant.
std::optional<SendmailCheckTable::Placed> SendmailCheckTable::place_wider(
    const std::string& key) const {
  if (check_ != SendmailCheck::connect || !key.starts_with(kIpv6)) return std::nullopt;
  auto meant = ipv6_groups(std::string_view(key).substr(kIpv6.size()), Ipv6Text::any);
  if (!meant) return std::nullopt;
  return Placed{kNetworks, std::move(*meant)};
}

void SendmailCheckTable::warn_of(const TableLine& line, const std::string& key) {
  if (check_ == SendmailCheck::to && key.ends_with('@')) {
    log_.warn(line, line.text,
              "sendmail compares a key 'user@' with recipients in its own domains (class w); "
              "Postern does with all");
  }
  if (check_ == SendmailCheck::connect && looks_like_group(key)) {
    log_.warn(line, line.text,
              "'" + key +
                  "' is the end of a name here; sendmail looks up an IPv6 network as "
                  "'IPv6:" +
                  key + "'");
  }
}

Result<SendmailKey> place_sendmail_address(const std::string& key) {
  using Kind = SendmailKey::Kind;
  if (key.find('@') == std::string::npos) {
    return place_sendmail_domain(key).map([](std::string value) {
      return SendmailKey{Kind::domain, std::move(value)};
    });
  }
  if (key.starts_with('@')) return failure("sendmail looks up 'domain', never '@domain'");
  const std::size_t at = key.rfind('@');
  const std::string of_domain = key.substr(at + 1);
  const Kind kind = of_domain.empty() ? Kind::user : Kind::address;
  if (kind == Kind::user && key.find('+') != std::string::npos) {
    return failure("'user+detail@' is looked up in an order that Postern has not");
  }
  if (at > 2 && key.substr(at - 2, 2) == "+*") {
    return SendmailKey{kind, detail_pattern(key.substr(0, at - 2), of_domain)};
  }
  if (is_meant_as_addresses(of_domain)) return failure(no_name_but_addresses(of_domain));
  const auto parsed = DomainName::parse(of_domain);
  return SendmailKey{kind, parsed ? key.substr(0, at + 1) + parsed->text() : key};
}

Result<std::string> place_sendmail_domain(const std::string& key) {
  if (is_meant_as_addresses(key)) return failure(no_name_but_addresses(key));
  const auto name = DomainName::parse(key);
  if (!name || key.ends_with('.')) return failure("'" + key + "' is no name");
  return "." + name->text();
}

void add_details(std::vector<TableEntry>& entries, ImportLog& log) {
  if (entries.size() > kMaxDetails) {
    log.note(
        "addresses are compared without regard to +detail by sendmail; there are too "
        "many here for that");
    return;
  }
  std::vector<TableEntry> users;
  const std::size_t exact = entries.size();
  for (std::size_t i = 0; i < exact; ++i) {
    const TableEntry entry = entries[i];
    if (entry.value.find('+') != std::string::npos) continue;
    const std::size_t at = entry.value.rfind('@');
    const std::string of_domain = entry.value.substr(at + 1);
    (of_domain.empty() ? users : entries)
        .push_back({detail_pattern(entry.value.substr(0, at), of_domain), entry.outcome});
  }
  entries.insert(entries.end(), users.begin(), users.end());
}

}  // namespace postern::import
