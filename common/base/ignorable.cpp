#include "common/base/ignorable.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "common/base/utf8.h"

namespace postern {
namespace {

struct CodePoints {
  char32_t first;
  char32_t last;
};

// DerivedCoreProperties.txt of Unicode 14 to 16.
constexpr CodePoints kIgnorable[] = {
    {0x00ad, 0x00ad},   {0x034f, 0x034f},   {0x061c, 0x061c}, {0x115f, 0x1160}, {0x17b4, 0x17b5},
    {0x180b, 0x180f},   {0x200b, 0x200f},   {0x202a, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164},
    {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0}, {0xfff0, 0xfff8}, {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

// REQUIRES: `character` is one of UTF-8.
char32_t code_point(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(character[i]); };
  if (character.size() == 1) return byte(0);
  char32_t code = byte(0) & (0xffU >> (character.size() + 1));
  for (std::size_t i = 1; i < character.size(); ++i) code = code << 6U | (byte(i) & 0x3fU);
  return code;
}

bool is_ignorable(char32_t code) {
  const auto* range = std::lower_bound(
      std::begin(kIgnorable), std::end(kIgnorable), code,
      [](const CodePoints& points, char32_t sought) { return points.last < sought; });
  return range != std::end(kIgnorable) && range->first <= code;
}

}  // namespace

std::optional<std::string> without_ignorable(std::string_view text) {
  std::string kept;
  kept.reserve(text.size());
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t length = utf8_length(rest);
    const std::string_view character = rest.substr(0, std::max<std::size_t>(length, 1));
    if (length <= 1 || !is_ignorable(code_point(character))) kept += character;
    rest.remove_prefix(character.size());
  }
  if (kept.size() == text.size()) return std::nullopt;
  return kept;
}

}  // namespace postern
