#include "rules/lists/domain_list.h"

namespace postern {

Result<void> DomainList::add(std::string_view value, int line, EntryData data) {
  Pattern pattern = Pattern::exact;
  std::string_view name = value;
  if (value.starts_with('~')) {
    const EntryId id = table_.add(value.substr(1), line, std::move(data));
    patterns_.push_back(Pattern::regex);
    return regexes_.add(value.substr(1), id);
  }
  if (value.starts_with("*.")) {
    pattern = Pattern::below;
    name = value.substr(2);
  } else if (value.starts_with('.')) {
    pattern = Pattern::suffix;
    name = value.substr(1);
  } else if (value.ends_with(".*")) {
    pattern = Pattern::prefix;
    name = value.substr(0, value.size() - 2);
  }
  auto parsed = DomainName::parse(name);
  if (!parsed) {
    return failure("'" + std::string(value) + "' is not a domain pattern (" + parsed.error().text +
                   "); want a.example, .a.example, *.a.example, a.* or ~regex");
  }
  table_.add(parsed->text(), line, std::move(data));
  patterns_.push_back(pattern);
  return {};
}

Result<void> DomainList::build() {
  std::vector<EntryId> names;
  std::vector<EntryId> beginnings;
  for (EntryId id = 0; id < table_.size(); ++id) {
    if (patterns_[id] == Pattern::prefix) {
      beginnings.push_back(id);
    } else if (patterns_[id] != Pattern::regex) {
      names.push_back(id);
    }
  }
  names_.build(table_, names,
               [&](EntryId before, EntryId id) { return patterns_[before] == patterns_[id]; });
  beginnings_.build(table_, beginnings);
  return regexes_.compile();
}

std::string DomainList::entry_text(EntryId id) const {
  std::string key(table_.key(id));
  switch (patterns_[id]) {
    case Pattern::exact:
      return key;
    case Pattern::suffix:
      return "." + key;
    case Pattern::below:
      return "*." + key;
    case Pattern::prefix:
      return key + ".*";
    case Pattern::regex:
      return "~" + key;
  }
  return key;
}

EntryId DomainList::find_suffix(std::string_view name, UtcTime now) const {
  const auto is_suffix = [&](EntryId id) { return patterns_[id] == Pattern::suffix; };
  EntryId id = names_.find(table_, name, now, is_suffix);
  if (id != kNoEntry) return id;
  const auto is_parent = [&](EntryId parent) { return patterns_[parent] != Pattern::exact; };
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
    name.remove_prefix(dot + 1);
    id = names_.find(table_, name, now, is_parent);
    if (id != kNoEntry) return id;
  }
  return kNoEntry;
}

EntryId DomainList::find_prefix(std::string_view name, UtcTime now) const {
  const auto any = [](EntryId) { return true; };
  for (std::size_t dot = name.rfind('.'); dot != std::string_view::npos; dot = name.rfind('.')) {
    name = name.substr(0, dot);
    const EntryId id = beginnings_.find(table_, name, now, any);
    if (id != kNoEntry) return id;
  }
  return kNoEntry;
}

EntryId DomainList::find(std::string_view name, UtcTime now) const {
  EntryId id = kNoEntry;
  // A client may say anything: thousands of dots would cost as many look-ups.
  if (name.size() <= DomainName::kMaxLength) {
    const auto is_exact = [&](EntryId other) { return patterns_[other] == Pattern::exact; };
    id = names_.find(table_, name, now, is_exact);
    if (id == kNoEntry) id = find_suffix(name, now);
    if (id == kNoEntry) id = find_prefix(name, now);
  }
  if (id == kNoEntry && !regexes_.empty()) id = regexes_.find(name, table_, now);
  return id;
}

}  // namespace postern
