// A line of pcre_table(5) and regexp_table(5): an expression with its flags, and the text behind
// it. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "ctl/import/postfix_lines.h"
#include "ctl/import/re2_pattern.h"

namespace postern::import {

struct Expression {
  std::string entry;  // of a list
  bool wanted = true;
};

// Two expressions of one line, as regexp_table(5) has them: `/one/!/other/ action`.
struct WrittenLine {
  PatternParts first;
  std::optional<PatternParts> second;
  std::string_view rest;
};

// Errors: what Postfix does not understand.
Result<WrittenLine> written_line(std::string_view text, PatternSyntax syntax);

// The same of one expression, as behind an `if`.
Result<PatternParts> known_parts(std::string_view text, PatternSyntax syntax);

// Errors: what RE2 does not have.
Result<Expression> read_expression(const PatternParts& parts, PatternSyntax syntax);

// What makes Postfix leave the line out though its expression is one; `$1` has to be there.
std::string why_not_taken(const WrittenLine& written, PatternSyntax syntax);

// False: it refers to groups, and how many there are is not known.
bool knows_its_references(const WrittenLine& written, PatternSyntax syntax);

// A text in which `$1`, `${1}` and `$(1)` stand for what an expression caught.
struct ReferencedText {
  std::string text;         // without what the references stand for; `$$` is a dollar sign
  std::size_t highest = 0;  // group that is referred to; 0: none
};

// Errors: what Postfix does not take, and leaves the line out for: `$name`, `$0`, a `$` alone.
Result<ReferencedText> read_references(std::string_view text);

}  // namespace postern::import
