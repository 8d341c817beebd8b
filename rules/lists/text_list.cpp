#include "rules/lists/text_list.h"

#include <utility>

namespace postern {

Result<void> TextList::add(std::string_view value, int line, EntryData data) {
  if (value.empty()) return failure("an empty value; want a word or ~regex");
  const EntryId id = table_.add(value, line, std::move(data));
  if (value.starts_with('~')) return regexes_.add(value.substr(1), id);
  plain_.push_back(id);
  return {};
}

Result<void> TextList::build() {
  table_.finish();
  keys_.build(table_, std::exchange(plain_, {}), hash_seed());
  return regexes_.compile();
}

std::string TextList::entry_text(EntryId id) const {
  return std::string(table_.key(id));
}

EntryId TextList::find_word(std::string_view word, UtcTime now) const {
  return keys_.find(table_, word, now, [](EntryId) { return true; });
}

EntryId TextList::find(std::string_view text, UtcTime now) const {
  const EntryId id = find_word(text, now);
  if (id != kNoEntry || regexes_.empty()) return id;
  return regexes_.find(text, table_, now);
}

std::vector<EntryId> TextList::find_all(std::string_view text, UtcTime now) const {
  std::vector<EntryId> found = regexes_.find_all(text, table_, now);
  if (const EntryId id = find_word(text, now); id != kNoEntry) found.push_back(id);
  return found;
}

}  // namespace postern
