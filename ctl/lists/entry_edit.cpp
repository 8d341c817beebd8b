#include "ctl/lists/entry_edit.h"

#include <algorithm>

#include "common/base/utc_date.h"

namespace postern::ctl {
namespace {

const std::optional<std::string>* value_of(const std::vector<EntryWord>& words,
                                           std::string_view key) {
  const auto found = std::find_if(words.begin(), words.end(),
                                  [&](const EntryWord& word) { return word.key == key; });
  return found == words.end() ? nullptr : &found->value;
}

// What is to be said of an entry that is there. Of what was not asked for only the expiry goes: an
// entry that is asked for without one is to stay. `then` without a value is asked for.
std::vector<EntryWord> changes_to(const WantedEntry& wanted) {
  std::vector<EntryWord> words;
  for (const EntryWord& word : wanted.words) {
    // Who wrote the entry stays its owner.
    const bool asked = word.value || word.key == "then";
    if (asked && word.key != "owner" && word.key != "expires") words.push_back(word);
  }
  const auto* expires = value_of(wanted.words, "expires");
  words.push_back({"expires", expires == nullptr ? std::nullopt : *expires});
  return words;
}

// What becomes of the time of an entry that is there, where a person would want to know.
std::optional<std::string> note_on_expiry(const std::optional<std::string>& before,
                                          const std::optional<std::string>& after) {
  if (before == after) return std::nullopt;
  if (!after) return "was until " + *before + ", now without end";
  if (!before) return "was without end, now until " + *after;
  const auto then = parse_expiry(*before);
  const auto now = parse_expiry(*after);
  if (!then || !now || *now >= *then) return std::nullopt;
  return "was until " + *before + ", now until " + *after + ", which is sooner";
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

EntryEdit put_entry(std::string_view text, lists::ListKind kind, const WantedEntry& wanted) {
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
    const std::string changed = with_words(line, changes_to(wanted));
    edit.shown.push_back(changed);
    if (changed == line) continue;
    const auto note = note_on_expiry(word_of(line, "expires"), word_of(changed, "expires"));
    if (note && std::find(edit.notes.begin(), edit.notes.end(), *note) == edit.notes.end()) {
      edit.notes.push_back(*note);
    }
    edit.text = with_line_replaced(edit.text, number, changed);
    edit.kind = EntryEdit::Kind::altered;
  }
  return edit;
}

EntryEdit take_entry_out(std::string_view text, lists::ListKind kind,
                         const std::string& canonical) {
  EntryEdit edit;
  edit.lines = lines_of_entry(text, kind, canonical);
  for (const int number : edit.lines) edit.shown.emplace_back(line_at(text, number));
  edit.text = without_lines(text, edit.lines);
  if (!edit.lines.empty()) edit.kind = EntryEdit::Kind::removed;
  return edit;
}

}  // namespace postern::ctl
