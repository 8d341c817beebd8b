// Settings and servers that change while the resolver asks.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "common/resolver/resolver.h"
#include "tests/unit/common/resolver/resolver_fixture.h"

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
  DnsSettings settings = ResolverFixture::quick();
  settings.attempt_timeout = 1s;
  settings.passes = 1;
  ResolverFixture fixture(
      {{zone("zone: { x.example: { fault: timeout } }")},
       {zone("zone: { x.example: { A: [198.51.100.2] }, y.example: { A: [198.51.100.3] } }")}},
      settings);
  fixture.use({0});
  auto old = fixture.start(question("x.example", dns::DnsType::a));
  fixture.use({1});
  EXPECT_EQ(fixture.ask("y.example", dns::DnsType::a).server, fixture.address(1));
  EXPECT_EQ(ResolverFixture::wait(std::move(old)).answer->reason, dns::DnsReason::timeout);
  EXPECT_EQ(fixture.servers[1]->count("x.example", dns::DnsType::a), 0);
}

TEST(ResolverReconfigured, AnAnswerOfAServerThatWentStillCounts) {
  DnsSettings settings = ResolverFixture::quick();
  settings.attempt_timeout = 5s;
  settings.query_timeout = 5s;
  ResolverFixture fixture(
      {{zone("zone: { x.example: { A: [198.51.100.1], delay: 300ms } }")}, {zone("zone: {}")}},
      settings);
  fixture.use({0});
  auto old = fixture.start(question("x.example", dns::DnsType::a));
  fixture.use({1});
  fixture.use({0, 1});
  fixture.use({1});
  auto same = fixture.start(question("x.example", dns::DnsType::a));
  EXPECT_EQ(ResolverFixture::wait(std::move(old)).answer->server, fixture.address(0));
  EXPECT_EQ(ResolverFixture::wait(std::move(same)).answer->server, fixture.address(0))
      << "one flight";
  EXPECT_EQ(fixture.cache.statistics().entries, 1U);
}

TEST(ResolverReconfigured, KeepsTheHealthOfServersThatStay) {
  const std::string dead = "zone: { x.example: { fault: timeout }, localhost: { fault: timeout } }";
  DnsSettings settings = ResolverFixture::quick();
  settings.down_after_failures = 1;
  ResolverFixture fixture({{zone(dead), zone(kZone), zone(kZone)}}, settings);
  fixture.use({0});
  fixture.ask("x.example", dns::DnsType::a);
  fixture.use({1, 0});
  const auto health = fixture.health();
  ASSERT_EQ(health.size(), 2U);
  EXPECT_EQ(health[0].server, fixture.address(1));
  EXPECT_FALSE(health[0].down);
  EXPECT_EQ(health[1].server, fixture.address(0));
  EXPECT_TRUE(health[1].down);
  EXPECT_EQ(health[1].asked, 3U) << "twice by the question, and whether it is alive";
}

TEST(ResolverReconfigured, NewLimitsHold) {
  ResolverFixture fixture(zone(kZone));
  auto held = fixture.start(question("slow.example", dns::DnsType::mx));
  fixture.settings_now.max_in_flight = 1;
  fixture.resolver->reconfigure(fixture.settings_now);
  EXPECT_EQ(fixture.ask("good.example", dns::DnsType::mx).reason, dns::DnsReason::overloaded);
  fixture.settings_now.max_in_flight = 2;
  fixture.resolver->reconfigure(fixture.settings_now);
  EXPECT_EQ(fixture.ask("good.example", dns::DnsType::mx).reason, dns::DnsReason::answer);
  EXPECT_EQ(ResolverFixture::wait(std::move(held)).answer->reason, dns::DnsReason::answer);
}

// What is known of a server beyond its health goes with the old plan, so there is none without
// need.
TEST(ResolverReconfigured, WithoutAChangeNothingIsMadeAnew) {
  ResolverFixture fixture(zone(kZone));
  fixture.ask("no-edns.example", dns::DnsType::a);
  fixture.resolver->reconfigure(fixture.settings_now);
  fixture.ask("good.example", dns::DnsType::mx);
  EXPECT_FALSE(fixture.servers[0]->queries().back().edns);
  fixture.settings_now.passes = 1;
  fixture.resolver->reconfigure(fixture.settings_now);
  fixture.ask("nullmx.example", dns::DnsType::mx);
  EXPECT_TRUE(fixture.servers[0]->queries().back().edns);
}

// Otherwise it would take up to five minutes before mended upstreams help.
TEST(ResolverReconfigured, FailuresOfOtherServersAreForgottenAndAnswersAreNot) {
  ResolverFixture fixture(
      {{zone("zone: { x.example: { fault: servfail }, y.example: { A: [198.51.100.1] } }")},
       {zone("zone: { x.example: { A: [198.51.100.2] }, y.example: { A: [198.51.100.3] } }")}});
  fixture.use({0});
  EXPECT_EQ(fixture.ask("x.example", dns::DnsType::a).reason, dns::DnsReason::servfail);
  EXPECT_EQ(fixture.ask("y.example", dns::DnsType::a).server, fixture.address(0));
  const auto x = question("x.example", dns::DnsType::a);
  EXPECT_TRUE(fixture.cache.find(x, std::chrono::steady_clock::now()));
  fixture.settings_now.passes = 1;
  fixture.resolver->reconfigure(fixture.settings_now);
  fixture.on_thread([] {});
  EXPECT_TRUE(fixture.cache.find(x, std::chrono::steady_clock::now()))
      << "the servers are the same";
  fixture.use({1});
  EXPECT_EQ(fixture.ask("x.example", dns::DnsType::a).server, fixture.address(1));
  EXPECT_EQ(fixture.ask("y.example", dns::DnsType::a).server, fixture.address(0));
}

TEST(ResolverReconfigured, WhatFailsByEarlierServersIsNotKept) {
  ResolverFixture fixture({{zone("zone: { x.example: { fault: servfail, delay: 300ms } }")},
                           {zone("zone: { x.example: { A: [198.51.100.2] } }")}},
                          [] {
                            DnsSettings settings = ResolverFixture::quick();
                            settings.attempt_timeout = 5s;
                            settings.query_timeout = 5s;
                            settings.passes = 1;
                            return settings;
                          }());
  fixture.use({0});
  auto old = fixture.start(question("x.example", dns::DnsType::a));
  fixture.use({1});
  EXPECT_EQ(ResolverFixture::wait(std::move(old)).answer->reason, dns::DnsReason::servfail);
  EXPECT_EQ(fixture.ask("x.example", dns::DnsType::a).server, fixture.address(1));
}

TEST(ResolverReconfigured, AfterItsEndItStaysSo) {
  ResolverFixture fixture(zone(kZone));
  fixture.resolver->stop();
  fixture.settings_now.passes = 3;
  fixture.resolver->reconfigure(fixture.settings_now);
  EXPECT_EQ(fixture.ask("good.example", dns::DnsType::mx).reason, dns::DnsReason::deadline);
  EXPECT_EQ(fixture.health().size(), 1U) << "what is known can still be told";
}

// All of it at once, for the thread sanitizer, and that no question is left without an answer.
TEST(ResolverReconfigured, WhileManyAskAndLook) {
  ResolverFixture fixture({{zone(kZone), zone(kZone), zone(kZone)}});
  std::atomic<bool> over = false;
  std::thread looking([&] {
    while (!over) EXPECT_GE(fixture.resolver->health().size(), 1U);
  });
  std::vector<std::thread> asking;
  asking.reserve(3);
  for (int thread = 0; thread < 3; ++thread) {
    asking.emplace_back([&fixture, thread] {
      for (int round = 0; round < 40; ++round) {
        const std::string name = std::to_string(round * 3 + thread) + ".none.example";
        EXPECT_EQ(fixture.ask(name, dns::DnsType::a).reason, dns::DnsReason::nxdomain);
      }
    });
  }
  for (std::size_t round = 0; round < 60; ++round) {
    fixture.use({round % 3, (round + 1) % 3});
    fixture.on_thread([] {});
  }
  for (auto& thread : asking) thread.join();
  over = true;
  looking.join();
}

}  // namespace
}  // namespace postern::resolver::resolver_reconfigured_test
