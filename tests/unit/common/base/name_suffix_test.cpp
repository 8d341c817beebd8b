#include "common/base/name_suffix.h"

#include <gtest/gtest.h>

namespace postern::name_suffix_test {
namespace {

TEST(LastLabels, AreTheEndOfTheName) {
  EXPECT_EQ(last_labels("a.b.c.example", 1), "example");
  EXPECT_EQ(last_labels("a.b.c.example", 2), "c.example");
  EXPECT_EQ(last_labels("a.b.c.example", 4), "a.b.c.example");
  EXPECT_EQ(last_labels("a.b.c.example", 9), "a.b.c.example");
  EXPECT_EQ(last_labels("example", 1), "example");
  EXPECT_EQ(last_labels("example", 2), "example");
}

TEST(LastLabels, OfWhatIsNoNameAreAPartOfIt) {
  EXPECT_EQ(last_labels("", 2), "");
  EXPECT_EQ(last_labels(".example", 2), ".example");
  EXPECT_EQ(last_labels("a..example", 2), ".example");
}

}  // namespace
}  // namespace postern::name_suffix_test
