// Why a file is no YAML, where it is the blanks in front of a line: what the parser says then names
// neither the column nor what would be right. Guesses from the text alone. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::yaml {

// `line`, from 1, is where the parser gave up. A tab in the indentation of that line or of the one
// above: `found a tab in column 1 of line 2, which is indented; want blanks`.
std::optional<std::string> find_tab_fault(std::string_view text, int line);

// A line that begins in a column where nothing around it does: `the line begins in column 6, and
// what it may belong to in column 5 (line 2) or 3 (line 2)`.
std::optional<std::string> find_indentation_fault(std::string_view text, int line);

}  // namespace postern::yaml
