#include "common/resolver/upstreams.h"

#include <gtest/gtest.h>

namespace postern::resolver::upstreams_test {
namespace {

using namespace std::chrono_literals;
using Order = std::vector<std::size_t>;

constexpr int kDownAfter = 3;
constexpr auto kProbeInterval = 5s;

class UpstreamsTest : public testing::Test {
 protected:
  static dns::DnsServer server(std::uint16_t port) {
    return {IpAddress::from_v4(0x7f000001), port};
  }

  void be_silent(std::size_t index, int times) {
    for (int time = 0; time < times; ++time) upstreams_.silent(index, now_, now_);
  }

  Upstreams::TimePoint now_ = Upstreams::TimePoint{} + 1h;
  static DnsSettings settings(const std::vector<dns::DnsServerGroup>& groups) {
    DnsSettings settings;
    settings.upstreams = groups;
    settings.down_after_failures = kDownAfter;
    settings.down_probe_interval = kProbeInterval;
    return settings;
  }

  // Group one: 0, 1, 2. Group two: 3.
  const DnsSettings settings_ = settings({{server(1), server(2), server(3)}, {server(4)}});
  Upstreams upstreams_{settings_, nullptr};
};

TEST_F(UpstreamsTest, GroupsInOrderAndRoundWithinThem) {
  EXPECT_EQ(upstreams_.plan(now_).order, (Order{0, 1, 2, 3}));
  EXPECT_EQ(upstreams_.plan(now_).order, (Order{1, 2, 0, 3}));
  EXPECT_EQ(upstreams_.plan(now_).order, (Order{2, 0, 1, 3}));
  EXPECT_EQ(upstreams_.plan(now_).order, (Order{0, 1, 2, 3}));
}

TEST_F(UpstreamsTest, DownAfterFailuresInARow) {
  be_silent(0, kDownAfter - 1);
  EXPECT_FALSE(upstreams_.health()[0].down);
  be_silent(0, 1);
  EXPECT_TRUE(upstreams_.health()[0].down);
  EXPECT_EQ(upstreams_.plan(now_).order, (Order{1, 2, 3, 0}));
}

TEST_F(UpstreamsTest, AnswerInBetweenStartsTheCountAnew) {
  be_silent(0, kDownAfter - 1);
  upstreams_.answered(0, now_);
  now_ += 1s;
  be_silent(0, kDownAfter - 1);
  EXPECT_FALSE(upstreams_.health()[0].down);
  EXPECT_EQ(upstreams_.health()[0].failures_in_a_row, kDownAfter - 1);
}

TEST_F(UpstreamsTest, SlowNameIsNoDeadServer) {
  const auto sent_at = now_;
  upstreams_.answered(0, now_ + 1s);
  for (int time = 0; time < 10; ++time) upstreams_.silent(0, sent_at, now_ + 2s);
  EXPECT_EQ(upstreams_.health()[0].failures_in_a_row, 0);
}

TEST_F(UpstreamsTest, ProbeOnceInAnInterval) {
  be_silent(1, kDownAfter);
  EXPECT_EQ(upstreams_.plan(now_).probe, std::nullopt);
  now_ += kProbeInterval - 1ms;
  EXPECT_EQ(upstreams_.plan(now_).probe, std::nullopt);
  now_ += 1ms;
  EXPECT_EQ(upstreams_.plan(now_).probe, 1U);
  EXPECT_EQ(upstreams_.plan(now_).probe, std::nullopt);
  now_ += kProbeInterval;
  EXPECT_EQ(upstreams_.plan(now_).probe, 1U);
}

TEST_F(UpstreamsTest, AnAnswerBringsItUpAgain) {
  be_silent(0, kDownAfter);
  upstreams_.answered(0, now_);
  EXPECT_FALSE(upstreams_.health()[0].down);
  EXPECT_EQ(upstreams_.plan(now_ + kProbeInterval).probe, std::nullopt);
}

TEST_F(UpstreamsTest, AllDownAreAskedAsEver) {
  for (std::size_t index = 0; index < 4; ++index) be_silent(index, kDownAfter);
  now_ += kProbeInterval;
  const UpstreamPlan plan = upstreams_.plan(now_);
  EXPECT_EQ(plan.order, (Order{0, 1, 2, 3}));
  EXPECT_EQ(plan.probe, std::nullopt);
}

// In another place, among others.
TEST_F(UpstreamsTest, WhatIsKnownOfAServerThatStaysIsKept) {
  be_silent(1, kDownAfter);
  upstreams_.asked(3);
  Upstreams next(settings({{server(4), server(5)}, {server(2)}}), &upstreams_);
  EXPECT_EQ(next.health()[0].asked, 1U);
  EXPECT_EQ(next.health()[1].asked, 0U) << "a new one";
  EXPECT_TRUE(next.health()[2].down);
  EXPECT_EQ(next.plan(now_ + kProbeInterval).probe, 2U);

  // Whoever began by the old plan notes it for both.
  upstreams_.answered(1, now_);
  EXPECT_FALSE(next.health()[2].down);
  EXPECT_EQ(next.health()[2].answered, 1U);
}

TEST_F(UpstreamsTest, ANewProbeIntervalHoldsForWhatIsDownAlready) {
  be_silent(1, kDownAfter);
  DnsSettings sooner = settings_;
  sooner.down_probe_interval = 1s;
  Upstreams next(sooner, &upstreams_);
  EXPECT_EQ(next.plan(now_ + 1s - 1ms).probe, std::nullopt);
  EXPECT_EQ(next.plan(now_ + 1s).probe, 1U);
}

TEST_F(UpstreamsTest, HealthCounts) {
  upstreams_.asked(3);
  upstreams_.asked(3);
  upstreams_.answered(3, now_);
  const auto health = upstreams_.health();
  ASSERT_EQ(health.size(), 4U);
  EXPECT_EQ(health[3].server, "127.0.0.1:4");
  EXPECT_EQ(health[3].asked, 2U);
  EXPECT_EQ(health[3].answered, 1U);
}

}  // namespace
}  // namespace postern::resolver::upstreams_test
