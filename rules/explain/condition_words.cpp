#include "rules/explain/condition_words.h"

#include <algorithm>
#include <filesystem>

#include "common/base/escape.h"
#include "common/base/words.h"

namespace postern::explain {
namespace {

constexpr std::size_t kMaxValue = 200;
constexpr std::size_t kShownEntries = 3;  // of values written inside a condition
constexpr std::string_view kInline = "inline";

std::string_view wanted(Predicate::Kind kind) {
  using enum Predicate::Kind;
  static constexpr Word<Predicate::Kind> kWords[] = {
      {"", in_lists},
      {"wanted is yes", present},
      {"wanted is no", absent},
      {"wanted is another address", differs_in_address},
      {"wanted is another domain", differs_in_domain}};
  return word_of(kWords, kind);
}

std::string_view why_undecidable(const Predicate& predicate) {
  const bool told = database_fact(predicate.attribute).has_value();
  if (!has_unknown_entries(predicate)) {
    return told ? "the database does not know the client" : "only a part of it was kept";
  }
  return told ? "the database could not be read" : "not all networks of the list are known";
}

std::string inline_values(const lists::List& list) {
  const std::size_t size = list.entries().size();
  std::string text;
  for (lists::EntryId id = 0; id < std::min(size, kShownEntries); ++id) {
    text += (id == 0 ? "" : ", ") + for_terminal(list.entry_text(id));
  }
  if (size > kShownEntries) text += " and " + std::to_string(size - kShownEntries) + " more";
  return text;
}

}  // namespace

std::string short_path(const std::string& path, const std::string& settings_file) {
  const auto folder = std::filesystem::path(settings_file).parent_path().string() + "/";
  return folder.size() > 1 && path.starts_with(folder) ? path.substr(folder.size()) : path;
}

std::string for_terminal(std::string_view value) {
  if (value.size() <= kMaxValue) return printable(value);
  return printable(value.substr(0, kMaxValue)) + "...";
}

std::string ConditionWords::place(std::string_view file, int line) const {
  return printable(short_path(std::string(file), settings_file_)) + ":" + std::to_string(line);
}

std::string ConditionWords::entry(const ExplainedEntry& entry) const {
  std::string text = for_terminal(entry.text) + " (" + place(entry.file, entry.line) + ")";
  if (!entry.reason.empty()) text += ", \"" + for_terminal(entry.reason) + "\"";
  if (!entry.owner.empty()) text += ", by " + for_terminal(entry.owner);
  if (entry.expires) text += ", until " + format_utc(*entry.expires);
  return text;
}

std::string ConditionWords::list(const lists::List& list) const {
  if (list.name() == kInline) return inline_values(list);
  const std::size_t size = list.entries().size();
  return "list " + list.name() + " (" + printable(short_path(list.file(), settings_file_)) + ", " +
         std::to_string(size) + (size == 1 ? " entry)" : " entries)");
}

std::string ConditionWords::found(const ExplainedPredicate& explained) const {
  const ExplainedEntry& matched = *explained.matched;
  return (matched.list == kInline ? "is " : "in list " + matched.list + ": ") + entry(matched);
}

std::string ConditionWords::missed(const ExplainedPredicate& explained) const {
  std::string text = "not in ";
  for (const lists::List* one : explained.predicate->lists) {
    text += (one == explained.predicate->lists.front() ? "" : ", nor in ") + list(*one);
  }
  if (!explained.expired || !explained.expired->expires) return text;
  const ExplainedEntry& over = *explained.expired;
  return text + "; but " + for_terminal(over.text) + " (" + place(over.file, over.line) +
         ") ended " + format_utc(*over.expires);
}

std::string ConditionWords::predicate(const ExplainedPredicate& explained, Stage stage) const {
  if (explained.truth == Truth::unknown) {
    const Stage known = known_from(explained.predicate->attribute);
    return explained.attribute + ": " +
           (known > stage ? "not known before " + std::string(to_string(known))
                          : std::string("not told"));
  }
  const std::string what = explained.attribute + " " + for_terminal(*explained.value) + ": ";
  if (explained.truth == Truth::undecidable) {
    return what + std::string(why_undecidable(*explained.predicate));
  }
  if (explained.predicate->kind != Predicate::Kind::in_lists) {
    return what + std::string(wanted(explained.predicate->kind));
  }
  return what + (explained.truth == Truth::yes ? found(explained) : missed(explained));
}

}  // namespace postern::explain
