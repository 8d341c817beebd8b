#include "common/base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::utf8_test {
namespace {

// By the definition of UTF-8: decode, then say whether this was the one way to write it.
std::size_t length_by_definition(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = (lead >> 5) == 6    ? 2
                             : (lead >> 4) == 14 ? 3
                             : (lead >> 3) == 30 ? 4
                                                 : 0;
  if (length == 0 || text.size() < length) return 0;
  unsigned long code = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
    code = (code << 6) | (byte(i) & 0x3fU);
  }
  const unsigned long smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < smallest[length] || code > 0x10ffff) return 0;
  return code >= 0xd800 && code <= 0xdfff ? 0 : length;
}

TEST(Utf8, EveryPairOfBytesBeforeGoodAndBadOnes) {
  for (const std::string& rest :
       {std::string(), std::string("\x80"), std::string("\x80\xbf"), std::string("\x80\x7f"),
        std::string("\xc0\x80"), std::string("\xbf\xbf\xbf")}) {
    for (int first = 0; first < 256; ++first) {
      for (int second = 0; second < 256; ++second) {
        const std::string text =
            std::string{static_cast<char>(first), static_cast<char>(second)} + rest;
        ASSERT_EQ(utf8_length(text), length_by_definition(text)) << first << " " << second;
      }
    }
  }
}

TEST(Utf8, OneByteAlone) {
  for (int byte = 0; byte < 256; ++byte) {
    const char text[] = {static_cast<char>(byte)};
    EXPECT_EQ(utf8_length({text, 1}), byte < 0x80 ? 1U : 0U) << byte;
  }
}

TEST(Utf8, NothingHasNoSequence) {
  EXPECT_EQ(utf8_length(""), 0U);
}

struct Case {
  const char* name;
  std::string_view text;
  std::size_t length;
};

TEST(Utf8, Borders) {
  const Case cases[] = {
      {"NUL", std::string_view("\0", 1), 1},
      {"U+007F", "\x7f", 1},
      {"U+0080", "\xc2\x80", 2},
      {"overlong of two", "\xc1\xbf", 0},
      {"U+07FF", "\xdf\xbf", 2},
      {"overlong of three", "\xe0\x9f\xbf", 0},
      {"U+0800", "\xe0\xa0\x80", 3},
      {"U+D7FF", "\xed\x9f\xbf", 3},
      {"first surrogate", "\xed\xa0\x80", 0},
      {"last surrogate", "\xed\xbf\xbf", 0},
      {"U+E000", "\xee\x80\x80", 3},
      {"U+FFFF", "\xef\xbf\xbf", 3},
      {"overlong of four", "\xf0\x8f\xbf\xbf", 0},
      {"U+10000", "\xf0\x90\x80\x80", 4},
      {"U+10FFFF", "\xf4\x8f\xbf\xbf", 4},
      {"U+110000", "\xf4\x90\x80\x80", 0},
      {"five bytes", "\xf8\x88\x80\x80\x80", 0},
      {"cut after one of two", "\xc3", 0},
      {"cut after two of three", "\xe2\x82", 0},
      {"cut after three of four", "\xf0\x9f\x98", 0},
      {"only the first sequence counts", "\xc3\xa4\xff", 2},
  };
  for (const Case& c : cases) EXPECT_EQ(utf8_length(c.text), c.length) << c.name;
}

}  // namespace
}  // namespace postern::utf8_test
