#include "rules/lists/text_list.h"

#include <algorithm>
#include <utility>

#include "common/base/ignorable.h"

namespace postern::lists {

Result<void> TextList::add(std::string_view value, int line, EntryData data) {
  if (value.empty()) return failure("an empty value; want a word or ~regex");
  const EntryId id = table_.add(value, line, std::move(data));
  if (value.starts_with('~')) return regexes_.add(value.substr(1), id);
  plain_.push_back(id);
  if (auto read = without_ignorable(value)) as_read_.emplace_back(std::move(*read), id);
  return {};
}

Result<void> TextList::build() {
  table_.finish();
  keys_.build(table_, std::exchange(plain_, {}), hash_seed());
  std::sort(as_read_.begin(), as_read_.end());
  regexes_.compile();
  return {};
}

std::string TextList::entry_text(EntryId id) const {
  return std::string(table_.key(id));
}

EntryId TextList::find_word(std::string_view word, UtcTime now) const {
  return keys_.find(table_, word, now, [](EntryId) { return true; });
}

EntryId TextList::find(std::string_view text, UtcTime now, Work* work) const {
  const EntryId id = find_word(text, now);
  if (id != kNoEntry || regexes_.empty()) return id;
  return regexes_.find(text, table_, now, work);
}

EntryId TextList::find_as_read(std::string_view text, UtcTime now, Work* work) const {
  if (const EntryId id = find(text, now, work); id != kNoEntry) return id;
  const auto read = without_ignorable(text);
  if (read) {
    if (const EntryId id = find(*read, now, work); id != kNoEntry) return id;
  }
  if (as_read_.empty()) return kNoEntry;
  const std::string& sought = read ? *read : std::string(text);
  auto word = std::lower_bound(as_read_.begin(), as_read_.end(), std::pair{sought, EntryId{0}});
  while (word != as_read_.end() && word->first == sought) {
    if (table_.alive(word->second, now)) return word->second;
    ++word;
  }
  return kNoEntry;
}

std::vector<EntryId> TextList::find_all(std::string_view text, UtcTime now) const {
  std::vector<EntryId> found = regexes_.find_all(text, table_, now);
  if (const EntryId id = find_word(text, now); id != kNoEntry) found.push_back(id);
  return found;
}

}  // namespace postern::lists
