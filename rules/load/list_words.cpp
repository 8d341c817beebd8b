#include "rules/load/list_words.h"

#include <algorithm>
#include <string>

namespace postern::load {
namespace {

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace

Result<std::string_view> ListWords::next() {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < rest_.size() && (quoted || !is_blank(rest_[end])); ++end) {
    if (rest_[end] == '"') quoted = !quoted;
    if (rest_[end] == '\\' && quoted) ++end;
  }
  if (quoted) {
    return failure("found '" + std::string(rest_) +
                   "' without the closing '\"'; a quote that is part of a value is written "
                   "\\\" in a value in quotes");
  }
  const std::string_view word = rest_.substr(0, end);
  rest_.remove_prefix(end);
  skip_blanks();
  return word;
}

void ListWords::skip_blanks() {
  rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
}

}  // namespace postern::load
