#include "rules/lists/address_list.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "common/base/ascii_case.h"

namespace postern::lists {
namespace {

// The key of a pattern: `user@domain`, `@domain`, `user@`, `<>`.
Result<std::string> key_of(std::string_view value) {
  if (value == "<>") return std::string(value);
  std::string swapped;
  if (const auto old = old_style_address(value)) {
    swapped.append(old->user).append("@").append(old->host);
    value = swapped;
  }
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

// The patterns without a regex that match an address, in the order in which they count.
class PatternsOf {
 public:
  explicit PatternsOf(const MailAddress& address) {
    if (address.is_null()) {
      text_ = "<>";
      patterns_[count_++] = text_;
      return;
    }
    const std::size_t at = address.local_part().size();
    text_.reserve(at + 1 + address.domain().text().size());
    text_ += ascii_lower(address.local_part());
    text_ += '@';
    const std::size_t tag = address.local_part().size() - address.untagged_local_part().size();
    text_ += address.domain().text();
    const std::string_view whole = text_;
    const bool has_domain = !address.domain().empty();
    if (has_domain) patterns_[count_++] = whole;
    if (has_domain && tag > 0) patterns_[count_++] = whole.substr(tag);
    if (has_domain) patterns_[count_++] = whole.substr(at);
    patterns_[count_++] = whole.substr(0, at + 1);
    if (tag > 0) patterns_[count_++] = whole.substr(tag, at + 1 - tag);
  }
  PatternsOf(const PatternsOf&) = delete;
  PatternsOf& operator=(const PatternsOf&) = delete;

  [[nodiscard]] const std::string_view* begin() const { return patterns_.data(); }
  [[nodiscard]] const std::string_view* end() const { return patterns_.data() + count_; }

 private:
  std::string text_;
  std::array<std::string_view, 5> patterns_;
  std::size_t count_ = 0;
};

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
  regexes_.compile();
  return {};
}

std::string AddressList::entry_text(EntryId id) const {
  return std::string(table_.key(id));
}

EntryId AddressList::find_pattern(std::string_view pattern, UtcTime now) const {
  return keys_.find(table_, pattern, now, [](EntryId) { return true; });
}

EntryId AddressList::find(const MailAddress& address, UtcTime now, Work* work) const {
  for (std::string_view pattern : PatternsOf(address)) {
    if (const EntryId id = find_pattern(pattern, now); id != kNoEntry) return id;
  }
  if (regexes_.empty()) return kNoEntry;
  EntryId first = regexes_.find(address.text(), table_, now, work);
  if (address.has_tag()) {
    first = std::min(first, regexes_.find(address.untagged(), table_, now, work));
  }
  return first;
}

std::vector<EntryId> AddressList::find_all(const MailAddress& address, UtcTime now) const {
  std::vector<EntryId> found = regexes_.find_all(address.text(), table_, now);
  if (address.has_tag()) {
    for (EntryId id : regexes_.find_all(address.untagged(), table_, now)) {
      if (std::find(found.begin(), found.end(), id) == found.end()) found.push_back(id);
    }
  }
  for (std::string_view pattern : PatternsOf(address)) {
    if (const EntryId id = find_pattern(pattern, now); id != kNoEntry) found.push_back(id);
  }
  return found;
}

}  // namespace postern::lists
