// The lines of Postfix's tables: logical lines, and what stands in those of pattern tables (cidr,
// pcre, regexp). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "ctl/import/table_lines.h"

namespace postern::import {

// As Postfix reads its tables (postmap(1), cidr_table(5)): a line that begins with a blank
// continues the one before it; blank lines and those that begin with # are left out.
std::vector<TableLine> postfix_lines(std::string_view text);

// The same; what goes on with no line is refused: Postfix leaves it out.
std::vector<TableLine> postfix_lines(std::string_view text, ImportLog& log);

struct BlockWord {
  enum class Kind { none, begin, endif };
  Kind kind = Kind::none;
  std::string_view rest;  // behind the word and the blanks
};

// `if` and `endif`, in any case, and not a part of a longer word: `if/x/` and `if!/x/` are blocks.
BlockWord block_word(std::string_view line);

// `/pattern/flags rest`, with `!` in front of it.
struct PatternParts {
  bool wanted = true;  // no `!`, or an even number of them
  std::string_view pattern;
  std::string_view flags;
  std::string_view rest;
};

// Errors: no delimiter, or none at the end.
Result<PatternParts> pattern_parts(std::string_view text);

// The reason why a line is refused that Postfix itself leaves out, with a warning in its log.
std::string not_taken(const std::string& why);

}  // namespace postern::import
