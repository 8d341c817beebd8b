#include "ctl/import/sendmail_address.h"

#include "common/base/domain_name.h"
#include "ctl/import/address_word.h"
#include "ctl/import/re2_pattern.h"

namespace postern::import {
namespace {

// More expressions than this for user+detail would cost more than they are worth.
constexpr std::size_t kMaxDetails = 500;

// user+anything at the domain, or at any.
std::string detail_pattern(const std::string& user, const std::string& of_domain) {
  const std::string start = "~^" + literal_pattern(user).substr(1) + "\\+[^@]*";
  if (of_domain.empty()) return start + "(@|$)";
  return start + "@" + literal_pattern(of_domain).substr(1) + "$";
}

}  // namespace

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
