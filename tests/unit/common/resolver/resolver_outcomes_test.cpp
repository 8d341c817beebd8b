// What the resolver counts: questions by what came of them, and what each server was asked.
#include <gtest/gtest.h>

#include <chrono>
#include <numeric>
#include <thread>

#include "tests/unit/common/resolver/resolver_fixture.h"

namespace postern::resolver::resolver_outcomes_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

const char* const kZone = R"(
zone:
  good.example:     { A: [198.51.100.10], ttl: 120 }
  alias.example:    { CNAME: good.example, chase: no, ttl: 60 }
  slow.example:     { A: [198.51.100.10], delay: 100ms }
  servfail.example: { fault: servfail }
  timeout.example:  { fault: timeout }
)";

std::uint64_t of(const DnsOutcomes::Counts& counts, dns::DnsReason reason) {
  return counts[static_cast<std::size_t>(reason)];
}

std::uint64_t all_of(const DnsOutcomes::Counts& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

TEST(ResolverOutcomes, EachQuestionCountsOnce) {
  ResolverFixture fixture(zone(kZone));
  fixture.ask("good.example", dns::DnsType::a);
  fixture.ask("good.example", dns::DnsType::a);  // from the cache
  fixture.ask("gone.example", dns::DnsType::a);
  fixture.ask("good.example", dns::DnsType::mx);
  fixture.ask("servfail.example", dns::DnsType::a);
  const auto counts = fixture.resolver->outcomes();
  EXPECT_EQ(of(counts, dns::DnsReason::answer), 1U);
  EXPECT_EQ(of(counts, dns::DnsReason::nxdomain), 1U);
  EXPECT_EQ(of(counts, dns::DnsReason::nodata), 1U);
  EXPECT_EQ(of(counts, dns::DnsReason::servfail), 1U);
  EXPECT_EQ(all_of(counts), 4U);
}

TEST(ResolverOutcomes, AskersOfOneQuestionCountTogetherAndThoseWithoutRoomApart) {
  DnsSettings settings = ResolverFixture::quick();
  settings.max_in_flight = 1;
  ResolverFixture fixture(zone(kZone), settings);
  auto first = fixture.start(question("slow.example", dns::DnsType::a));
  auto same = fixture.start(question("slow.example", dns::DnsType::a));
  ResolverFixture::wait(fixture.start(question("good.example", dns::DnsType::a)));
  ResolverFixture::wait(std::move(first));
  ResolverFixture::wait(std::move(same));
  const auto counts = fixture.resolver->outcomes();
  EXPECT_EQ(of(counts, dns::DnsReason::answer), 1U);
  EXPECT_EQ(of(counts, dns::DnsReason::overloaded), 1U);
  EXPECT_EQ(fixture.resolver->not_asked(), 1U);
  EXPECT_EQ(all_of(counts), 2U);
}

TEST(ResolverOutcomes, WhatIsUnderWayAtTheEndIsCutShort) {
  ResolverFixture fixture(zone(kZone));
  auto fact = fixture.start(question("timeout.example", dns::DnsType::a));
  fixture.on_thread([] {});
  fixture.resolver->stop();
  ResolverFixture::wait(std::move(fact));
  fixture.ask("good.example", dns::DnsType::a);
  EXPECT_EQ(of(fixture.resolver->outcomes(), dns::DnsReason::deadline), 2U);
  EXPECT_EQ(all_of(fixture.resolver->outcomes()), 2U);
}

TEST(ResolverOutcomes, ServersByTheirReplies) {
  ResolverFixture fixture(
      {{zone(kZone)}, {zone("zone: { servfail.example: { A: [198.51.100.7] } }")}});
  fixture.ask("servfail.example", dns::DnsType::a);
  fixture.ask("gone.example", dns::DnsType::a);
  const auto health = fixture.health();
  EXPECT_EQ(of(health[0].outcomes, dns::DnsReason::servfail), 1U);
  EXPECT_EQ(of(health[0].outcomes, dns::DnsReason::nxdomain), 1U);
  EXPECT_EQ(all_of(health[0].outcomes), health[0].asked);
  EXPECT_EQ(of(health[1].outcomes, dns::DnsReason::answer), 1U);
  EXPECT_EQ(all_of(health[1].outcomes), 1U);
}

TEST(ResolverOutcomes, AnAliasIsAnAnswer) {
  ResolverFixture fixture(zone(kZone));
  EXPECT_EQ(fixture.ask("alias.example", dns::DnsType::a).reason, dns::DnsReason::answer);
  EXPECT_EQ(of(fixture.health()[0].outcomes, dns::DnsReason::answer), 2U);
  EXPECT_EQ(of(fixture.resolver->outcomes(), dns::DnsReason::answer), 1U);
}

TEST(ResolverOutcomes, AServerThatIsNotThere) {
  ResolverFixture fixture({{zone(kZone)}, {zone(kZone)}});
  fixture.on_thread([&fixture] { fixture.servers[0]->stop(); });
  fixture.ask("good.example", dns::DnsType::a);
  EXPECT_EQ(of(fixture.health()[0].outcomes, dns::DnsReason::unreachable), 1U);
  EXPECT_EQ(of(fixture.health()[1].outcomes, dns::DnsReason::answer), 1U);
}

TEST(ResolverOutcomes, SilenceIsOneOnceTheTimeOfTheQuestionIsOver) {
  DnsSettings settings = ResolverFixture::quick();
  settings.passes = 1;
  settings.query_timeout = 300ms;
  ResolverFixture fixture(zone(kZone), settings);
  EXPECT_EQ(fixture.ask("timeout.example", dns::DnsType::a).reason, dns::DnsReason::timeout);
  const auto until = steady_clock::now() + 15s;
  while (all_of(fixture.health()[0].outcomes) == 0 && steady_clock::now() < until) {
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(of(fixture.health()[0].outcomes, dns::DnsReason::timeout), 1U);
  EXPECT_EQ(all_of(fixture.health()[0].outcomes), fixture.health()[0].asked);
}

}  // namespace
}  // namespace postern::resolver::resolver_outcomes_test
