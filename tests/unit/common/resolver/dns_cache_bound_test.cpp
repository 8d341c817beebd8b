// How much the DNS cache keeps and what goes first, and that threads may share it.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "common/resolver/dns_cache.h"
#include "tests/unit/common/resolver/dns_answers.h"

namespace postern::resolver::dns_cache_bound_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

class DnsCacheShrunk : public testing::Test {
 protected:
  static constexpr int kNames = 40'000;

  void fill() {
    for (int name = 0; name < kNames; ++name) {
      cache_.store(question("host" + std::to_string(name) + ".example"), answer_, now_);
    }
  }

  DnsCacheSettings settings_;
  DnsCache cache_{settings_};
  const DnsCache::TimePoint now_{1h};
  const std::shared_ptr<const dns::DnsAnswer> answer_ = found(300s);
};

TEST_F(DnsCacheShrunk, HoldsItsBoundAtOnce) {
  fill();
  ASSERT_EQ(cache_.statistics().entries, static_cast<std::size_t>(kNames));
  settings_.max_bytes = std::size_t{1} << 20;
  cache_.reconfigure(settings_);
  const auto statistics = cache_.statistics();
  EXPECT_LE(statistics.bytes, settings_.max_bytes);
  EXPECT_GT(statistics.bytes, settings_.max_bytes * 9 / 10) << "and no more than that has gone";
  EXPECT_EQ(statistics.entries + statistics.evictions, static_cast<std::size_t>(kNames));

  settings_.max_bytes = std::size_t{64} << 20;
  cache_.reconfigure(settings_);
  fill();
  EXPECT_EQ(cache_.statistics().entries, static_cast<std::size_t>(kNames)) << "grown again";
}

TEST_F(DnsCacheShrunk, WhatIsAskedForStays) {
  cache_.store(question("hot.example"), answer_, now_);
  fill();
  EXPECT_TRUE(cache_.find(question("hot.example"), now_));
  settings_.max_bytes = std::size_t{1} << 20;
  cache_.reconfigure(settings_);
  EXPECT_TRUE(cache_.find(question("hot.example"), now_));
}

TEST(DnsCacheBound, HoldsUnderManyMoreNamesThanFit) {
  constexpr int kNames = 100'000;
  DnsCacheSettings settings;
  settings.max_bytes = std::size_t{1} << 20;
  DnsCache cache(settings);
  const DnsCache::TimePoint now{1h};
  const auto answer = found(300s);
  for (int name = 0; name < kNames; ++name) {
    cache.store(question("host" + std::to_string(name) + ".example"), answer, now);
  }
  const auto statistics = cache.statistics();
  EXPECT_LE(statistics.bytes, settings.max_bytes);
  EXPECT_GT(statistics.bytes, settings.max_bytes / 2);
  EXPECT_EQ(statistics.entries + statistics.evictions, static_cast<std::size_t>(kNames));
  EXPECT_GT(statistics.entries, 1'250U);
}

// A sender's domain: a name of 25 letters with one mail host.
TEST(DnsCacheBound, AnAnswerTakesTwoHundredBytes) {
  dns::DnsAnswer answer = *found(300s);
  answer.records = {};
  answer.records.add_mx(10, "mx.bench.example");
  answer.server = "127.0.0.1:53";
  const auto kept = std::make_shared<const dns::DnsAnswer>(answer);
  DnsCache cache{DnsCacheSettings()};
  const DnsCache::TimePoint now{1h};
  constexpr std::size_t kNames = 1000;
  for (std::size_t name = 0; name < kNames; ++name) {
    const std::string text = "sender" + std::to_string(10'000'000 + name) + ".in.example";
    ASSERT_EQ(text.size(), 25U);
    cache.store(question(text, dns::DnsType::mx), kept, now);
  }
  EXPECT_LE(cache.statistics().bytes, 200 * kNames);
  EXPECT_GT(cache.statistics().bytes, 150 * kNames) << "what malloc gives, and no less";
}

TEST(DnsCacheBound, WhatGoesIsNoLongerCounted) {
  DnsCache cache{DnsCacheSettings()};
  const DnsCache::TimePoint now{1h};
  const dns::DnsQuestion a = question("x.example");
  cache.store(a, found(300s), now);
  const std::size_t one = cache.statistics().bytes;
  cache.store(question("x.example", dns::DnsType::aaaa), failed(), now);
  cache.store(question("x.example", dns::DnsType::mx), absent(dns::DnsReason::nodata, 60s), now);
  EXPECT_GT(cache.statistics().bytes, one);
  cache.store(question("x.example", dns::DnsType::aaaa), absent(dns::DnsReason::nodata, 0s), now);
  cache.store(question("x.example", dns::DnsType::mx), absent(dns::DnsReason::nodata, 0s), now);
  EXPECT_EQ(cache.statistics().bytes, one);
  cache.forget(a.name);
  EXPECT_EQ(cache.statistics().bytes, 0U);
}

TEST(DnsCacheBound, HotNamesStay) {
  DnsCacheSettings settings;
  settings.max_bytes = std::size_t{1} << 20;
  DnsCache cache(settings);
  const DnsCache::TimePoint now{1h};
  const auto answer = found(300s);
  std::vector<dns::DnsQuestion> hot;
  for (int name = 0; name < 200; ++name) {
    hot.push_back(question("hot" + std::to_string(name) + ".example"));
    cache.store(hot.back(), answer, now);
  }
  for (int name = 0; name < 50'000; ++name) {
    cache.store(question("cold" + std::to_string(name) + ".example"), answer, now);
    // Each once in 400 new names, while the cache holds some thousand.
    if (name % 2 == 0) (void)cache.find(hot[static_cast<std::size_t>(name / 2 % 200)], now);
  }
  const auto kept = std::count_if(hot.begin(), hot.end(), [&](const dns::DnsQuestion& asked) {
    return cache.find(asked, now).has_value();
  });
  EXPECT_EQ(kept, 200);
  EXPECT_GT(cache.statistics().evictions, 40'000U);
}

TEST(DnsCacheBound, AnAnswerTooBigIsNotKept) {
  DnsCacheSettings settings;
  settings.max_bytes = std::size_t{64} << 10;
  DnsCache cache(settings);
  dns::DnsAnswer big = *found(300s);
  for (int i = 0; i < 100; ++i) big.records.add_name(std::string(200, 'x'));
  const DnsCache::TimePoint now{1h};
  cache.store(question("x.example"), std::make_shared<const dns::DnsAnswer>(big), now);
  EXPECT_FALSE(cache.find(question("x.example"), now));
}

TEST(DnsCacheThreads, ShareIt) {
  DnsCacheSettings settings;
  settings.max_bytes = std::size_t{256} << 10;
  DnsCache cache(settings);
  const DnsCache::TimePoint now{1h};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&cache, &settings, now, thread] {
      for (int step = 0; step < 5'000; ++step) {
        const auto asked = question("h" + std::to_string(step * (thread + 1) % 1500) + ".example");
        if (!cache.find(asked, now)) {
          cache.store(asked, step % 3 == 0 ? failed() : found(60s), now);
        }
        if (step % 100 == 0) cache.forget(asked.name);
        if (step % 500 == 0) (void)cache.statistics();
        if (step % 1000 == 0) cache.forget_failures(now);
        if (step % 50 == 0) (void)cache.kept(asked.name, now);
        if (thread == 0 && step % 500 == 250) {
          DnsCacheSettings smaller = settings;
          smaller.max_bytes /= step % 1000 == 250 ? 2 : 1;
          smaller.max_ttl = seconds{step};
          cache.reconfigure(smaller);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const auto statistics = cache.statistics();
  EXPECT_EQ(statistics.hits + statistics.misses, 20'000U);
  EXPECT_LE(statistics.bytes, settings.max_bytes);
}

}  // namespace
}  // namespace postern::resolver::dns_cache_bound_test
