#include "server/service/decision_counts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <thread>
#include <vector>

namespace postern::service::latency_histogram_test {
namespace {

using namespace std::chrono_literals;

// The class in which this one time is.
std::size_t class_of(std::chrono::microseconds time) {
  LatencyHistogram histogram;
  histogram.record(time);
  const auto classes = histogram.counts().classes;
  EXPECT_EQ(std::accumulate(classes.begin(), classes.end(), std::uint64_t{0}), 1U);
  return static_cast<std::size_t>(std::max_element(classes.begin(), classes.end()) -
                                  classes.begin());
}

TEST(LatencyHistogram, ATimeIsInTheClassUpToWhichItIs) {
  EXPECT_EQ(class_of(0us), 0U);
  EXPECT_EQ(class_of(100us), 0U);
  EXPECT_EQ(class_of(101us), 1U);
  EXPECT_EQ(class_of(1ms), 3U);
  EXPECT_EQ(class_of(1s), 12U);
  EXPECT_EQ(class_of(10s), 15U);
  EXPECT_EQ(class_of(10s + 1us), 16U);
  EXPECT_EQ(class_of(24h), 16U);
}

TEST(LatencyHistogram, BoundsAscend) {
  const auto& bounds = LatencyHistogram::kBounds;
  EXPECT_TRUE(std::is_sorted(bounds.begin(), bounds.end()));
  EXPECT_EQ(std::adjacent_find(bounds.begin(), bounds.end()), bounds.end());
  EXPECT_EQ(bounds.front(), 100us);
  EXPECT_EQ(bounds.back(), 10s);
}

TEST(LatencyHistogram, TimesAddUp) {
  LatencyHistogram histogram;
  histogram.record(40us);
  histogram.record(2s);
  histogram.record(-5us);  // a clock that cannot be
  EXPECT_EQ(histogram.counts().sum, 2s + 40us);
  EXPECT_EQ(histogram.counts().classes[0], 2U);
}

TEST(LatencyHistogram, NothingIsLostBetweenThreads) {
  constexpr int kThreads = 4;
  constexpr int kTimes = 20000;
  LatencyHistogram histogram;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int time = 0; time < kTimes; ++time) histogram.record(std::chrono::microseconds{200});
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(histogram.counts().classes[1], std::uint64_t{kThreads} * kTimes);
  EXPECT_EQ(histogram.counts().sum, kThreads * kTimes * 200us);
}

}  // namespace
}  // namespace postern::service::latency_histogram_test
