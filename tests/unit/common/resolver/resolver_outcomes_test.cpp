// What the resolver counts: questions by what came of them, and what each server was asked.
#include <gtest/gtest.h>

#include <chrono>
#include <numeric>
#include <thread>

#include "tests/unit/common/resolver/dns_rig.h"

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
  DnsRig rig(zone(kZone));
  rig.ask("good.example", dns::DnsType::a);
  rig.ask("good.example", dns::DnsType::a);  // from the cache
  rig.ask("gone.example", dns::DnsType::a);
  rig.ask("good.example", dns::DnsType::mx);
  rig.ask("servfail.example", dns::DnsType::a);
  const auto counts = rig.resolver->outcomes();
  EXPECT_EQ(of(counts, dns::DnsReason::answer), 1U);
  EXPECT_EQ(of(counts, dns::DnsReason::nxdomain), 1U);
  EXPECT_EQ(of(counts, dns::DnsReason::nodata), 1U);
  EXPECT_EQ(of(counts, dns::DnsReason::servfail), 1U);
  EXPECT_EQ(all_of(counts), 4U);
}

TEST(ResolverOutcomes, AskersOfOneQuestionCountTogetherAndThoseWithoutRoomApart) {
  DnsSettings settings = DnsRig::quick();
  settings.max_in_flight = 1;
  DnsRig rig(zone(kZone), settings);
  auto first = rig.start(question("slow.example", dns::DnsType::a));
  auto same = rig.start(question("slow.example", dns::DnsType::a));
  DnsRig::wait(rig.start(question("good.example", dns::DnsType::a)));
  DnsRig::wait(std::move(first));
  DnsRig::wait(std::move(same));
  const auto counts = rig.resolver->outcomes();
  EXPECT_EQ(of(counts, dns::DnsReason::answer), 1U);
  EXPECT_EQ(of(counts, dns::DnsReason::overloaded), 1U);
  EXPECT_EQ(rig.resolver->not_asked(), 1U);
  EXPECT_EQ(all_of(counts), 2U);
}

TEST(ResolverOutcomes, WhatIsUnderWayAtTheEndIsCutShort) {
  DnsRig rig(zone(kZone));
  auto fact = rig.start(question("timeout.example", dns::DnsType::a));
  rig.on_thread([] {});
  rig.resolver->stop();
  DnsRig::wait(std::move(fact));
  rig.ask("good.example", dns::DnsType::a);
  EXPECT_EQ(of(rig.resolver->outcomes(), dns::DnsReason::deadline), 2U);
  EXPECT_EQ(all_of(rig.resolver->outcomes()), 2U);
}

TEST(ResolverOutcomes, ServersByTheirReplies) {
  DnsRig rig({{zone(kZone)}, {zone("zone: { servfail.example: { A: [198.51.100.7] } }")}});
  rig.ask("servfail.example", dns::DnsType::a);
  rig.ask("gone.example", dns::DnsType::a);
  const auto health = rig.health();
  EXPECT_EQ(of(health[0].outcomes, dns::DnsReason::servfail), 1U);
  EXPECT_EQ(of(health[0].outcomes, dns::DnsReason::nxdomain), 1U);
  EXPECT_EQ(all_of(health[0].outcomes), health[0].asked);
  EXPECT_EQ(of(health[1].outcomes, dns::DnsReason::answer), 1U);
  EXPECT_EQ(all_of(health[1].outcomes), 1U);
}

TEST(ResolverOutcomes, AnAliasIsAnAnswer) {
  DnsRig rig(zone(kZone));
  EXPECT_EQ(rig.ask("alias.example", dns::DnsType::a).reason, dns::DnsReason::answer);
  EXPECT_EQ(of(rig.health()[0].outcomes, dns::DnsReason::answer), 2U);
  EXPECT_EQ(of(rig.resolver->outcomes(), dns::DnsReason::answer), 1U);
}

TEST(ResolverOutcomes, AServerThatIsNotThere) {
  DnsRig rig({{zone(kZone)}, {zone(kZone)}});
  rig.on_thread([&rig] { rig.servers[0]->stop(); });
  rig.ask("good.example", dns::DnsType::a);
  EXPECT_EQ(of(rig.health()[0].outcomes, dns::DnsReason::unreachable), 1U);
  EXPECT_EQ(of(rig.health()[1].outcomes, dns::DnsReason::answer), 1U);
}

TEST(ResolverOutcomes, SilenceIsOneOnceTheTimeOfTheQuestionIsOver) {
  DnsSettings settings = DnsRig::quick();
  settings.passes = 1;
  settings.query_timeout = 300ms;
  DnsRig rig(zone(kZone), settings);
  EXPECT_EQ(rig.ask("timeout.example", dns::DnsType::a).reason, dns::DnsReason::timeout);
  const auto until = steady_clock::now() + 15s;
  while (all_of(rig.health()[0].outcomes) == 0 && steady_clock::now() < until) {
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(of(rig.health()[0].outcomes, dns::DnsReason::timeout), 1U);
  EXPECT_EQ(all_of(rig.health()[0].outcomes), rig.health()[0].asked);
}

}  // namespace
}  // namespace postern::resolver::resolver_outcomes_test
