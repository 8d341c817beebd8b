// Several servers: who is asked next, whose answer counts, and who is asked last.
#include <gtest/gtest.h>

#include <thread>

#include "common/resolver/resolver.h"
#include "tests/support/stopwatch.h"
#include "tests/unit/common/resolver/resolver_fixture.h"

namespace postern::resolver::resolver_failover_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

TEST(ResolverFailover, AsksTheSecondGroup) {
  for (const char* fault : {"servfail", "refused", "formerr", "notimp", "timeout", "cut",
                            "referral", "garbage", "tcp_reset"}) {
    ResolverFixture fixture({{zone("zone: { x.example: { fault: " + std::string(fault) + " } }")},
                             {zone("zone: { x.example: { A: [198.51.100.7] } }")}},
                            ResolverFixture::patient(1s));
    const dns::DnsAnswer answer = fixture.ask("x.example", dns::DnsType::a);
    EXPECT_EQ(answer.reason, dns::DnsReason::answer) << fault;
    EXPECT_EQ(answer.server, fixture.address(1)) << fault;
  }
}

TEST(ResolverFailover, AbsentIsFinal) {
  ResolverFixture fixture(
      {{zone("zone: {}")}, {zone("zone: { x.example: { A: [198.51.100.7] } }")}});
  EXPECT_EQ(fixture.ask("x.example", dns::DnsType::a).reason, dns::DnsReason::nxdomain);
  EXPECT_TRUE(fixture.servers[1]->queries().empty());
}

TEST(ResolverFailover, TheMostTellingFailureIsTheAnswer) {
  const auto silent = zone("zone: { x.example: { fault: timeout } }");
  const auto failing = zone("zone: { x.example: { fault: servfail } }");
  const auto refusing = zone("zone: { x.example: { fault: refused } }");
  ResolverFixture fixture({{silent}, {failing}, {refusing}}, ResolverFixture::patient(1s));
  const dns::DnsAnswer answer = fixture.ask("x.example", dns::DnsType::a);
  EXPECT_EQ(answer.reason, dns::DnsReason::servfail);
  EXPECT_EQ(answer.server, fixture.address(1));
}

TEST(ResolverFailover, EveryServerIsAskedInEveryPass) {
  const auto failing = zone("zone: { x.example: { fault: servfail } }");
  ResolverFixture fixture({{failing, failing}, {failing}});
  fixture.ask("x.example", dns::DnsType::a);
  for (const auto& server : fixture.servers)
    EXPECT_EQ(server->count("x.example", dns::DnsType::a), 2);
}

// It comes in the middle of the second attempt.
TEST(ResolverFailover, LateAnswerOfAnEarlierAttemptCounts) {
  DnsSettings settings = ResolverFixture::quick();
  settings.attempt_timeout = 2s;
  settings.query_timeout = 60s;
  ResolverFixture fixture({{zone("zone: { x.example: { A: [198.51.100.7], delay: 3s } }")},
                           {zone("zone: { x.example: { fault: timeout } }")}},
                          settings);
  const dns::DnsAnswer answer = fixture.ask("x.example", dns::DnsType::a);
  EXPECT_EQ(answer.reason, dns::DnsReason::answer);
  EXPECT_EQ(answer.server, fixture.address(0));
  EXPECT_EQ(fixture.servers[0]->count("x.example", dns::DnsType::a), 1);
}

TEST(ResolverFailover, QueryTimeoutBoundsItAll) {
  DnsSettings settings = ResolverFixture::quick();
  settings.attempt_timeout = 10s;
  settings.query_timeout = 200ms;
  ResolverFixture fixture(zone("zone: { x.example: { fault: timeout } }"), settings);
  const Stopwatch watch;
  EXPECT_EQ(fixture.ask("x.example", dns::DnsType::a).reason, dns::DnsReason::timeout);
  EXPECT_GE(watch.took(), 200ms);
  EXPECT_LT(watch.own(), 5s);
}

TEST(ResolverFailover, UnreachableIsNoticedAtOnce) {
  DnsSettings settings = ResolverFixture::quick();
  settings.attempt_timeout = 10s;
  settings.query_timeout = 10s;
  ResolverFixture fixture(
      {{zone("zone: {}")}, {zone("zone: { x.example: { A: [198.51.100.7] } }")}}, settings);
  fixture.on_thread([&fixture] { fixture.servers[0]->stop(); });
  const Stopwatch watch;
  EXPECT_EQ(fixture.ask("x.example", dns::DnsType::a).reason, dns::DnsReason::answer);
  EXPECT_LT(watch.own(), 5s);
}

TEST(ResolverHealth, DeadServerGoesDownAndIsProbedBack) {
  const std::string good = "zone: { x.example: { A: [198.51.100.7], ttl: 0 } }";
  const std::string dead = "zone: { x.example: { fault: timeout } }";
  DnsSettings settings = ResolverFixture::quick();
  settings.down_after_failures = 2;
  ResolverFixture fixture({{zone(dead)}, {zone(good)}}, settings);
  fixture.ask("x.example", dns::DnsType::a);
  EXPECT_FALSE(fixture.health()[0].down);
  fixture.ask("x.example", dns::DnsType::a);
  ASSERT_TRUE(fixture.health()[0].down);
  EXPECT_EQ(fixture.health()[0].failures_in_a_row, 2);

  // Nobody waits for it now.
  const int asked = fixture.servers[0]->count("x.example", dns::DnsType::a);
  EXPECT_EQ(fixture.ask("x.example", dns::DnsType::a).server, fixture.address(1));
  EXPECT_EQ(fixture.servers[0]->count("x.example", dns::DnsType::a), asked);

  fixture.servers[0]->replace(zone(good));
  const auto until = steady_clock::now() + 15s;
  while (fixture.health()[0].down && steady_clock::now() < until) {
    EXPECT_EQ(fixture.ask("x.example", dns::DnsType::a).reason, dns::DnsReason::answer);
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_FALSE(fixture.health()[0].down);
  EXPECT_EQ(fixture.ask("x.example", dns::DnsType::a).server, fixture.address(0));
}

TEST(ResolverHealth, ServfailIsNoReasonToGoDown) {
  DnsSettings settings = ResolverFixture::quick();
  settings.down_after_failures = 1;
  ResolverFixture fixture(zone("zone: { servfail.example: { fault: servfail } }"), settings);
  fixture.ask("servfail.example", dns::DnsType::a);
  EXPECT_FALSE(fixture.health()[0].down);
  EXPECT_EQ(fixture.health()[0].server, fixture.address(0));
  EXPECT_EQ(fixture.health()[0].asked, 2U);
  EXPECT_EQ(fixture.health()[0].answered, 2U);
}

}  // namespace
}  // namespace postern::resolver::resolver_failover_test
