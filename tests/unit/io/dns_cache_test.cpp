#include "common/io/dns_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

namespace postern {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

DnsQuestion question(const std::string& name, DnsType type = DnsType::a) {
  return {DomainName::parse(name).value(), type};
}

std::shared_ptr<const DnsAnswer> found(seconds ttl) {
  DnsAnswer answer;
  answer.status = DnsStatus::found;
  answer.reason = DnsReason::answer;
  answer.records.add_address(IpAddress::from_v4(0xc6336401));
  answer.ttl = DnsTtl{ttl.count()};
  return std::make_shared<const DnsAnswer>(answer);
}

std::shared_ptr<const DnsAnswer> absent(DnsReason reason, seconds ttl) {
  DnsAnswer answer;
  answer.status = DnsStatus::absent;
  answer.reason = reason;
  answer.ttl = DnsTtl{ttl.count()};
  return std::make_shared<const DnsAnswer>(answer);
}

std::shared_ptr<const DnsAnswer> failed() {
  return std::make_shared<const DnsAnswer>(temporary_failure(DnsReason::servfail));
}

class DnsCacheTest : public testing::Test {
 protected:
  // Nothing when it is not there, else why.
  std::optional<DnsReason> reason(const DnsQuestion& asked) {
    const auto fact = cache_.find(asked, now_);
    if (!fact) return std::nullopt;
    return fact->answer->reason;
  }

  // For how long the cache has the answer from now on, to the second.
  seconds time_kept(const DnsQuestion& asked) {
    seconds time{0};
    while (cache_.find(asked, now_ + time)) ++time;
    return time;
  }

  void expect_failure_kept(seconds time) {
    cache_.store(x_, failed(), now_);
    EXPECT_EQ(time_kept(x_), time);
    now_ += time;
  }

  DnsCacheSettings settings_;
  DnsCache cache_{settings_};
  DnsCache::TimePoint now_ = DnsCache::TimePoint{} + 1h;
  const DnsQuestion x_ = question("x.example");
};

TEST_F(DnsCacheTest, FindsWhatIsStored) {
  const auto answer = found(300s);
  cache_.store(x_, answer, now_);
  const auto fact = cache_.find(x_, now_ + 2900ms);
  ASSERT_TRUE(fact);
  EXPECT_EQ(fact->answer, answer);
  EXPECT_EQ(fact->age, 2s);
  EXPECT_EQ(fact->source, DnsFact::Source::cache);
  EXPECT_FALSE(cache_.find(question("y.example"), now_));
  EXPECT_FALSE(cache_.find(question("x.example", DnsType::mx), now_));
  EXPECT_EQ(cache_.statistics().hits, 1U);
  EXPECT_EQ(cache_.statistics().misses, 2U);
}

TEST_F(DnsCacheTest, RepeatedMissIsCountedOnce) {
  EXPECT_FALSE(cache_.find(x_, now_));
  EXPECT_FALSE(cache_.find(x_, now_, DnsCache::Lookup::repeated));
  EXPECT_EQ(cache_.statistics().misses, 1U);
}

TEST_F(DnsCacheTest, TtlIsObeyedToTheMillisecond) {
  cache_.store(x_, found(300s), now_);
  EXPECT_TRUE(cache_.find(x_, now_ + 300s - 1ms));
  EXPECT_FALSE(cache_.find(x_, now_ + 300s));
}

TEST_F(DnsCacheTest, ZeroTtlIsNotKept) {
  cache_.store(x_, found(0s), now_);
  EXPECT_FALSE(cache_.find(x_, now_));
  EXPECT_EQ(cache_.statistics().entries, 0U);
  EXPECT_EQ(cache_.statistics().bytes, 0U);
}

struct ClampCase {
  const char* name;
  std::shared_ptr<const DnsAnswer> answer;
  seconds kept;
};

class DnsCacheClamp : public testing::TestWithParam<ClampCase> {};

TEST_P(DnsCacheClamp, KeptFor) {
  DnsCacheSettings settings;
  settings.min_ttl = 10s;
  settings.max_ttl = 100s;
  settings.max_negative_ttl = 50s;
  DnsCache cache(settings);
  const DnsCache::TimePoint now{1h};
  cache.store(question("x.example"), GetParam().answer, now);
  EXPECT_TRUE(cache.find(question("x.example"), now + GetParam().kept - 1s));
  EXPECT_FALSE(cache.find(question("x.example"), now + GetParam().kept));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, DnsCacheClamp,
    testing::Values(ClampCase{"Between", found(42s), 42s}, ClampCase{"TooLow", found(1s), 10s},
                    ClampCase{"Zero", found(0s), 10s}, ClampCase{"TooHigh", found(9999s), 100s},
                    ClampCase{"HighestPossible", found(seconds{0x7fffffff}), 100s},
                    ClampCase{"NegativeBetween", absent(DnsReason::nodata, 20s), 20s},
                    ClampCase{"NegativeTooLow", absent(DnsReason::nodata, 1s), 10s},
                    ClampCase{"NegativeTooHigh", absent(DnsReason::nxdomain, 60s), 50s}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(DnsCacheTest, NxdomainAnswersEveryType) {
  cache_.store(question("x.example", DnsType::mx), absent(DnsReason::nxdomain, 60s), now_);
  for (const DnsType type : {DnsType::a, DnsType::aaaa, DnsType::mx, DnsType::ptr}) {
    EXPECT_EQ(reason(question("x.example", type)), DnsReason::nxdomain);
  }
  EXPECT_EQ(reason(question("sub.x.example")), std::nullopt);
}

TEST_F(DnsCacheTest, NodataAnswersItsTypeOnly) {
  cache_.store(question("x.example", DnsType::mx), absent(DnsReason::nodata, 60s), now_);
  EXPECT_EQ(reason(question("x.example", DnsType::mx)), DnsReason::nodata);
  EXPECT_EQ(reason(question("x.example", DnsType::a)), std::nullopt);
}

TEST_F(DnsCacheTest, LaterAnswerEndsNxdomain) {
  cache_.store(question("x.example", DnsType::mx), absent(DnsReason::nxdomain, 60s), now_);
  cache_.store(x_, found(60s), now_);
  EXPECT_EQ(reason(x_), DnsReason::answer);
  EXPECT_EQ(reason(question("x.example", DnsType::mx)), std::nullopt);
}

TEST_F(DnsCacheTest, NxdomainEndsEarlierAnswers) {
  cache_.store(x_, found(60s), now_);
  cache_.store(question("x.example", DnsType::mx), absent(DnsReason::nxdomain, 60s), now_);
  EXPECT_EQ(reason(x_), DnsReason::nxdomain);
}

TEST_F(DnsCacheTest, FailuresBackOff) {
  for (const seconds kept : {5s, 10s, 20s, 40s, 80s, 160s, 300s, 300s}) expect_failure_kept(kept);
}

TEST_F(DnsCacheTest, StreakIsRememberedForAWhile) {
  expect_failure_kept(5s);
  now_ += 299s;
  expect_failure_kept(10s);
  now_ += 300s;
  expect_failure_kept(5s);
}

TEST_F(DnsCacheTest, AnswerEndsTheStreak) {
  expect_failure_kept(5s);
  cache_.store(x_, found(0s), now_);
  expect_failure_kept(5s);
}

TEST_F(DnsCacheTest, FailureOfOneTypeIsNotThatOfAnother) {
  expect_failure_kept(5s);
  cache_.store(question("x.example", DnsType::mx), failed(), now_);
  EXPECT_EQ(time_kept(question("x.example", DnsType::mx)), 5s);
}

TEST_F(DnsCacheTest, FailureNeverReplacesAnAnswer) {
  cache_.store(x_, found(60s), now_);
  cache_.store(question("y.example"), absent(DnsReason::nxdomain, 60s), now_);
  cache_.store(x_, failed(), now_ + 1s);
  cache_.store(question("y.example", DnsType::mx), failed(), now_ + 1s);
  EXPECT_EQ(reason(x_), DnsReason::answer);
  EXPECT_EQ(reason(question("y.example", DnsType::mx)), DnsReason::nxdomain);
  now_ += 60s;
  expect_failure_kept(5s);
}

TEST_F(DnsCacheTest, ForgetsANameWithAllTypes) {
  cache_.store(x_, found(60s), now_);
  cache_.store(question("x.example", DnsType::mx), absent(DnsReason::nodata, 60s), now_);
  cache_.store(question("y.example"), found(60s), now_);
  EXPECT_EQ(cache_.forget(x_.name), 2U);
  EXPECT_EQ(cache_.forget(x_.name), 0U);
  EXPECT_EQ(reason(x_), std::nullopt);
  EXPECT_EQ(reason(question("y.example")), DnsReason::answer);
  EXPECT_EQ(cache_.statistics().entries, 1U);
}

TEST_F(DnsCacheTest, ShowsWhatIsKeptForAName) {
  const auto answer = found(300s);
  cache_.store(x_, answer, now_);
  cache_.store(question("x.example", DnsType::mx), absent(DnsReason::nodata, 60s), now_);
  cache_.store(question("x.example", DnsType::aaaa), failed(), now_);
  cache_.store(question("y.example"), found(300s), now_);
  auto kept = cache_.kept(x_.name, now_ + 4s);
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_EQ(kept[0].first, DnsType::a);
  EXPECT_EQ(kept[0].second.answer, answer);
  EXPECT_EQ(kept[0].second.age, 4s);
  EXPECT_EQ(kept[0].second.source, DnsFact::Source::cache);
  EXPECT_EQ(kept[1].first, DnsType::mx);
  EXPECT_EQ(kept[1].second.answer->reason, DnsReason::nodata);
  EXPECT_EQ(kept[2].second.answer->reason, DnsReason::servfail);

  kept = cache_.kept(x_.name, now_ + 60s);
  ASSERT_EQ(kept.size(), 1U) << "no longer than they may be kept";
  EXPECT_EQ(kept[0].first, DnsType::a);
  EXPECT_TRUE(cache_.kept(question("z.example").name, now_).empty());
  EXPECT_EQ(cache_.statistics().hits + cache_.statistics().misses, 0U);
}

TEST_F(DnsCacheTest, FailuresAreForgottenAndAnswersAreNot) {
  const auto y = question("y.example");
  const auto z = question("z.example");
  cache_.store(x_, failed(), now_);
  cache_.store(question("x.example", DnsType::mx), found(60s), now_);
  cache_.store(y, absent(DnsReason::nxdomain, 60s), now_);
  cache_.store(z, absent(DnsReason::nodata, 60s), now_);
  now_ += 1s;
  cache_.forget_failures(now_);
  EXPECT_EQ(reason(x_), std::nullopt);
  EXPECT_EQ(cache_.kept(x_.name, now_).size(), 1U);
  EXPECT_EQ(reason(question("x.example", DnsType::mx)), DnsReason::answer);
  EXPECT_EQ(reason(y), DnsReason::nxdomain);
  EXPECT_EQ(reason(z), DnsReason::nodata);
}

TEST_F(DnsCacheTest, AfterForgottenFailuresTheNextOneIsTheFirst) {
  for (int i = 0; i < 3; ++i) expect_failure_kept(5s * (1 << i));
  cache_.store(x_, failed(), now_);
  cache_.forget_failures(now_);
  EXPECT_EQ(reason(x_), std::nullopt) << "of the same moment, too";
  now_ += 1s;
  expect_failure_kept(5s);
  expect_failure_kept(10s);
}

TEST_F(DnsCacheTest, ForgettingEarlierFailuresSparesLaterOnes) {
  cache_.store(x_, failed(), now_);
  cache_.store(question("y.example"), failed(), now_ + 2s);
  cache_.forget_failures(now_ + 1s);
  cache_.forget_failures(now_ - 1s);  // that of another thread, a moment late
  now_ += 2s;
  EXPECT_EQ(reason(x_), std::nullopt);
  EXPECT_EQ(reason(question("y.example")), DnsReason::servfail);
}

// The first of a name's answers lies elsewhere than the others.
TEST_F(DnsCacheTest, EachTypeEndsByItself) {
  const std::vector<DnsType> types = {DnsType::a, DnsType::aaaa, DnsType::mx, DnsType::ptr};
  for (std::size_t ends = 0; ends < types.size(); ++ends) {
    for (const DnsType type : types) {
      cache_.store(question("x.example", type), found(type == types[ends] ? 10s : 60s), now_);
    }
    now_ += 10s;
    // Whatever is stored next takes away what is over.
    cache_.store(question("x.example", DnsType::ns), found(60s), now_);
    for (const DnsType type : types) {
      EXPECT_EQ(reason(question("x.example", type)).has_value(), type != types[ends]);
    }
    EXPECT_EQ(cache_.forget(x_.name), types.size());
  }
}

TEST_F(DnsCacheTest, ANewAnswerReplacesThatOfItsType) {
  const auto mx = question("x.example", DnsType::mx);
  cache_.store(x_, found(60s), now_);
  cache_.store(mx, found(60s), now_);
  for (const DnsQuestion& asked : {x_, mx}) {
    const auto newer = found(60s);
    cache_.store(asked, newer, now_);
    EXPECT_EQ(cache_.find(asked, now_)->answer, newer);
  }
  EXPECT_EQ(cache_.forget(x_.name), 2U);
}

TEST_F(DnsCacheTest, ARepeatedFailureLeavesOtherTypesAlone) {
  cache_.store(x_, failed(), now_);
  cache_.store(question("x.example", DnsType::mx), found(60s), now_);
  cache_.store(question("x.example", DnsType::aaaa), failed(), now_);
  now_ += 5s;
  expect_failure_kept(10s);
  EXPECT_EQ(reason(question("x.example", DnsType::mx)), DnsReason::answer);
  EXPECT_EQ(cache_.forget(x_.name), 3U);
}

TEST_F(DnsCacheTest, AFactOutlivesWhatIsForgotten) {
  cache_.store(x_, found(60s), now_);
  const auto fact = cache_.find(x_, now_);
  cache_.forget(x_.name);
  ASSERT_TRUE(fact);
  EXPECT_EQ(fact->answer->reason, DnsReason::answer);
}

TEST_F(DnsCacheTest, ShowsAnNxdomainOnce) {
  cache_.store(question("x.example", DnsType::mx), absent(DnsReason::nxdomain, 60s), now_);
  const auto kept = cache_.kept(x_.name, now_);
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].first, DnsType::mx);
  EXPECT_EQ(kept[0].second.answer->reason, DnsReason::nxdomain);
}

TEST_F(DnsCacheTest, NewTimesHoldForWhatIsStoredFromThenOn) {
  cache_.store(x_, found(300s), now_);
  settings_.max_ttl = 100s;
  settings_.failure_ttl = 7s;
  cache_.reconfigure(settings_);
  EXPECT_EQ(time_kept(x_), 300s);
  cache_.store(question("y.example"), found(300s), now_);
  EXPECT_EQ(time_kept(question("y.example")), 100s);
  cache_.store(question("z.example"), failed(), now_);
  EXPECT_EQ(time_kept(question("z.example")), 7s);
}

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
  const std::shared_ptr<const DnsAnswer> answer_ = found(300s);
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
  DnsAnswer answer = *found(300s);
  answer.records = {};
  answer.records.add_mx(10, "mx.bench.example");
  answer.server = "127.0.0.1:53";
  const auto kept = std::make_shared<const DnsAnswer>(answer);
  DnsCache cache{DnsCacheSettings()};
  const DnsCache::TimePoint now{1h};
  constexpr std::size_t kNames = 1000;
  for (std::size_t name = 0; name < kNames; ++name) {
    const std::string text = "sender" + std::to_string(10'000'000 + name) + ".in.example";
    ASSERT_EQ(text.size(), 25U);
    cache.store(question(text, DnsType::mx), kept, now);
  }
  EXPECT_LE(cache.statistics().bytes, 200 * kNames);
  EXPECT_GT(cache.statistics().bytes, 150 * kNames) << "what malloc gives, and no less";
}

TEST(DnsCacheBound, WhatGoesIsNoLongerCounted) {
  DnsCache cache{DnsCacheSettings()};
  const DnsCache::TimePoint now{1h};
  const DnsQuestion a = question("x.example");
  cache.store(a, found(300s), now);
  const std::size_t one = cache.statistics().bytes;
  cache.store(question("x.example", DnsType::aaaa), failed(), now);
  cache.store(question("x.example", DnsType::mx), absent(DnsReason::nodata, 60s), now);
  EXPECT_GT(cache.statistics().bytes, one);
  cache.store(a, absent(DnsReason::nxdomain, 60s), now);
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
  std::vector<DnsQuestion> hot;
  for (int name = 0; name < 200; ++name) {
    hot.push_back(question("hot" + std::to_string(name) + ".example"));
    cache.store(hot.back(), answer, now);
  }
  for (int name = 0; name < 50'000; ++name) {
    cache.store(question("cold" + std::to_string(name) + ".example"), answer, now);
    // Each once in 400 new names, while the cache holds some thousand.
    if (name % 2 == 0) (void)cache.find(hot[static_cast<std::size_t>(name / 2 % 200)], now);
  }
  const auto kept = std::count_if(hot.begin(), hot.end(), [&](const DnsQuestion& asked) {
    return cache.find(asked, now).has_value();
  });
  EXPECT_EQ(kept, 200);
  EXPECT_GT(cache.statistics().evictions, 40'000U);
}

TEST(DnsCacheBound, AnAnswerTooBigIsNotKept) {
  DnsCacheSettings settings;
  settings.max_bytes = std::size_t{64} << 10;
  DnsCache cache(settings);
  DnsAnswer big = *found(300s);
  for (int i = 0; i < 100; ++i) big.records.add_name(std::string(200, 'x'));
  const DnsCache::TimePoint now{1h};
  cache.store(question("x.example"), std::make_shared<const DnsAnswer>(big), now);
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
}  // namespace postern
