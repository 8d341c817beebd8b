#include "rules/lists/domain_list.h"

namespace postern::lists {
namespace {

// Takes off `value` what says how its name is meant.
DomainPattern take_pattern(std::string_view& value) {
  if (value.starts_with('~')) {
    value.remove_prefix(1);
    return DomainPattern::regex;
  }
  if (value.starts_with("*.")) {
    value.remove_prefix(2);
    return DomainPattern::below;
  }
  if (value.starts_with('.')) {
    value.remove_prefix(1);
    return DomainPattern::suffix;
  }
  if (value.ends_with(".*")) {
    value.remove_suffix(2);
    return DomainPattern::prefix;
  }
  return DomainPattern::exact;
}

const auto kAny = [](EntryId) { return true; };

}  // namespace

std::string_view parent_name(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

void DomainList::reserve(std::size_t entries, std::size_t bytes) {
  List::reserve(entries, bytes);
  patterns_.reserve(entries);
}

Result<void> DomainList::add(std::string_view value, int line, EntryData data) {
  std::string_view name = value;
  const DomainPattern pattern = take_pattern(name);
  if (pattern == DomainPattern::regex) {
    patterns_.push_back(pattern);
    return regexes_.add(name, table_.add(name, line, std::move(data)));
  }
  normal_.clear();
  if (auto parsed = DomainName::append_normalised(name, normal_); !parsed) {
    return failure("'" + std::string(value) + "' is not a domain pattern (" + parsed.error().text +
                   "); want a.example, .a.example, *.a.example, a.* or ~regex");
  }
  table_.add(normal_, line, std::move(data));
  patterns_.push_back(pattern);
  return {};
}

std::vector<EntryId> DomainList::take_ids(DomainPattern first, DomainPattern last) const {
  std::vector<EntryId> ids;
  for (EntryId id = 0; id < patterns_.size(); ++id) {
    if (patterns_[id] >= first && patterns_[id] <= last) ids.push_back(id);
  }
  return ids;
}

Result<void> DomainList::build() {
  table_.finish();
  const auto alike = [&](EntryId before, EntryId id) { return patterns_[before] == patterns_[id]; };
  names_.build(table_, take_ids(DomainPattern::exact, DomainPattern::exact), hash_seed());
  parents_.build(table_, take_ids(DomainPattern::suffix, DomainPattern::below), hash_seed(), alike);
  beginnings_.build(table_, take_ids(DomainPattern::prefix, DomainPattern::prefix), hash_seed());
  regexes_.compile();
  return {};
}

std::string DomainList::entry_text(EntryId id) const {
  std::string key(table_.key(id));
  switch (patterns_[id]) {
    case DomainPattern::exact:
      return key;
    case DomainPattern::suffix:
      return "." + key;
    case DomainPattern::below:
      return "*." + key;
    case DomainPattern::prefix:
      return key + ".*";
    case DomainPattern::regex:
      return "~" + key;
  }
  return key;
}

template <class Text>
EntryId DomainList::find_in_index(DomainPattern pattern, const Text& name, UtcTime now) const {
  switch (pattern) {
    case DomainPattern::exact:
      return names_.find(table_, name, now, kAny);
    case DomainPattern::suffix:
    case DomainPattern::below:
      return parents_.find(table_, name, now, [&](EntryId id) { return patterns_[id] == pattern; });
    case DomainPattern::prefix:
      return beginnings_.find(table_, name, now, kAny);
    case DomainPattern::regex:
      break;
  }
  return kNoEntry;
}

EntryId DomainList::find_pattern(DomainPattern pattern, std::string_view name, UtcTime now) const {
  return find_in_index(pattern, name, now);
}

EntryId DomainList::find_suffix(std::string_view name, UtcTime now) const {
  if (parents_.empty()) return kNoEntry;
  EntryId id = find_pattern(DomainPattern::suffix, name, now);
  for (std::size_t dot = name.find('.'); id == kNoEntry && dot != std::string_view::npos;
       dot = name.find('.')) {
    name.remove_prefix(dot + 1);
    id = parents_.find(table_, name, now, kAny);
  }
  return id;
}

EntryId DomainList::find_prefix(std::string_view name, UtcTime now) const {
  if (beginnings_.empty()) return kNoEntry;
  EntryId id = kNoEntry;
  for (std::size_t dot = name.rfind('.'); id == kNoEntry && dot != std::string_view::npos;
       dot = name.rfind('.')) {
    name = name.substr(0, dot);
    id = find_pattern(DomainPattern::prefix, name, now);
  }
  return id;
}

EntryId DomainList::find(std::string_view name, UtcTime now, Work* work) const {
  EntryId id = kNoEntry;
  // A client may say anything: thousands of dots would cost as many look-ups.
  if (name.size() <= DomainName::kMaxLength) {
    id = find_pattern(DomainPattern::exact, name, now);
    if (id == kNoEntry) id = find_suffix(name, now);
    if (id == kNoEntry) id = find_prefix(name, now);
  }
  if (id == kNoEntry && !regexes_.empty()) id = regexes_.find(name, table_, now, work);
  return id;
}

std::vector<EntryId> DomainList::find_all(std::string_view name, UtcTime now) const {
  std::vector<EntryId> found = regexes_.find_all(name, table_, now);
  if (name.size() > DomainName::kMaxLength) return found;
  const auto note = [&](DomainPattern pattern, const auto& part) {
    const EntryId id = find_in_index(pattern, part, now);
    if (id != kNoEntry) found.push_back(id);
  };
  const KeyIndex::Key whole = names_.key_of(name);
  note(DomainPattern::exact, whole);
  note(DomainPattern::suffix, whole);
  const auto first_parent = parents_.empty() ? std::string_view() : parent_name(name);
  for (auto parent = first_parent; !parent.empty(); parent = parent_name(parent)) {
    const KeyIndex::Key above = parents_.key_of(parent);
    note(DomainPattern::suffix, above);
    note(DomainPattern::below, above);
  }
  if (beginnings_.empty()) return found;
  for (std::size_t dot = name.rfind('.'); dot != std::string_view::npos && dot > 0;
       dot = name.rfind('.', dot - 1)) {
    note(DomainPattern::prefix, name.substr(0, dot));
  }
  return found;
}

}  // namespace postern::lists
