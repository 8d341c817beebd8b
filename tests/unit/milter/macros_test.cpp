#include "milter/macros.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace postern::milter::macros_test {
namespace {

// A dot stands for a NUL.
std::string dropped(std::string strings) {
  std::replace(strings.begin(), strings.end(), '.', '\0');
  drop_unpaired(strings);
  std::replace(strings.begin(), strings.end(), '\0', '.');
  return strings;
}

TEST(UnpairedMacros, PairsStayAsTheyAre) {
  for (const char* strings : {"", "i.Q1.", "i..", "i.Q1.{auth_authen}.ann.", "....", "i.Q1.rest"}) {
    EXPECT_EQ(dropped(strings), strings);
  }
}

TEST(UnpairedMacros, TheLastNameIsNoStringAnyMore) {
  EXPECT_EQ(dropped("i."), "i?");
  EXPECT_EQ(dropped("."), "?");
  EXPECT_EQ(dropped("i.Q1"), "i?Q1") << "a value that does not end";
  EXPECT_EQ(dropped("i.Q1.{auth_authen}."), "i.Q1.{auth_authen}?");
  EXPECT_EQ(dropped("i.Q1.{auth_authen}.ann"), "i.Q1.{auth_authen}?ann");
  EXPECT_EQ(dropped("..."), "..?");
}

TEST(UnpairedMacros, HoweverManyThereAreTheyEndInPairs) {
  for (std::size_t count = 0; count < 2000; ++count) {
    std::string strings(count, '\0');
    drop_unpaired(strings);
    EXPECT_EQ(std::count(strings.begin(), strings.end(), '\0') % 2, 0) << count;
  }
}

}  // namespace
}  // namespace postern::milter::macros_test
