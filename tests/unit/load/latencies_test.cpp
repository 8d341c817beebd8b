#include "tests/load/latencies.h"

#include <gtest/gtest.h>

#include <chrono>

namespace postern::latencies_test {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;

TEST(Latencies, AreZeroWithoutAny) {
  const Latencies none;
  EXPECT_EQ(none.at(0.99), microseconds(0));
  EXPECT_EQ(none.count(), 0U);
}

TEST(Latencies, AreAtMostFourPercentTooLong) {
  for (const int took : {1, 31, 32, 33, 63, 64, 1000, 4095, 4096, 123'456, 10'000'000}) {
    Latencies latencies;
    latencies.add(microseconds(took));
    latencies.add(hours(1));
    EXPECT_GE(latencies.at(0.5).count(), took);
    EXPECT_LE(static_cast<double>(latencies.at(0.5).count()), took * 1.04) << took;
  }
}

TEST(Latencies, APartOfThemIsWithin) {
  Latencies latencies;
  for (int took = 1; took <= 20; ++took) latencies.add(microseconds(took));
  EXPECT_EQ(latencies.at(0.5), microseconds(10));
  EXPECT_EQ(latencies.at(0.95), microseconds(19));
  EXPECT_EQ(latencies.at(1), microseconds(20));
  EXPECT_EQ(latencies.worst(), microseconds(20));
}

TEST(Latencies, OneThatIsBeyondAllBucketsCounts) {
  Latencies latencies;
  latencies.add(hours(1'000'000));
  EXPECT_EQ(latencies.at(0.5), hours(1'000'000));
}

}  // namespace
}  // namespace postern::latencies_test
