// Settings and servers that change while the resolver asks.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "common/resolver/resolver.h"
#include "tests/unit/common/resolver/dns_rig.h"

namespace postern::resolver::resolver_reconfigured_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

const char* const kZone = R"(
zone:
  good.example:    { MX: [20 b.example, 10 mail.good.example], ttl: 120 }
  nullmx.example:  { MX: [0 .] }
  slow.example:    { delay: 100ms, MX: [10 mail.good.example] }
  no-edns.example: { A: [198.51.100.1], fault: formerr_on_edns }
negative_ttl: 77
)";

// The first server says nothing: what waits for it goes on to do so, what comes asks the other.
TEST(ResolverReconfigured, WhatIsUnderWayEndsByTheOldServersAndTheRestAsksTheNewOnes) {
  DnsSettings settings = DnsRig::quick();
  settings.attempt_timeout = 1s;
  settings.passes = 1;
  DnsRig rig(
      {{zone("zone: { x.example: { fault: timeout } }")},
       {zone("zone: { x.example: { A: [198.51.100.2] }, y.example: { A: [198.51.100.3] } }")}},
      settings);
  rig.use({0});
  auto old = rig.start(question("x.example", dns::DnsType::a));
  rig.use({1});
  EXPECT_EQ(rig.ask("y.example", dns::DnsType::a).server, rig.address(1));
  EXPECT_EQ(DnsRig::wait(std::move(old)).answer->reason, dns::DnsReason::timeout);
  EXPECT_EQ(rig.servers[1]->count("x.example", dns::DnsType::a), 0);
}

TEST(ResolverReconfigured, AnAnswerOfAServerThatWentStillCounts) {
  DnsSettings settings = DnsRig::quick();
  settings.attempt_timeout = 5s;
  settings.query_timeout = 5s;
  DnsRig rig(
      {{zone("zone: { x.example: { A: [198.51.100.1], delay: 300ms } }")}, {zone("zone: {}")}},
      settings);
  rig.use({0});
  auto old = rig.start(question("x.example", dns::DnsType::a));
  rig.use({1});
  rig.use({0, 1});
  rig.use({1});
  auto same = rig.start(question("x.example", dns::DnsType::a));
  EXPECT_EQ(DnsRig::wait(std::move(old)).answer->server, rig.address(0));
  EXPECT_EQ(DnsRig::wait(std::move(same)).answer->server, rig.address(0)) << "one flight";
  EXPECT_EQ(rig.cache.statistics().entries, 1U);
}

TEST(ResolverReconfigured, KeepsTheHealthOfServersThatStay) {
  const std::string dead = "zone: { x.example: { fault: timeout }, localhost: { fault: timeout } }";
  DnsSettings settings = DnsRig::quick();
  settings.down_after_failures = 1;
  DnsRig rig({{zone(dead), zone(kZone), zone(kZone)}}, settings);
  rig.use({0});
  rig.ask("x.example", dns::DnsType::a);
  rig.use({1, 0});
  const auto health = rig.health();
  ASSERT_EQ(health.size(), 2U);
  EXPECT_EQ(health[0].server, rig.address(1));
  EXPECT_FALSE(health[0].down);
  EXPECT_EQ(health[1].server, rig.address(0));
  EXPECT_TRUE(health[1].down);
  EXPECT_EQ(health[1].asked, 3U) << "twice by the question, and whether it is alive";
}

TEST(ResolverReconfigured, NewLimitsHold) {
  DnsRig rig(zone(kZone));
  auto held = rig.start(question("slow.example", dns::DnsType::mx));
  rig.settings_now.max_in_flight = 1;
  rig.resolver->reconfigure(rig.settings_now);
  EXPECT_EQ(rig.ask("good.example", dns::DnsType::mx).reason, dns::DnsReason::overloaded);
  rig.settings_now.max_in_flight = 2;
  rig.resolver->reconfigure(rig.settings_now);
  EXPECT_EQ(rig.ask("good.example", dns::DnsType::mx).reason, dns::DnsReason::answer);
  EXPECT_EQ(DnsRig::wait(std::move(held)).answer->reason, dns::DnsReason::answer);
}

// What is known of a server beyond its health goes with the old plan, so there is none without
// need.
TEST(ResolverReconfigured, WithoutAChangeNothingIsMadeAnew) {
  DnsRig rig(zone(kZone));
  rig.ask("no-edns.example", dns::DnsType::a);
  rig.resolver->reconfigure(rig.settings_now);
  rig.ask("good.example", dns::DnsType::mx);
  EXPECT_FALSE(rig.servers[0]->queries().back().edns);
  rig.settings_now.passes = 1;
  rig.resolver->reconfigure(rig.settings_now);
  rig.ask("nullmx.example", dns::DnsType::mx);
  EXPECT_TRUE(rig.servers[0]->queries().back().edns);
}

// Otherwise it would take up to five minutes before mended upstreams help.
TEST(ResolverReconfigured, FailuresOfOtherServersAreForgottenAndAnswersAreNot) {
  DnsRig rig(
      {{zone("zone: { x.example: { fault: servfail }, y.example: { A: [198.51.100.1] } }")},
       {zone("zone: { x.example: { A: [198.51.100.2] }, y.example: { A: [198.51.100.3] } }")}});
  rig.use({0});
  EXPECT_EQ(rig.ask("x.example", dns::DnsType::a).reason, dns::DnsReason::servfail);
  EXPECT_EQ(rig.ask("y.example", dns::DnsType::a).server, rig.address(0));
  const auto x = question("x.example", dns::DnsType::a);
  EXPECT_TRUE(rig.cache.find(x, std::chrono::steady_clock::now()));
  rig.settings_now.passes = 1;
  rig.resolver->reconfigure(rig.settings_now);
  rig.on_thread([] {});
  EXPECT_TRUE(rig.cache.find(x, std::chrono::steady_clock::now())) << "the servers are the same";
  rig.use({1});
  EXPECT_EQ(rig.ask("x.example", dns::DnsType::a).server, rig.address(1));
  EXPECT_EQ(rig.ask("y.example", dns::DnsType::a).server, rig.address(0));
}

TEST(ResolverReconfigured, WhatFailsByEarlierServersIsNotKept) {
  DnsRig rig({{zone("zone: { x.example: { fault: servfail, delay: 300ms } }")},
              {zone("zone: { x.example: { A: [198.51.100.2] } }")}},
             [] {
               DnsSettings settings = DnsRig::quick();
               settings.attempt_timeout = 5s;
               settings.query_timeout = 5s;
               settings.passes = 1;
               return settings;
             }());
  rig.use({0});
  auto old = rig.start(question("x.example", dns::DnsType::a));
  rig.use({1});
  EXPECT_EQ(DnsRig::wait(std::move(old)).answer->reason, dns::DnsReason::servfail);
  EXPECT_EQ(rig.ask("x.example", dns::DnsType::a).server, rig.address(1));
}

TEST(ResolverReconfigured, AfterItsEndItStaysSo) {
  DnsRig rig(zone(kZone));
  rig.resolver->stop();
  rig.settings_now.passes = 3;
  rig.resolver->reconfigure(rig.settings_now);
  EXPECT_EQ(rig.ask("good.example", dns::DnsType::mx).reason, dns::DnsReason::deadline);
  EXPECT_EQ(rig.health().size(), 1U) << "what is known can still be told";
}

// All of it at once, for the thread sanitizer, and that no question is left without an answer.
TEST(ResolverReconfigured, WhileManyAskAndLook) {
  DnsRig rig({{zone(kZone), zone(kZone), zone(kZone)}});
  std::atomic<bool> over = false;
  std::thread looking([&] {
    while (!over) EXPECT_GE(rig.resolver->health().size(), 1U);
  });
  std::vector<std::thread> asking;
  asking.reserve(3);
  for (int thread = 0; thread < 3; ++thread) {
    asking.emplace_back([&rig, thread] {
      for (int round = 0; round < 40; ++round) {
        const std::string name = std::to_string(round * 3 + thread) + ".none.example";
        EXPECT_EQ(rig.ask(name, dns::DnsType::a).reason, dns::DnsReason::nxdomain);
      }
    });
  }
  for (std::size_t round = 0; round < 60; ++round) {
    rig.use({round % 3, (round + 1) % 3});
    rig.on_thread([] {});
  }
  for (auto& thread : asking) thread.join();
  over = true;
  looking.join();
}

}  // namespace
}  // namespace postern::resolver::resolver_reconfigured_test
