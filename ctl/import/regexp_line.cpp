#include "ctl/import/regexp_line.h"

#include <algorithm>

namespace postern::import {
namespace {

// How many groups the expression has that `$1` can name; nothing where branches count anew (`(?|`).
std::optional<std::size_t> capturing_groups(std::string_view pattern, PatternSyntax syntax) {
  const bool perl = syntax == PatternSyntax::pcre;
  if (perl && pattern.find("(?|") != std::string_view::npos) return std::nullopt;
  std::size_t groups = 0;
  std::size_t in_bracket = 0;  // where its first character stands; 0: not in one
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view rest = pattern.substr(i);
    if (rest.front() == '\\' && (perl || in_bracket == 0)) {
      const bool literal = perl && rest.starts_with("\\Q");
      i = literal ? std::min(pattern.find("\\E", i), pattern.size() - 1) + 1 : i + 1;
    } else if (in_bracket > 0) {
      if (rest.starts_with("[:")) i = std::min(pattern.find(":]", i), pattern.size() - 1) + 1;
      if (rest.front() == ']' && i > in_bracket) in_bracket = 0;
    } else if (rest.front() == '[') {
      if (rest.starts_with("[^")) ++i;
      in_bracket = i + 1;
    } else if (rest.front() == '(') {
      const bool named =
          rest.starts_with("(?P<") || rest.starts_with("(?'") ||
          (rest.starts_with("(?<") && !rest.starts_with("(?<=") && !rest.starts_with("(?<!"));
      const bool plain = !rest.starts_with("(?") && !rest.starts_with("(*");
      if (!perl || plain || named) ++groups;
    }
  }
  return groups;
}

std::string flag_fault(std::string_view flags, PatternSyntax syntax) {
  const std::size_t unknown =
      flags.find_first_not_of(syntax == PatternSyntax::pcre ? "imsxAEUX" : "imx");
  if (unknown == std::string_view::npos) return {};
  return std::string("flag '") + flags[unknown] + "'";
}

// What the flags of both kinds of tables mean; those about lines and greed change nothing here,
// and X has been without meaning since PCRE2.
Result<std::string> with_flags(std::string_view pattern, std::string_view flags,
                               PatternSyntax syntax) {
  PatternCase letters = PatternCase::ignored;
  bool anchored = false;
  for (char flag : flags) {
    if (flag == 'i') {
      letters = letters == PatternCase::ignored ? PatternCase::matters : PatternCase::ignored;
    } else if (flag == 'A') {
      anchored = !anchored;
    } else if (flag == 'x') {
      return failure(syntax == PatternSyntax::pcre ? "RE2 has no extended notation (flag x)"
                                                   : "basic POSIX expressions (flag x)");
    }
  }
  auto entry = re2_entry(pattern, syntax, letters);
  if (!entry || !anchored) return entry;
  const std::size_t start = letters == PatternCase::matters ? 6 : 1;  // behind `~(?-i)`
  return entry->substr(0, start) + "^(?:" + entry->substr(start) + ")";
}

// More groups than an expression can have.
constexpr std::size_t kMaxReference = 100000;

bool is_name_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// A reference at the start of `text`, which begins with `$`: its name, and how long it is.
struct Reference {
  std::string_view name;
  std::size_t length = 0;
};

Result<Reference> reference_at(std::string_view text) {
  Reference reference;
  const char open = text.size() > 1 ? text[1] : '\0';
  if (open == '{' || open == '(') {
    const char close = open == '{' ? '}' : ')';
    std::size_t depth = 1;
    std::size_t end = 2;
    for (; end < text.size() && depth > 0; ++end) {
      if (text[end] == open) ++depth;
      if (text[end] == close) --depth;
    }
    if (depth > 0) return failure("'" + std::string(text.substr(0, 2)) + "' without its end");
    reference = {text.substr(2, end - 3), end};
  } else {
    std::size_t end = 1;
    while (end < text.size() && is_name_character(text[end])) ++end;
    reference = {text.substr(1, end - 1), end};
  }
  if (reference.name.empty()) return failure("a '$' that begins no $number; want $$ for the sign");
  return reference;
}

Result<std::size_t> group_number(std::string_view name) {
  if (name.find_first_not_of("0123456789") != std::string_view::npos) {
    return failure("'$" + std::string(name.substr(0, 40)) + "' is no $number");
  }
  std::size_t number = 0;
  for (char digit : name) {
    number = std::min(kMaxReference, number * 10 + static_cast<std::size_t>(digit - '0'));
  }
  if (number == 0) return failure("there is no $0");
  return number;
}

// Brackets and quotes that held nothing but a reference.
void drop_empty_pairs(std::string& text) {
  for (std::string_view empty : {"()", "[]", "<>", "''", "\"\""}) {
    const std::size_t at = text.find(empty);
    if (at != std::string::npos) text.erase(at, empty.size());
  }
}

}  // namespace

Result<PatternParts> known_parts(std::string_view text, PatternSyntax syntax) {
  auto parts = pattern_parts(text);
  if (!parts) return parts;
  if (auto fault = flag_fault(parts->flags, syntax); !fault.empty()) return failure(fault);
  return parts;
}

Result<WrittenLine> written_line(std::string_view text, PatternSyntax syntax) {
  auto first = pattern_parts(text);
  if (!first) return tl::unexpected(first.error());
  WrittenLine written{*first, std::nullopt, first->rest};
  const std::size_t more = first->flags.find('!');
  if (syntax != PatternSyntax::pcre && more != std::string_view::npos) {
    const auto behind = static_cast<std::size_t>(first->flags.data() - text.data()) + more;
    auto second = known_parts(text.substr(behind), syntax);
    if (!second) return tl::unexpected(second.error());
    written.first.flags = first->flags.substr(0, more);
    written.rest = second->rest;
    written.second = *second;
  }
  if (auto fault = flag_fault(written.first.flags, syntax); !fault.empty()) return failure(fault);
  return written;
}

Result<Expression> read_expression(const PatternParts& parts, PatternSyntax syntax) {
  return with_flags(parts.pattern, parts.flags, syntax).map([&](std::string entry) {
    return Expression{std::move(entry), parts.wanted};
  });
}

std::string why_not_taken(const WrittenLine& written, PatternSyntax syntax) {
  const auto references = read_references(written.rest);
  if (!references) return references.error().text;
  if (references->highest == 0) return {};
  const std::string number = "$" + std::to_string(references->highest);
  if (!written.first.wanted) return number + " in the text of a negated expression";
  const auto groups = capturing_groups(written.first.pattern, syntax);
  if (!groups || references->highest <= *groups) return {};
  return number + ", but the expression has " + std::to_string(*groups) + " groups";
}

bool knows_its_references(const WrittenLine& written, PatternSyntax syntax) {
  const auto references = read_references(written.rest);
  return !references || references->highest == 0 ||
         capturing_groups(written.first.pattern, syntax).has_value();
}

Result<ReferencedText> read_references(std::string_view text) {
  ReferencedText read;
  while (!text.empty()) {
    if (!text.starts_with('$') || text.starts_with("$$")) {
      read.text += text.front();
      text.remove_prefix(text.starts_with('$') ? 2 : 1);
      continue;
    }
    const auto reference = reference_at(text);
    if (!reference) return tl::unexpected(reference.error());
    const auto number = group_number(reference->name);
    if (!number) return tl::unexpected(number.error());
    read.highest = std::max(read.highest, *number);
    text.remove_prefix(reference->length);
  }
  if (read.highest > 0) drop_empty_pairs(read.text);
  return read;
}

}  // namespace postern::import
