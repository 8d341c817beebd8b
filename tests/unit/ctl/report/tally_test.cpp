#include "ctl/report/tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::report {
namespace {

using testing::ElementsAre;
using Count = Tally::Count;

TEST(Tally, MostFirstThenByText) {
  Tally tally;
  for (const char* text : {"b", "c", "a", "c"}) tally.add(text);
  EXPECT_THAT(tally.top(10), ElementsAre(Count{"c", 2}, Count{"a", 1}, Count{"b", 1}));
  EXPECT_THAT(tally.top(1), ElementsAre(Count{"c", 2}));
  EXPECT_EQ(tally.texts(), 3U);
  EXPECT_FALSE(tally.was_cut());
}

TEST(Tally, IsBoundedAndKeepsWhatComesOften) {
  Tally tally(100);
  for (int i = 0; i < 10000; ++i) {
    tally.add("seldom " + std::to_string(i));
    if (i % 10 == 0) tally.add("often");
    ASSERT_LE(tally.texts(), 100U);
  }
  EXPECT_TRUE(tally.was_cut());
  EXPECT_EQ(tally.top(1).front(), (Count{"often", 1000}));
}

TEST(Tally, CutsWhatIsLong) {
  Tally tally;
  tally.add(std::string(5000, 'x') + "1");
  tally.add(std::string(5000, 'x') + "2");
  EXPECT_THAT(tally.top(10), ElementsAre(Count{std::string(Tally::kMaxTextBytes, 'x'), 2}));
}

}  // namespace
}  // namespace postern::report
