#include "common/base/log_share.h"

#include <gtest/gtest.h>

namespace postern::log_share_test {
namespace {

TEST(LogShare, IsAWordOrAFraction) {
  EXPECT_EQ(parse_log_share("all"), kEveryLine);
  EXPECT_EQ(parse_log_share("none"), kNoLine);
  EXPECT_EQ(parse_log_share("1/1"), kEveryLine);
  EXPECT_EQ(parse_log_share("1/100"), LogShare{100});
  EXPECT_EQ(parse_log_share("1/1000000"), LogShare{1000000});
  for (const char* wrong : {"", "some", "1/", "1/0", "1/1000001", "1/-5", "2/100", "1/10x", "100",
                            "1/99999999999999999999", "1/ 5"}) {
    EXPECT_FALSE(parse_log_share(wrong)) << wrong;
  }
}

TEST(LogShare, TheLouderWritesMore) {
  EXPECT_EQ(louder(kEveryLine, kNoLine), kEveryLine);
  EXPECT_EQ(louder(kNoLine, LogShare{100}), LogShare{100});
  EXPECT_EQ(louder(LogShare{10}, LogShare{100}), LogShare{10});
  EXPECT_EQ(louder(kNoLine, kNoLine), kNoLine);
}

TEST(LogShare, ExactlyOneOfSoManyInARow) {
  for (const std::uint32_t one_of : {2U, 7U, 100U}) {
    for (std::uint64_t begin = 0; begin < 50 * std::uint64_t{one_of}; begin += one_of) {
      int written = 0;
      for (std::uint32_t i = 0; i < one_of; ++i) written += is_written({one_of}, begin + i) ? 1 : 0;
      ASSERT_EQ(written, 1) << one_of << " from " << begin;
    }
  }
  EXPECT_TRUE(is_written(kEveryLine, 4711));
  EXPECT_FALSE(is_written(kNoLine, 4711));
}

// A milter session decides at connect, helo, mail and rcpt, and 100 is a multiple of four.
TEST(LogShare, FavoursNoPlaceInAPattern) {
  int at_place[4] = {};
  for (std::uint64_t number = 0; number < 100000; ++number) {
    if (is_written({100}, number)) ++at_place[number % 4];
  }
  for (const int count : at_place) EXPECT_NEAR(count, 250, 60);
}

}  // namespace
}  // namespace postern::log_share_test
