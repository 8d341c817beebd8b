#include "ctl/import/postfix_references.h"

#include <algorithm>

namespace postern::import {
namespace {

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
