// The text of a list file (postern-rules(5)), and what becomes of it when one entry is added or
// removed as a person would do it: a line is added, altered or taken away, and all else stays, byte
// for byte: comments, order, blank lines, line ends. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/base/utc_date.h"
#include "rules/lists/list.h"

namespace postern::ctl {

// `value` in the one form that lists of this kind compare: entries of the same form are the same.
// The error says what is wrong with the value.
Result<std::string> canonical_entry(lists::ListKind kind, std::string_view value);

// The numbers of the lines, from 1, on which `entry` stands; it is in canonical form.
std::vector<int> lines_of_entry(std::string_view text, lists::ListKind kind,
                                const std::string& entry);

// The line of that number as a person would quote it: without its line end.
std::string_view line_at(std::string_view text, int number);

// One `key=value` behind an entry. Without a value: it is not to be there.
struct EntryWord {
  std::string key;
  std::optional<std::string> value;
};

// The value of the `key=value` behind an entry, without its quotes; none: it is not there.
std::optional<std::string> word_of(std::string_view line, const std::string& key);

// `value` as a list file has it, in quotes where it needs them.
std::string quoted_if_needed(std::string_view value);

// A new last line, with the line end that the others have.
std::string with_entry(std::string_view text, std::string_view value,
                       const std::vector<EntryWord>& words);

// `line` with these words in place of those of the same key, the new ones at the end but in front
// of a comment. All else stays.
std::string with_words(std::string_view line, const std::vector<EntryWord>& words);

std::string with_line_replaced(std::string_view text, int number, std::string_view line);
std::string without_lines(std::string_view text, const std::vector<int>& numbers);

struct EntryEdit {
  enum class Kind { none, added, altered, removed } kind = Kind::none;
  std::string text;                // of the whole file, afterwards
  std::vector<int> lines;          // of the entry: afterwards, or when removed, before
  std::vector<std::string> shown;  // what stands on them
  std::vector<std::string> notes;  // on an expiry that went, came or is sooner now
};

std::string_view to_string(EntryEdit::Kind kind);

// The entry a person asks for.
struct WantedEntry {
  std::string value;             // as it is to be written
  std::string canonical;         // canonical_entry()
  std::vector<EntryWord> words;  // in the order in which they are to be written
};

// Adds the entry; or, where it is already, sets the words that have a value. Its expiry is the one
// that is wanted: without one the entry is to stay until it is taken out. `then` without a value
// takes the entry's own action away.
EntryEdit add_entry(std::string_view text, lists::ListKind kind, const WantedEntry& wanted);

EntryEdit remove_entry(std::string_view text, lists::ListKind kind, const std::string& canonical);
// Takes out what has expired.
EntryEdit remove_expired(std::string_view text, UtcTime now);

}  // namespace postern::ctl
