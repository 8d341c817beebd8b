#include "ctl/cli/option_row.h"

#include <gtest/gtest.h>

namespace postern::ctl::option_row_test {
namespace {

TEST(OptionRow, ReadsItsWords) {
  std::string text;
  bool flag = false;
  const OptionRow value{"--list NAME", "", &text};
  EXPECT_EQ(value.name(), "--list");
  EXPECT_EQ(value.type(), "NAME");
  EXPECT_FALSE(value.is_flag() || value.is_positional() || value.is_required());
  const OptionRow alone{"--never", "", &flag};
  EXPECT_EQ(alone.name(), "--never");
  EXPECT_EQ(alone.type(), "");
  EXPECT_TRUE(alone.is_flag());
  const OptionRow needed{"NAME", "", &text};
  EXPECT_EQ(needed.name(), "NAME");
  EXPECT_TRUE(needed.is_positional() && needed.is_required());
  const OptionRow optional{"[FILE]", "", &text};
  EXPECT_EQ(optional.name(), "FILE");
  EXPECT_TRUE(optional.is_positional());
  EXPECT_FALSE(optional.is_required());
}

TEST(OptionRow, OneOfTellsItsWordsAndTakesTheirValues) {
  enum class Size { small, large } size = Size::small;
  const OptionRow row{"--size", "", one_of(size, {{"small", Size::small}, {"large", Size::large}})};
  EXPECT_EQ(row.choices(), (std::vector<std::string>{"small", "large"}));
  std::get<OneOf>(row.to).take(1);
  EXPECT_EQ(size, Size::large);
}

}  // namespace
}  // namespace postern::ctl::option_row_test
