// Several servers: who is asked next, whose answer counts, and who is asked last.
#include <gtest/gtest.h>

#include <thread>

#include "common/resolver/resolver.h"
#include "tests/support/stopwatch.h"
#include "tests/unit/common/resolver/dns_rig.h"

namespace postern::resolver::resolver_failover_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

TEST(ResolverFailover, AsksTheSecondGroup) {
  for (const char* fault : {"servfail", "refused", "formerr", "notimp", "timeout", "cut",
                            "referral", "garbage", "tcp_reset"}) {
    DnsRig rig({{zone("zone: { x.example: { fault: " + std::string(fault) + " } }")},
                {zone("zone: { x.example: { A: [198.51.100.7] } }")}});
    const dns::DnsAnswer answer = rig.ask("x.example", dns::DnsType::a);
    EXPECT_EQ(answer.reason, dns::DnsReason::answer) << fault;
    EXPECT_EQ(answer.server, rig.address(1)) << fault;
  }
}

TEST(ResolverFailover, AbsentIsFinal) {
  DnsRig rig({{zone("zone: {}")}, {zone("zone: { x.example: { A: [198.51.100.7] } }")}});
  EXPECT_EQ(rig.ask("x.example", dns::DnsType::a).reason, dns::DnsReason::nxdomain);
  EXPECT_TRUE(rig.servers[1]->queries().empty());
}

TEST(ResolverFailover, TheMostTellingFailureIsTheAnswer) {
  const auto silent = zone("zone: { x.example: { fault: timeout } }");
  const auto failing = zone("zone: { x.example: { fault: servfail } }");
  const auto refusing = zone("zone: { x.example: { fault: refused } }");
  DnsRig rig({{silent}, {failing}, {refusing}});
  const dns::DnsAnswer answer = rig.ask("x.example", dns::DnsType::a);
  EXPECT_EQ(answer.reason, dns::DnsReason::servfail);
  EXPECT_EQ(answer.server, rig.address(1));
}

TEST(ResolverFailover, EveryServerIsAskedInEveryPass) {
  const auto failing = zone("zone: { x.example: { fault: servfail } }");
  DnsRig rig({{failing, failing}, {failing}});
  rig.ask("x.example", dns::DnsType::a);
  for (const auto& server : rig.servers) EXPECT_EQ(server->count("x.example", dns::DnsType::a), 2);
}

// It comes in the middle of the second attempt.
TEST(ResolverFailover, LateAnswerOfAnEarlierAttemptCounts) {
  DnsSettings settings = DnsRig::quick();
  settings.attempt_timeout = 600ms;
  settings.query_timeout = 20s;
  DnsRig rig({{zone("zone: { x.example: { A: [198.51.100.7], delay: 900ms } }")},
              {zone("zone: { x.example: { fault: timeout } }")}},
             settings);
  const dns::DnsAnswer answer = rig.ask("x.example", dns::DnsType::a);
  EXPECT_EQ(answer.reason, dns::DnsReason::answer);
  EXPECT_EQ(answer.server, rig.address(0));
  EXPECT_EQ(rig.servers[0]->count("x.example", dns::DnsType::a), 1);
}

TEST(ResolverFailover, QueryTimeoutBoundsItAll) {
  DnsSettings settings = DnsRig::quick();
  settings.attempt_timeout = 10s;
  settings.query_timeout = 200ms;
  DnsRig rig(zone("zone: { x.example: { fault: timeout } }"), settings);
  const Stopwatch watch;
  EXPECT_EQ(rig.ask("x.example", dns::DnsType::a).reason, dns::DnsReason::timeout);
  EXPECT_GE(watch.took(), 200ms);
  EXPECT_LT(watch.own(), 5s);
}

TEST(ResolverFailover, UnreachableIsNoticedAtOnce) {
  DnsSettings settings = DnsRig::quick();
  settings.attempt_timeout = 10s;
  settings.query_timeout = 10s;
  DnsRig rig({{zone("zone: {}")}, {zone("zone: { x.example: { A: [198.51.100.7] } }")}}, settings);
  rig.on_thread([&rig] { rig.servers[0]->stop(); });
  const Stopwatch watch;
  EXPECT_EQ(rig.ask("x.example", dns::DnsType::a).reason, dns::DnsReason::answer);
  EXPECT_LT(watch.own(), 5s);
}

TEST(ResolverHealth, DeadServerGoesDownAndIsProbedBack) {
  const std::string good = "zone: { x.example: { A: [198.51.100.7], ttl: 0 } }";
  const std::string dead = "zone: { x.example: { fault: timeout } }";
  DnsSettings settings = DnsRig::quick();
  settings.down_after_failures = 2;
  DnsRig rig({{zone(dead)}, {zone(good)}}, settings);
  rig.ask("x.example", dns::DnsType::a);
  EXPECT_FALSE(rig.health()[0].down);
  rig.ask("x.example", dns::DnsType::a);
  ASSERT_TRUE(rig.health()[0].down);
  EXPECT_EQ(rig.health()[0].failures_in_a_row, 2);

  // Nobody waits for it now.
  const int asked = rig.servers[0]->count("x.example", dns::DnsType::a);
  EXPECT_EQ(rig.ask("x.example", dns::DnsType::a).server, rig.address(1));
  EXPECT_EQ(rig.servers[0]->count("x.example", dns::DnsType::a), asked);

  rig.servers[0]->replace(zone(good));
  const auto until = steady_clock::now() + 15s;
  while (rig.health()[0].down && steady_clock::now() < until) {
    EXPECT_EQ(rig.ask("x.example", dns::DnsType::a).reason, dns::DnsReason::answer);
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_FALSE(rig.health()[0].down);
  EXPECT_EQ(rig.ask("x.example", dns::DnsType::a).server, rig.address(0));
}

TEST(ResolverHealth, ServfailIsNoReasonToGoDown) {
  DnsSettings settings = DnsRig::quick();
  settings.down_after_failures = 1;
  DnsRig rig(zone("zone: { servfail.example: { fault: servfail } }"), settings);
  rig.ask("servfail.example", dns::DnsType::a);
  EXPECT_FALSE(rig.health()[0].down);
  EXPECT_EQ(rig.health()[0].server, rig.address(0));
  EXPECT_EQ(rig.health()[0].asked, 2U);
  EXPECT_EQ(rig.health()[0].answered, 2U);
}

}  // namespace
}  // namespace postern::resolver::resolver_failover_test
