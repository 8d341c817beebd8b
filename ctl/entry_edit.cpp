#include "ctl/entry_edit.h"

#include <algorithm>

#include "rules/load/plain_list.h"

namespace postern {
namespace {

bool is_over(std::string_view line, ListKind kind, UtcTime now) {
  const auto list = make_list(kind, "line");
  Diagnostics ignored;
  load_plain_list(line, "line", *list, ignored);
  if (!list->build() || list->entries().size() != 1) return false;
  return !list->entries().alive(0, now);
}

// What is to be said of an entry that is there, and nothing of what was not asked for.
std::vector<EntryWord> changes_to(std::string_view line, ListKind kind, const WantedEntry& wanted,
                                  UtcTime now) {
  std::vector<EntryWord> words;
  bool lasts = false;
  for (const EntryWord& word : wanted.words) {
    // Who wrote the entry stays its owner.
    if (!word.value || word.key == "owner") continue;
    lasts |= word.key == "expires";
    words.push_back(word);
  }
  if (!lasts && is_over(line, kind, now)) words.push_back({"expires", std::nullopt});
  return words;
}

int count_lines(std::string_view text) {
  const auto ends = std::count(text.begin(), text.end(), '\n');
  return static_cast<int>(ends) + (text.empty() || text.ends_with('\n') ? 0 : 1);
}

}  // namespace

std::string_view to_string(EntryEdit::Kind kind) {
  switch (kind) {
    case EntryEdit::Kind::none:
      return "already there";
    case EntryEdit::Kind::added:
      return "added";
    case EntryEdit::Kind::altered:
      return "altered";
    case EntryEdit::Kind::removed:
      return "removed";
  }
  return "";
}

EntryEdit put_entry(std::string_view text, ListKind kind, const WantedEntry& wanted, UtcTime now) {
  EntryEdit edit;
  edit.text = text;
  edit.lines = lines_of_entry(text, kind, wanted.canonical);
  if (edit.lines.empty()) {
    edit.kind = EntryEdit::Kind::added;
    edit.text = with_entry(text, wanted.value, wanted.words);
    edit.lines = {count_lines(edit.text)};
  }
  for (const int number : edit.lines) {
    const std::string line(line_at(edit.text, number));
    const std::string changed = with_words(line, changes_to(line, kind, wanted, now));
    edit.shown.push_back(changed);
    if (changed == line) continue;
    edit.text = with_line_replaced(edit.text, number, changed);
    edit.kind = EntryEdit::Kind::altered;
  }
  return edit;
}

EntryEdit take_entry_out(std::string_view text, ListKind kind, const std::string& canonical) {
  EntryEdit edit;
  edit.lines = lines_of_entry(text, kind, canonical);
  for (const int number : edit.lines) edit.shown.emplace_back(line_at(text, number));
  edit.text = without_lines(text, edit.lines);
  if (!edit.lines.empty()) edit.kind = EntryEdit::Kind::removed;
  return edit;
}

}  // namespace postern
