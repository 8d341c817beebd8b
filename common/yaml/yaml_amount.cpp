#include "common/yaml/yaml_amount.h"

namespace postern::yaml {
namespace {

// What a value costs in commas, quotes and a `*` or `!` at its front.
constexpr std::size_t kWeightOfValue = 4;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// How many things yaml-cpp may make of a byte: behind a comma there can be a word, too.
std::size_t weight_of(char c, char next) {
  switch (c) {
    case ',':
      return 2;
    case '[':
    case ']':
    case '{':
    case '}':
    case '"':
    case '\'':
    case '&':
    case '*':
    case '!':
      return 1;
    case ':':
    case '?':
    case '-':
      return is_blank(next) ? 1 : 0;
    default:
      return 0;
  }
}

}  // namespace

std::optional<std::size_t> find_excess(std::string_view text, std::size_t max_values) {
  const std::size_t most = kWeightOfValue * max_values;
  std::size_t weight = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    weight += weight_of(text[i], i + 1 < text.size() ? text[i + 1] : '\n');
    if (weight > most) return i;
  }
  return std::nullopt;
}

}  // namespace postern::yaml
