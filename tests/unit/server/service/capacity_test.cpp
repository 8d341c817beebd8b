#include "server/service/capacity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace postern::service::capacity_test {
namespace {

TEST(Capacity, HasSoManyPermitsAndNoMore) {
  Capacity capacity(2);
  auto first = capacity.take();
  auto second = capacity.take();
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
  EXPECT_FALSE(capacity.take());
  EXPECT_EQ(capacity.taken(), 2U);
  EXPECT_EQ(capacity.refused(), 1U);
  first.reset();
  EXPECT_EQ(capacity.taken(), 1U);
  EXPECT_TRUE(capacity.take());
  EXPECT_EQ(capacity.refused(), 1U);
  EXPECT_EQ(capacity.granted(), 3U);
}

TEST(Capacity, NoneAtZero) {
  Capacity capacity(0);
  EXPECT_FALSE(capacity.take());
  EXPECT_EQ(capacity.taken(), 0U);
}

TEST(Capacity, GrowsAndShrinksForThoseWhoCome) {
  Capacity capacity(1);
  auto first = capacity.take();
  capacity.resize(3);
  auto second = capacity.take();
  auto third = capacity.take();
  EXPECT_TRUE(third);
  EXPECT_FALSE(capacity.take());

  capacity.resize(1);
  EXPECT_EQ(capacity.taken(), 3U) << "who has a permit keeps it";
  first.reset();
  second.reset();
  EXPECT_FALSE(capacity.take());
  third.reset();
  EXPECT_TRUE(capacity.take());
}

TEST(Capacity, APermitThatMovesIsStillOne) {
  Capacity capacity(1);
  auto permit = capacity.take();
  ASSERT_TRUE(permit);
  {
    const Capacity::Permit moved = std::move(permit);
    EXPECT_EQ(capacity.taken(), 1U);
  }
  EXPECT_EQ(capacity.taken(), 0U);
}

// More threads than permits, each coming again and again.
TEST(Capacity, HoldsAcrossThreads) {
  constexpr std::size_t kPermits = 3;
  Capacity capacity(kPermits);
  std::atomic<std::size_t> inside{0};
  std::atomic<std::size_t> got{0};
  std::atomic<bool> too_many{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 2000; ++round) {
        const auto permit = capacity.take();
        if (!permit) continue;
        ++got;
        if (++inside > kPermits) too_many = true;
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(too_many);
  EXPECT_EQ(capacity.taken(), 0U);
  EXPECT_EQ(got + capacity.refused(), 8U * 2000U);
}

// As many threads as permits: nobody is ever turned away, whatever the others do meanwhile.
TEST(Capacity, TurnsNobodyAwayWhileThereIsRoom) {
  Capacity capacity(4);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 5000; ++round) EXPECT_TRUE(capacity.take());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(capacity.refused(), 0U);
}

// Never more than the largest number of permits there has been.
TEST(Capacity, IsResizedUnderLoad) {
  Capacity capacity(2);
  std::atomic<std::size_t> inside{0};
  std::atomic<bool> too_many{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 5000; ++round) {
        const auto permit = capacity.take();
        if (!permit) continue;
        if (++inside > 3) too_many = true;
        --inside;
      }
    });
  }
  for (int round = 0; round < 5000; ++round) capacity.resize(round % 2 == 0 ? 3 : 1);
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(too_many);
  EXPECT_EQ(capacity.taken(), 0U);
}

// Whoever is turned away has not had a permit meanwhile, in which another one could have been.
TEST(Capacity, IsNeverMoreThanFull) {
  Capacity capacity(1);
  const auto permit = capacity.take();
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!over) EXPECT_FALSE(capacity.take());
    });
  }
  std::size_t most = 0;
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds{300};
  while (std::chrono::steady_clock::now() < until) {
    for (int look = 0; look < 1000; ++look) most = std::max(most, capacity.taken());
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most, 1U);
}

}  // namespace
}  // namespace postern::service::capacity_test
