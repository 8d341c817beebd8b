#include "rules/lists/address_list.h"

#include <utility>

#include "common/ascii_case.h"

namespace postern {
namespace {

// The key of a pattern: `user@domain`, `@domain`, `user@`, `<>`.
Result<std::string> key_of(std::string_view value) {
  if (value == "<>") return std::string(value);
  const std::size_t at = value.rfind('@');
  if (at == std::string_view::npos || value == "@") {
    return failure("'" + std::string(value) +
                   "' is not an address pattern; want user@example.org, @example.org, user@, "
                   "<> or ~regex");
  }
  std::string key = ascii_lower(value.substr(0, at)) + "@";
  const std::string_view domain = value.substr(at + 1);
  if (domain.empty()) return key;
  auto parsed = DomainName::parse(domain);
  if (!parsed) {
    return failure("'" + std::string(value) + "' has a domain that is none (" +
                   parsed.error().text + ")");
  }
  return key + parsed->text();
}

}  // namespace

Result<void> AddressList::add(std::string_view value, int line, EntryData data) {
  if (value.starts_with('~')) {
    return regexes_.add(value.substr(1), table_.add(value, line, std::move(data)));
  }
  auto key = key_of(value);
  if (!key) return tl::unexpected(key.error());
  plain_.push_back(table_.add(*key, line, std::move(data)));
  return {};
}

Result<void> AddressList::build() {
  table_.finish();
  keys_.build(table_, std::exchange(plain_, {}), hash_seed());
  return regexes_.compile();
}

std::string AddressList::entry_text(EntryId id) const {
  return std::string(table_.key(id));
}

EntryId AddressList::find_pattern(std::string_view pattern, UtcTime now) const {
  return keys_.find(table_, pattern, now, [](EntryId) { return true; });
}

EntryId AddressList::find(const MailAddress& address, UtcTime now) const {
  if (address.is_null()) {
    const EntryId id = find_pattern("<>", now);
    if (id != kNoEntry || regexes_.empty()) return id;
    return regexes_.find("", table_, now);
  }
  const std::string local = ascii_lower(address.local_part()) + "@";
  EntryId id = kNoEntry;
  if (!address.domain().empty()) {
    id = find_pattern(local + address.domain().text(), now);
    if (id == kNoEntry) id = find_pattern("@" + address.domain().text(), now);
  }
  if (id == kNoEntry) id = find_pattern(local, now);
  if (id == kNoEntry && !regexes_.empty()) id = regexes_.find(address.text(), table_, now);
  return id;
}

}  // namespace postern
