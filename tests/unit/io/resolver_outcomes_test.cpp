// What the resolver counts: questions by what came of them, and what each server was asked.
#include <gtest/gtest.h>

#include <chrono>
#include <numeric>
#include <thread>

#include "tests/unit/io/dns_rig.h"

namespace postern {
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

std::uint64_t of(const DnsOutcomes::Counts& counts, DnsReason reason) {
  return counts[static_cast<std::size_t>(reason)];
}

std::uint64_t all_of(const DnsOutcomes::Counts& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

TEST(ResolverOutcomes, EachQuestionCountsOnce) {
  DnsRig rig(zone(kZone));
  rig.ask("good.example", DnsType::a);
  rig.ask("good.example", DnsType::a);  // from the cache
  rig.ask("gone.example", DnsType::a);
  rig.ask("good.example", DnsType::mx);
  rig.ask("servfail.example", DnsType::a);
  const auto counts = rig.resolver->outcomes();
  EXPECT_EQ(of(counts, DnsReason::answer), 1U);
  EXPECT_EQ(of(counts, DnsReason::nxdomain), 1U);
  EXPECT_EQ(of(counts, DnsReason::nodata), 1U);
  EXPECT_EQ(of(counts, DnsReason::servfail), 1U);
  EXPECT_EQ(all_of(counts), 4U);
}

TEST(ResolverOutcomes, AskersOfOneQuestionCountTogetherAndThoseWithoutRoomApart) {
  DnsSettings settings = DnsRig::quick();
  settings.max_in_flight = 1;
  DnsRig rig(zone(kZone), settings);
  auto first = rig.start(question("slow.example", DnsType::a));
  auto same = rig.start(question("slow.example", DnsType::a));
  DnsRig::wait(rig.start(question("good.example", DnsType::a)));
  DnsRig::wait(std::move(first));
  DnsRig::wait(std::move(same));
  const auto counts = rig.resolver->outcomes();
  EXPECT_EQ(of(counts, DnsReason::answer), 1U);
  EXPECT_EQ(of(counts, DnsReason::overloaded), 1U);
  EXPECT_EQ(rig.resolver->not_asked(), 1U);
  EXPECT_EQ(all_of(counts), 2U);
}

TEST(ResolverOutcomes, WhatIsUnderWayAtTheEndIsCutShort) {
  DnsRig rig(zone(kZone));
  auto fact = rig.start(question("timeout.example", DnsType::a));
  rig.on_thread([] {});
  rig.resolver->stop();
  DnsRig::wait(std::move(fact));
  rig.ask("good.example", DnsType::a);
  EXPECT_EQ(of(rig.resolver->outcomes(), DnsReason::deadline), 2U);
  EXPECT_EQ(all_of(rig.resolver->outcomes()), 2U);
}

TEST(ResolverOutcomes, ServersByTheirReplies) {
  DnsRig rig({{zone(kZone)}, {zone("zone: { servfail.example: { A: [198.51.100.7] } }")}});
  rig.ask("servfail.example", DnsType::a);
  rig.ask("gone.example", DnsType::a);
  const auto health = rig.health();
  EXPECT_EQ(of(health[0].outcomes, DnsReason::servfail), 1U);
  EXPECT_EQ(of(health[0].outcomes, DnsReason::nxdomain), 1U);
  EXPECT_EQ(all_of(health[0].outcomes), health[0].asked);
  EXPECT_EQ(of(health[1].outcomes, DnsReason::answer), 1U);
  EXPECT_EQ(all_of(health[1].outcomes), 1U);
}

TEST(ResolverOutcomes, AnAliasIsAnAnswer) {
  DnsRig rig(zone(kZone));
  EXPECT_EQ(rig.ask("alias.example", DnsType::a).reason, DnsReason::answer);
  EXPECT_EQ(of(rig.health()[0].outcomes, DnsReason::answer), 2U);
  EXPECT_EQ(of(rig.resolver->outcomes(), DnsReason::answer), 1U);
}

TEST(ResolverOutcomes, AServerThatIsNotThere) {
  DnsRig rig({{zone(kZone)}, {zone(kZone)}});
  rig.on_thread([&rig] { rig.servers[0]->stop(); });
  rig.ask("good.example", DnsType::a);
  EXPECT_EQ(of(rig.health()[0].outcomes, DnsReason::unreachable), 1U);
  EXPECT_EQ(of(rig.health()[1].outcomes, DnsReason::answer), 1U);
}

TEST(ResolverOutcomes, SilenceIsOneOnceTheTimeOfTheQuestionIsOver) {
  DnsSettings settings = DnsRig::quick();
  settings.passes = 1;
  settings.query_timeout = 300ms;
  DnsRig rig(zone(kZone), settings);
  EXPECT_EQ(rig.ask("timeout.example", DnsType::a).reason, DnsReason::timeout);
  const auto until = steady_clock::now() + 15s;
  while (all_of(rig.health()[0].outcomes) == 0 && steady_clock::now() < until) {
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(of(rig.health()[0].outcomes, DnsReason::timeout), 1U);
  EXPECT_EQ(all_of(rig.health()[0].outcomes), rig.health()[0].asked);
}

}  // namespace
}  // namespace postern
