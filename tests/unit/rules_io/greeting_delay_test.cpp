#include "rules/io/greeting_delay.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace postern {
namespace {

TEST(GreetingDelay, HasSoManySlotsAndNoMore) {
  GreetingDelay delay(2);
  auto first = delay.take(ServerLoad::normal);
  auto second = delay.take(ServerLoad::normal);
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
  EXPECT_FALSE(delay.take(ServerLoad::normal));
  first.reset();
  EXPECT_TRUE(delay.take(ServerLoad::normal));
  EXPECT_EQ(delay.counts().held_now, 1U);
  EXPECT_EQ(delay.counts().held, 3U);
  EXPECT_EQ(delay.counts().skipped_full, 1U);
}

TEST(GreetingDelay, ItsCapCanChange) {
  GreetingDelay delay(0);
  EXPECT_FALSE(delay.take(ServerLoad::normal));
  delay.resize(1);
  const auto slot = delay.take(ServerLoad::normal);
  EXPECT_TRUE(slot);
  delay.resize(0);
  EXPECT_FALSE(delay.take(ServerLoad::normal));
  EXPECT_EQ(delay.counts().held_now, 1U);
  EXPECT_EQ(delay.counts().skipped_full, 2U);
}

TEST(GreetingDelay, ASlotThatMovesIsStillOne) {
  GreetingDelay delay(1);
  auto slot = delay.take(ServerLoad::normal);
  ASSERT_TRUE(slot);
  {
    const GreetingDelay::Slot moved = std::move(*slot);
    slot.reset();
    EXPECT_EQ(delay.counts().held_now, 1U);
  }
  EXPECT_EQ(delay.counts().held_now, 0U);
}

TEST(GreetingDelay, DelaysNothingUnderLoad) {
  GreetingDelay delay(2);
  EXPECT_FALSE(delay.take(ServerLoad::overloaded));
  EXPECT_EQ(delay.counts().skipped_overloaded, 1U);
  EXPECT_EQ(delay.counts().held, 0U);
}

TEST(GreetingDelay, NoneAtZero) {
  GreetingDelay delay(0);
  EXPECT_FALSE(delay.take(ServerLoad::normal));
}

TEST(GreetingDelay, LoadIsHighFromNineTenthsOn) {
  EXPECT_EQ(load_of(0, 2000), ServerLoad::normal);
  EXPECT_EQ(load_of(1799, 2000), ServerLoad::normal);
  EXPECT_EQ(load_of(1800, 2000), ServerLoad::overloaded);
  EXPECT_EQ(load_of(1, 2), ServerLoad::normal);
  EXPECT_EQ(load_of(2, 2), ServerLoad::overloaded);
}

TEST(GreetingDelay, HoldsItsCapAcrossThreads) {
  GreetingDelay delay(3);
  std::atomic<bool> above{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 2000; ++round) {
        const auto slot = delay.take(ServerLoad::normal);
        // A refused attempt is counted for a moment, too.
        if (slot && delay.counts().held_now > 3 + 4) above = true;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(above);
  EXPECT_EQ(delay.counts().held_now, 0U);
}

}  // namespace
}  // namespace postern
