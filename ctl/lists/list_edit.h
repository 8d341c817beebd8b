// Changes to a list file (postern-rules(5)) as a person would make them: a line is added, altered
// or taken away, and all else stays, byte for byte: comments, order, blank lines, line ends. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
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

// A new last line, with the line end that the others have.
std::string with_entry(std::string_view text, std::string_view value,
                       const std::vector<EntryWord>& words);

// `line` with these words in place of those of the same key, the new ones at the end but in front
// of a comment. All else stays.
std::string with_words(std::string_view line, const std::vector<EntryWord>& words);

std::string with_line_replaced(std::string_view text, int number, std::string_view line);
std::string without_lines(std::string_view text, const std::vector<int>& numbers);

}  // namespace postern::ctl
