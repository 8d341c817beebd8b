#include "ctl/report/top_counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::report::top_counts_test {
namespace {

using testing::ElementsAre;
using Count = TopCounts::Count;

TEST(TopCounts, MostFirstThenByText) {
  TopCounts counts;
  for (const char* text : {"b", "c", "a", "c"}) counts.add(text);
  EXPECT_THAT(counts.top(10), ElementsAre(Count{"c", 2}, Count{"a", 1}, Count{"b", 1}));
  EXPECT_THAT(counts.top(1), ElementsAre(Count{"c", 2}));
  EXPECT_EQ(counts.texts(), 3U);
  EXPECT_FALSE(counts.was_cut());
}

TEST(TopCounts, IsBoundedAndKeepsWhatComesOften) {
  TopCounts counts(100);
  for (int i = 0; i < 10000; ++i) {
    counts.add("seldom " + std::to_string(i));
    if (i % 10 == 0) counts.add("often");
    ASSERT_LE(counts.texts(), 100U);
  }
  EXPECT_TRUE(counts.was_cut());
  EXPECT_EQ(counts.top(1).front(), (Count{"often", 1000}));
}

TEST(TopCounts, CutsWhatIsLong) {
  TopCounts counts;
  counts.add(std::string(5000, 'x') + "1");
  counts.add(std::string(5000, 'x') + "2");
  EXPECT_THAT(counts.top(10), ElementsAre(Count{std::string(TopCounts::kMaxTextBytes, 'x'), 2}));
}

}  // namespace
}  // namespace postern::report::top_counts_test
