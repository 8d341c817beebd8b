#include "common/base/ignorable.h"

#include <gtest/gtest.h>

#include "common/base/utf8.h"

namespace postern::ignorable_test {
namespace {

using namespace std::string_literals;

TEST(Ignorable, CharactersThatNobodySeesAreLeftOut) {
  for (const char* hidden : {
           "\xc2\xad",          // soft hyphen
           "\xcd\x8f",          // combining grapheme joiner
           "\xd8\x9c",          // Arabic letter mark
           "\xe1\x85\x9f",      // Hangul filler
           "\xe1\xa0\x8e",      // Mongolian vowel separator
           "\xe2\x80\x8b",      // zero width space
           "\xe2\x80\x8d",      // zero width joiner
           "\xe2\x80\xae",      // right-to-left override
           "\xe2\x81\xa0",      // word joiner
           "\xe3\x85\xa4",      // Hangul filler
           "\xef\xb8\x8f",      // variation selector 16
           "\xef\xbb\xbf",      // zero width no-break space
           "\xf0\x9d\x85\xb3",  // musical begin beam
           "\xf3\xa0\x80\x81",  // tag
           "\xf3\xa0\x84\x80",  // variation selector 17
           "\xf3\xa0\xbf\xbf",  // the last of them
       }) {
    EXPECT_EQ(without_ignorable("w"s + hidden + "in" + hidden), "win") << hidden;
    EXPECT_EQ(without_ignorable(hidden), "") << hidden;
  }
}

TEST(Ignorable, WhatCanBeSeenStays) {
  for (const char* seen : {
           "",
           "win",
           "w i-n",
           "\xc2\xa0",
           "gr\xc3\xbc\xc3\x9f",
           "\xe2\x80\x93",
           "\xe2\x80\x8a",  // hair space
           "\xe2\x80\x90",  // hyphen
           "\xe2\x80\xa8",  // line separator
           "\xef\xbf\xbd",
           "\xef\xbf\xbc",
           "\xf0\x9f\x98\x80",
           "\xf3\x9f\xbf\xbf",
           "\xf3\xa1\x80\x80",
           "\t\x01\x7f",
       }) {
    EXPECT_FALSE(without_ignorable(seen)) << seen;
  }
}

TEST(Ignorable, BytesThatAreNoCharactersStay) {
  for (const std::string& bytes : {"\xad"s, "\xe2\x80"s, "\xe2\x8b\x80\x80"s, "\xc0\xad"s,
                                   "\xed\xa0\x80"s, "\xff\xfe"s, "a\0b"s}) {
    EXPECT_FALSE(without_ignorable(bytes));
    EXPECT_EQ(without_ignorable(bytes + "\xe2\x80\x8b" + bytes), bytes + bytes);
  }
}

// Two bytes that are apart are not joined into another character that would be left out.
TEST(Ignorable, NothingIsHiddenByWhatIsLeftOut) {
  EXPECT_EQ(without_ignorable("\xc2\xc2\xad\xad"), "\xc2\xad")
      << "no UTF-8, which header texts are";
}

}  // namespace
}  // namespace postern::ignorable_test
