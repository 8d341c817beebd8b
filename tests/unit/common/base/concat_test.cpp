#include "common/base/concat.h"

#include <gtest/gtest.h>

namespace postern::concat_test {
namespace {

TEST(Concat, PutsTextsOneBehindTheOther) {
  EXPECT_EQ(concat({"ab", "", "c", std::string(100, 'x')}), "abc" + std::string(100, 'x'));
  EXPECT_EQ(concat({}), "");
  EXPECT_EQ(concat({std::string_view("a\0b", 3), "\xff"}), std::string("a\0b\xff", 4));
}

}  // namespace
}  // namespace postern::concat_test
