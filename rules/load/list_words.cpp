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
  // Of millions of words hardly one has a quote.
  const auto plain =
      std::find_if(rest_.begin(), rest_.end(), [](char c) { return is_blank(c) || c == '"'; });
  bool quoted = false;
  auto end = static_cast<std::size_t>(plain - rest_.begin());
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
  const auto word = std::find_if_not(rest_.begin(), rest_.end(), is_blank);
  rest_.remove_prefix(static_cast<std::size_t>(word - rest_.begin()));
}

}  // namespace postern::load
