#include "common/base/ascii_case.h"

#include <gtest/gtest.h>

namespace postern::ascii_case_test {
namespace {

TEST(AsciiCase, LowersLettersOfAsciiAlone) {
  EXPECT_EQ(ascii_lower("X-Mailer_[Z]@`{9"), "x-mailer_[z]@`{9");
  EXPECT_EQ(ascii_lower("\xC3\x84rger"), "\xC3\x84rger");
  EXPECT_EQ(ascii_lower(""), "");
}

TEST(AsciiCase, ComparesWithoutCase) {
  EXPECT_TRUE(equal_ignoring_case("Joe@A.Example", "jOE@a.eXAMPLE"));
  EXPECT_TRUE(equal_ignoring_case("", ""));
  EXPECT_FALSE(equal_ignoring_case("joe", "joe "));
  EXPECT_FALSE(equal_ignoring_case("joe@", "joe"));
  EXPECT_FALSE(equal_ignoring_case("@", "`"));
}

}  // namespace
}  // namespace postern::ascii_case_test
