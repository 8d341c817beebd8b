#include "server/service/greeting_delay.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace postern::service::greeting_delay_test {
namespace {

TEST(GreetingDelay, HasSoManyPermitsAndNoMore) {
  GreetingDelay delay(2);
  auto first = delay.take(ServerLoad::normal, std::nullopt);
  auto second = delay.take(ServerLoad::normal, std::nullopt);
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
  EXPECT_FALSE(delay.take(ServerLoad::normal, std::nullopt));
  first = {};
  EXPECT_TRUE(delay.take(ServerLoad::normal, std::nullopt));
  EXPECT_EQ(delay.counts().held_now, 1U);
  EXPECT_EQ(delay.counts().held, 3U);
  EXPECT_EQ(delay.counts().skipped_full, 1U);
}

TEST(GreetingDelay, ItsCapCanChange) {
  GreetingDelay delay(0);
  EXPECT_FALSE(delay.take(ServerLoad::normal, std::nullopt));
  delay.resize(1);
  const auto permit = delay.take(ServerLoad::normal, std::nullopt);
  EXPECT_TRUE(permit);
  delay.resize(0);
  EXPECT_FALSE(delay.take(ServerLoad::normal, std::nullopt));
  EXPECT_EQ(delay.counts().held_now, 1U);
  EXPECT_EQ(delay.counts().skipped_full, 2U);
}

TEST(GreetingDelay, APermitThatMovesIsStillOne) {
  GreetingDelay delay(1);
  auto permit = delay.take(ServerLoad::normal, std::nullopt);
  ASSERT_TRUE(permit);
  {
    const GreetingDelay::Permit moved = std::move(permit);
    EXPECT_EQ(delay.counts().held_now, 1U);
  }
  EXPECT_EQ(delay.counts().held_now, 0U);
}

TEST(GreetingDelay, DelaysNothingUnderLoad) {
  GreetingDelay delay(2);
  EXPECT_FALSE(delay.take(ServerLoad::overloaded, std::nullopt));
  EXPECT_EQ(delay.counts().skipped_overloaded, 1U);
  EXPECT_EQ(delay.counts().held, 0U);
}

TEST(GreetingDelay, NoneAtZero) {
  GreetingDelay delay(0);
  EXPECT_FALSE(delay.take(ServerLoad::normal, std::nullopt));
}

TEST(GreetingDelay, LoadIsHighFromNineTenthsOn) {
  EXPECT_EQ(load_of(0, 2000), ServerLoad::normal);
  EXPECT_EQ(load_of(1799, 2000), ServerLoad::normal);
  EXPECT_EQ(load_of(1800, 2000), ServerLoad::overloaded);
  EXPECT_EQ(load_of(1, 2), ServerLoad::normal);
  EXPECT_EQ(load_of(2, 2), ServerLoad::overloaded);
}

IpAddress address(const char* text) {
  return IpAddress::parse(text).value();
}

// How many of them one after another get a permit.
std::vector<GreetingDelay::Permit> all_of(GreetingDelay& delay,
                                          const std::vector<const char*>& clients) {
  std::vector<GreetingDelay::Permit> permits;
  for (const char* client : clients) {
    if (auto permit = delay.take(ServerLoad::normal, address(client))) {
      permits.push_back(std::move(permit));
    }
  }
  return permits;
}

TEST(GreetingDelay, AClientHasAShareAndLeavesTheRestToOthers) {
  GreetingDelay delay(50);
  auto permits = all_of(delay, std::vector<const char*>(50, "192.0.2.1"));
  EXPECT_EQ(permits.size(), 7U);
  EXPECT_EQ(delay.counts().skipped_share, 43U);
  EXPECT_EQ(delay.counts().skipped_full, 0U);
  EXPECT_EQ(all_of(delay, {"192.0.2.2", "192.0.2.3", "2001:db8::1"}).size(), 3U);
  permits.pop_back();
  EXPECT_EQ(all_of(delay, {"192.0.2.1", "192.0.2.1"}).size(), 1U);
}

TEST(GreetingDelay, AnIpv6ClientIsItsNetwork) {
  GreetingDelay delay(16);
  EXPECT_EQ(all_of(delay, {"2001:db8::1", "2001:db8::2", "2001:db8:0:0:ff::3"}).size(), 2U);
  EXPECT_EQ(all_of(delay, {"2001:db8:0:1::1", "2001:db8:0:1::1"}).size(), 2U);
}

TEST(GreetingDelay, AMappedAddressIsTheClientThatItMaps) {
  GreetingDelay delay(16);
  EXPECT_EQ(all_of(delay, {"192.0.2.1", "::ffff:192.0.2.1", "::ffff:192.0.2.1"}).size(), 2U);
  EXPECT_EQ(all_of(delay, {"192.0.2.2", "::ffff:192.0.2.3"}).size(), 2U);
}

TEST(GreetingDelay, OneWhoIsNotKnownHasNoShareOfHisOwn) {
  GreetingDelay delay(16);
  std::vector<GreetingDelay::Permit> permits;
  while (auto permit = delay.take(ServerLoad::normal, std::nullopt))
    permits.push_back(std::move(permit));
  EXPECT_EQ(permits.size(), 16U);
  EXPECT_EQ(delay.counts().skipped_full, 1U);
}

TEST(GreetingDelay, HoldsItsCapAcrossThreads) {
  GreetingDelay delay(3);
  std::atomic<bool> above{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 2000; ++round) {
        const auto permit = delay.take(ServerLoad::normal, std::nullopt);
        // A refused attempt is counted for a moment, too.
        if (permit && delay.counts().held_now > 3 + 4) above = true;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(above);
  EXPECT_EQ(delay.counts().held_now, 0U);
}

}  // namespace
}  // namespace postern::service::greeting_delay_test
