#include "common/resolver/dns_cache.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/common/resolver/dns_answers.h"

namespace postern::resolver::dns_cache_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

class DnsCacheTest : public testing::Test {
 protected:
  // Nothing when it is not there, else why.
  std::optional<dns::DnsReason> reason(const dns::DnsQuestion& asked) {
    const auto fact = cache_.find(asked, now_);
    if (!fact) return std::nullopt;
    return fact->answer->reason;
  }

  // For how long the cache has the answer from now on, to the second.
  seconds time_kept(const dns::DnsQuestion& asked) {
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
  const dns::DnsQuestion x_ = question("x.example");
};

TEST_F(DnsCacheTest, FindsWhatIsStored) {
  const auto answer = found(300s);
  cache_.store(x_, answer, now_);
  const auto fact = cache_.find(x_, now_ + 2900ms);
  ASSERT_TRUE(fact);
  EXPECT_EQ(fact->answer, answer);
  EXPECT_EQ(fact->age, 2s);
  EXPECT_EQ(fact->source, dns::DnsFact::Source::cache);
  EXPECT_FALSE(cache_.find(question("y.example"), now_));
  EXPECT_FALSE(cache_.find(question("x.example", dns::DnsType::mx), now_));
  EXPECT_EQ(cache_.statistics().hits, 1U);
  EXPECT_EQ(cache_.statistics().misses, 2U);
}

// Of a clock that is behind.
TEST_F(DnsCacheTest, AnAnswerIsNewForWhoLooksFromJustBeforeItWasStored) {
  cache_.store(x_, found(300s), now_);
  const auto fact = cache_.find(x_, now_ - 4ms);
  ASSERT_TRUE(fact);
  EXPECT_EQ(fact->age, 0s);
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
  std::shared_ptr<const dns::DnsAnswer> answer;
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
                    ClampCase{"NegativeBetween", absent(dns::DnsReason::nodata, 20s), 20s},
                    ClampCase{"NegativeTooLow", absent(dns::DnsReason::nodata, 1s), 10s},
                    ClampCase{"NegativeTooHigh", absent(dns::DnsReason::nxdomain, 60s), 50s}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(DnsCacheTest, ADenialAnswersItsTypeOnly) {
  for (const dns::DnsReason denial : {dns::DnsReason::nodata, dns::DnsReason::nxdomain}) {
    cache_.store(question("x.example", dns::DnsType::mx), absent(denial, 60s), now_);
    EXPECT_EQ(reason(question("x.example", dns::DnsType::mx)), denial);
    for (const dns::DnsType type : {dns::DnsType::a, dns::DnsType::aaaa, dns::DnsType::ptr}) {
      EXPECT_EQ(reason(question("x.example", type)), std::nullopt);
    }
    EXPECT_EQ(reason(question("sub.x.example")), std::nullopt);
  }
}

// Whichever of two answers comes first.
TEST_F(DnsCacheTest, NxdomainOfOneTypeAndAnAnswerOfAnotherStandSideBySide) {
  const auto mx = question("x.example", dns::DnsType::mx);
  const auto aaaa = question("x.example", dns::DnsType::aaaa);
  cache_.store(mx, absent(dns::DnsReason::nxdomain, 60s), now_);
  cache_.store(x_, found(60s), now_);
  cache_.store(aaaa, absent(dns::DnsReason::nxdomain, 60s), now_);
  EXPECT_EQ(reason(x_), dns::DnsReason::answer);
  EXPECT_EQ(reason(mx), dns::DnsReason::nxdomain);
  EXPECT_EQ(reason(aaaa), dns::DnsReason::nxdomain);
}

TEST_F(DnsCacheTest, AnAnswerAndNxdomainOfOneTypeReplaceEachOther) {
  cache_.store(x_, found(60s), now_);
  cache_.store(x_, absent(dns::DnsReason::nxdomain, 60s), now_);
  EXPECT_EQ(reason(x_), dns::DnsReason::nxdomain);
  cache_.store(x_, found(60s), now_);
  EXPECT_EQ(reason(x_), dns::DnsReason::answer);
  EXPECT_EQ(cache_.forget(x_.name), 1U);
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
  cache_.store(question("x.example", dns::DnsType::mx), failed(), now_);
  EXPECT_EQ(time_kept(question("x.example", dns::DnsType::mx)), 5s);
}

TEST_F(DnsCacheTest, FailureNeverReplacesAnAnswer) {
  cache_.store(x_, found(60s), now_);
  cache_.store(question("y.example"), absent(dns::DnsReason::nxdomain, 60s), now_);
  cache_.store(x_, failed(), now_ + 1s);
  cache_.store(question("y.example"), failed(), now_ + 1s);
  EXPECT_EQ(reason(x_), dns::DnsReason::answer);
  EXPECT_EQ(reason(question("y.example")), dns::DnsReason::nxdomain);
  now_ += 60s;
  expect_failure_kept(5s);
}

TEST_F(DnsCacheTest, ForgetsANameWithAllTypes) {
  cache_.store(x_, found(60s), now_);
  cache_.store(question("x.example", dns::DnsType::mx), absent(dns::DnsReason::nodata, 60s), now_);
  cache_.store(question("y.example"), found(60s), now_);
  EXPECT_EQ(cache_.forget(x_.name), 2U);
  EXPECT_EQ(cache_.forget(x_.name), 0U);
  EXPECT_EQ(reason(x_), std::nullopt);
  EXPECT_EQ(reason(question("y.example")), dns::DnsReason::answer);
  EXPECT_EQ(cache_.statistics().entries, 1U);
}

TEST_F(DnsCacheTest, ShowsWhatIsKeptForAName) {
  const auto answer = found(300s);
  cache_.store(x_, answer, now_);
  cache_.store(question("x.example", dns::DnsType::mx), absent(dns::DnsReason::nodata, 60s), now_);
  cache_.store(question("x.example", dns::DnsType::aaaa), failed(), now_);
  cache_.store(question("y.example"), found(300s), now_);
  auto kept = cache_.kept(x_.name, now_ + 4s);
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_EQ(kept[0].type, dns::DnsType::a);
  EXPECT_EQ(kept[0].fact.answer, answer);
  EXPECT_EQ(kept[0].fact.age, 4s);
  EXPECT_EQ(kept[0].fact.source, dns::DnsFact::Source::cache);
  EXPECT_EQ(kept[1].type, dns::DnsType::mx);
  EXPECT_EQ(kept[1].fact.answer->reason, dns::DnsReason::nodata);
  EXPECT_EQ(kept[2].fact.answer->reason, dns::DnsReason::servfail);

  kept = cache_.kept(x_.name, now_ + 60s);
  ASSERT_EQ(kept.size(), 1U) << "no longer than they may be kept";
  EXPECT_EQ(kept[0].type, dns::DnsType::a);
  EXPECT_TRUE(cache_.kept(question("z.example").name, now_).empty());
  EXPECT_EQ(cache_.statistics().hits + cache_.statistics().misses, 0U);
}

TEST_F(DnsCacheTest, FailuresAreForgottenAndAnswersAreNot) {
  const auto y = question("y.example");
  const auto z = question("z.example");
  cache_.store(x_, failed(), now_);
  cache_.store(question("x.example", dns::DnsType::mx), found(60s), now_);
  cache_.store(y, absent(dns::DnsReason::nxdomain, 60s), now_);
  cache_.store(z, absent(dns::DnsReason::nodata, 60s), now_);
  now_ += 1s;
  cache_.forget_failures(now_);
  EXPECT_EQ(reason(x_), std::nullopt);
  EXPECT_EQ(cache_.kept(x_.name, now_).size(), 1U);
  EXPECT_EQ(reason(question("x.example", dns::DnsType::mx)), dns::DnsReason::answer);
  EXPECT_EQ(reason(y), dns::DnsReason::nxdomain);
  EXPECT_EQ(reason(z), dns::DnsReason::nodata);
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
  EXPECT_EQ(reason(question("y.example")), dns::DnsReason::servfail);
}

// The first of a name's answers lies elsewhere than the others.
TEST_F(DnsCacheTest, EachTypeEndsByItself) {
  const std::vector<dns::DnsType> types = {dns::DnsType::a, dns::DnsType::aaaa, dns::DnsType::mx,
                                           dns::DnsType::ptr};
  for (std::size_t ends = 0; ends < types.size(); ++ends) {
    for (const dns::DnsType type : types) {
      cache_.store(question("x.example", type), found(type == types[ends] ? 10s : 60s), now_);
    }
    now_ += 10s;
    // Whatever is stored next takes away what is over.
    cache_.store(question("x.example", dns::DnsType::ns), found(60s), now_);
    for (const dns::DnsType type : types) {
      EXPECT_EQ(reason(question("x.example", type)).has_value(), type != types[ends]);
    }
    EXPECT_EQ(cache_.forget(x_.name), types.size());
  }
}

TEST_F(DnsCacheTest, ANewAnswerReplacesThatOfItsType) {
  const auto mx = question("x.example", dns::DnsType::mx);
  cache_.store(x_, found(60s), now_);
  cache_.store(mx, found(60s), now_);
  for (const dns::DnsQuestion& asked : {x_, mx}) {
    const auto newer = found(60s);
    cache_.store(asked, newer, now_);
    EXPECT_EQ(cache_.find(asked, now_)->answer, newer);
  }
  EXPECT_EQ(cache_.forget(x_.name), 2U);
}

TEST_F(DnsCacheTest, ARepeatedFailureLeavesOtherTypesAlone) {
  cache_.store(x_, failed(), now_);
  cache_.store(question("x.example", dns::DnsType::mx), found(60s), now_);
  cache_.store(question("x.example", dns::DnsType::aaaa), failed(), now_);
  now_ += 5s;
  expect_failure_kept(10s);
  EXPECT_EQ(reason(question("x.example", dns::DnsType::mx)), dns::DnsReason::answer);
  EXPECT_EQ(cache_.forget(x_.name), 3U);
}

TEST_F(DnsCacheTest, AFactOutlivesWhatIsForgotten) {
  cache_.store(x_, found(60s), now_);
  const auto fact = cache_.find(x_, now_);
  cache_.forget(x_.name);
  ASSERT_TRUE(fact);
  EXPECT_EQ(fact->answer->reason, dns::DnsReason::answer);
}

TEST_F(DnsCacheTest, ShowsAnNxdomainByItsType) {
  cache_.store(question("x.example", dns::DnsType::mx), absent(dns::DnsReason::nxdomain, 60s),
               now_);
  const auto kept = cache_.kept(x_.name, now_);
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].type, dns::DnsType::mx);
  EXPECT_EQ(kept[0].fact.answer->reason, dns::DnsReason::nxdomain);
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

}  // namespace
}  // namespace postern::resolver::dns_cache_test
