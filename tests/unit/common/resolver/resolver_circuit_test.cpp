// When no upstream answers any more: common/resolver/resolver.h with common/resolver/dns_circuit.h.
#include <gtest/gtest.h>

#include "tests/support/stopwatch.h"
#include "tests/unit/common/resolver/dns_rig.h"

namespace postern::resolver::resolver_circuit_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

const char* const kSilent = R"(
zone:
  a.example: { fault: timeout }
  b.example: { fault: timeout }
  localhost: { fault: timeout }
)";
const char* const kWell = "zone: { a.example: { A: [198.51.100.7] } }";

DnsSettings touchy() {
  DnsSettings settings = DnsRig::quick();
  settings.down_after_failures = 2;
  return settings;
}

bool becomes(const DnsRig& rig, bool open) {
  const auto until = steady_clock::now() + 20s;
  while (rig.resolver->circuit().open != open && steady_clock::now() < until) {
    std::this_thread::sleep_for(5ms);
  }
  return rig.resolver->circuit().open == open;
}

std::vector<std::string> lines_of(DnsRig& rig) {
  return rig.on_thread([&rig] { return rig.lines; });
}

TEST(ResolverCircuit, OpensOnceAndNobodyWaitsAnyMore) {
  DnsRig rig(zone(kSilent), touchy());
  EXPECT_EQ(rig.ask("a.example", dns::DnsType::a).reason, dns::DnsReason::timeout);
  ASSERT_TRUE(becomes(rig, true));

  const Stopwatch watch;
  const int asked = rig.servers[0]->count("b.example", dns::DnsType::a);
  for (int question_number = 0; question_number < 1000; ++question_number) {
    const dns::DnsFact fact = DnsRig::wait(rig.start(question("b.example", dns::DnsType::a)));
    ASSERT_EQ(fact.answer->reason, dns::DnsReason::circuit_open);
    ASSERT_EQ(fact.source, dns::DnsFact::Source::given_up);
  }
  EXPECT_LT(watch.own(), 5s) << "1000 time-outs would be minutes";
  EXPECT_EQ(rig.servers[0]->count("b.example", dns::DnsType::a), asked);
  EXPECT_EQ(rig.resolver->circuit().not_asked, 1000U);
  EXPECT_EQ(lines_of(rig).size(), 1U);
}

TEST(ResolverCircuit, AnAnswerToTheProbeClosesIt) {
  DnsRig rig(zone(kSilent), touchy());
  rig.ask("a.example", dns::DnsType::mx);
  ASSERT_TRUE(becomes(rig, true));
  EXPECT_EQ(rig.ask("a.example", dns::DnsType::a).reason, dns::DnsReason::circuit_open);

  rig.servers[0]->replace(zone(kWell));
  ASSERT_TRUE(becomes(rig, false)) << "though nobody asks";
  EXPECT_EQ(rig.ask("a.example", dns::DnsType::a).reason, dns::DnsReason::answer)
      << "it was not kept";
  const auto lines = lines_of(rig);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[1].starts_with("DNS answers again after ")) << lines[1];
  EXPECT_TRUE(lines[1].ends_with(", 1 questions were not asked")) << lines[1];
}

// A sender may have DNS that never answers; that says nothing about ours.
TEST(ResolverCircuit, ADeadDomainDoesNotOpenIt) {
  DnsSettings settings = touchy();
  settings.down_after_failures = 1;
  DnsRig rig(zone("zone: { a.example: { fault: timeout }, b.example: { fault: timeout } }"),
             settings);
  EXPECT_EQ(rig.ask("a.example", dns::DnsType::a).reason, dns::DnsReason::timeout);
  EXPECT_EQ(rig.ask("b.example", dns::DnsType::a).reason, dns::DnsReason::timeout);
  const auto until = steady_clock::now() + 20s;
  while (rig.health()[0].down && steady_clock::now() < until) std::this_thread::sleep_for(5ms);
  EXPECT_FALSE(rig.health()[0].down);
  EXPECT_GE(rig.servers[0]->count("localhost", dns::DnsType::a), 1);
  EXPECT_EQ(rig.ask("none.example", dns::DnsType::a).reason, dns::DnsReason::nxdomain);
  EXPECT_EQ(rig.resolver->circuit().opened, 0U);
  EXPECT_TRUE(lines_of(rig).empty());
}

TEST(ResolverCircuit, OneServerThatAnswersKeepsItClosed) {
  DnsRig rig({{zone(kSilent)}, {zone(kWell)}}, touchy());
  for (const char* const name : {"a.example", "none1.example", "none2.example", "b.example"}) {
    rig.ask(name, dns::DnsType::a);
  }
  EXPECT_EQ(rig.resolver->circuit().opened, 0U);
}

TEST(ResolverCircuit, WhatIsKeptIsStillToldWhileItIsOpen) {
  DnsRig rig(zone(kWell), touchy());
  EXPECT_EQ(rig.ask("a.example", dns::DnsType::a).reason, dns::DnsReason::answer);
  rig.servers[0]->replace(zone(kSilent));
  rig.ask("b.example", dns::DnsType::a);
  ASSERT_TRUE(becomes(rig, true));
  const dns::DnsFact fact = DnsRig::wait(rig.start(question("a.example", dns::DnsType::a)));
  EXPECT_EQ(fact.answer->reason, dns::DnsReason::answer);
  EXPECT_EQ(fact.source, dns::DnsFact::Source::cache);
}

TEST(ResolverCircuit, NewServersCloseIt) {
  DnsRig rig({{zone(kSilent)}, {zone(kWell)}}, touchy());
  rig.use({0});
  rig.ask("b.example", dns::DnsType::a);
  ASSERT_TRUE(becomes(rig, true));
  rig.use({1});
  EXPECT_EQ(rig.ask("a.example", dns::DnsType::a).reason, dns::DnsReason::answer);
  EXPECT_FALSE(rig.resolver->circuit().open);
}

TEST(ResolverCircuit, ClosedPortsOpenItToo) {
  DnsRig rig(zone(kWell), touchy());
  rig.on_thread([&rig] { rig.servers[0]->stop(); });
  EXPECT_EQ(rig.ask("a.example", dns::DnsType::a).reason, dns::DnsReason::unreachable);
  EXPECT_TRUE(becomes(rig, true));
}

}  // namespace
}  // namespace postern::resolver::resolver_circuit_test
