// When no upstream answers any more: common/resolver/resolver.h with common/resolver/dns_circuit.h.
#include <gtest/gtest.h>

#include "tests/support/stopwatch.h"
#include "tests/unit/common/resolver/resolver_fixture.h"

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
  DnsSettings settings = ResolverFixture::quick();
  settings.down_after_failures = 2;
  return settings;
}

bool becomes(const ResolverFixture& fixture, bool open) {
  const auto until = steady_clock::now() + 20s;
  while (fixture.resolver->circuit().open != open && steady_clock::now() < until) {
    std::this_thread::sleep_for(5ms);
  }
  return fixture.resolver->circuit().open == open;
}

std::vector<std::string> lines_of(ResolverFixture& fixture) {
  return fixture.on_thread([&fixture] { return fixture.lines; });
}

TEST(ResolverCircuit, OpensOnceAndNobodyWaitsAnyMore) {
  ResolverFixture fixture(zone(kSilent), touchy());
  EXPECT_EQ(fixture.ask("a.example", dns::DnsType::a).reason, dns::DnsReason::timeout);
  ASSERT_TRUE(becomes(fixture, true));

  const Stopwatch watch;
  const int asked = fixture.servers[0]->count("b.example", dns::DnsType::a);
  for (int question_number = 0; question_number < 1000; ++question_number) {
    const dns::DnsFact fact =
        ResolverFixture::wait(fixture.start(question("b.example", dns::DnsType::a)));
    ASSERT_EQ(fact.answer->reason, dns::DnsReason::circuit_open);
    ASSERT_EQ(fact.source, dns::DnsFact::Source::given_up);
  }
  EXPECT_LT(watch.own(), 5s) << "1000 time-outs would be minutes";
  EXPECT_EQ(fixture.servers[0]->count("b.example", dns::DnsType::a), asked);
  EXPECT_EQ(fixture.resolver->circuit().not_asked, 1000U);
  EXPECT_EQ(lines_of(fixture).size(), 1U);
}

TEST(ResolverCircuit, AnAnswerToTheProbeClosesIt) {
  ResolverFixture fixture(zone(kSilent), touchy());
  fixture.ask("a.example", dns::DnsType::mx);
  ASSERT_TRUE(becomes(fixture, true));
  EXPECT_EQ(fixture.ask("a.example", dns::DnsType::a).reason, dns::DnsReason::circuit_open);

  fixture.servers[0]->replace(zone(kWell));
  ASSERT_TRUE(becomes(fixture, false)) << "though nobody asks";
  EXPECT_EQ(fixture.ask("a.example", dns::DnsType::a).reason, dns::DnsReason::answer)
      << "it was not kept";
  const auto lines = lines_of(fixture);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[1].starts_with("DNS answers again after ")) << lines[1];
  EXPECT_TRUE(lines[1].ends_with(", 1 questions were not asked")) << lines[1];
}

// A sender may have DNS that never answers; that says nothing about ours.
TEST(ResolverCircuit, ADeadDomainDoesNotOpenIt) {
  DnsSettings settings = touchy();
  settings.down_after_failures = 1;
  ResolverFixture fixture(
      zone("zone: { a.example: { fault: timeout }, b.example: { fault: timeout } }"), settings);
  EXPECT_EQ(fixture.ask("a.example", dns::DnsType::a).reason, dns::DnsReason::timeout);
  EXPECT_EQ(fixture.ask("b.example", dns::DnsType::a).reason, dns::DnsReason::timeout);
  const auto until = steady_clock::now() + 20s;
  while (fixture.health()[0].down && steady_clock::now() < until) std::this_thread::sleep_for(5ms);
  EXPECT_FALSE(fixture.health()[0].down);
  EXPECT_GE(fixture.servers[0]->count("localhost", dns::DnsType::a), 1);
  EXPECT_EQ(fixture.ask("none.example", dns::DnsType::a).reason, dns::DnsReason::nxdomain);
  EXPECT_EQ(fixture.resolver->circuit().opened, 0U);
  EXPECT_TRUE(lines_of(fixture).empty());
}

TEST(ResolverCircuit, OneServerThatAnswersKeepsItClosed) {
  ResolverFixture fixture({{zone(kSilent)}, {zone(kWell)}}, touchy());
  for (const char* const name : {"a.example", "none1.example", "none2.example", "b.example"}) {
    fixture.ask(name, dns::DnsType::a);
  }
  EXPECT_EQ(fixture.resolver->circuit().opened, 0U);
}

TEST(ResolverCircuit, WhatIsKeptIsStillToldWhileItIsOpen) {
  ResolverFixture fixture(zone(kWell), touchy());
  EXPECT_EQ(fixture.ask("a.example", dns::DnsType::a).reason, dns::DnsReason::answer);
  fixture.servers[0]->replace(zone(kSilent));
  fixture.ask("b.example", dns::DnsType::a);
  ASSERT_TRUE(becomes(fixture, true));
  const dns::DnsFact fact =
      ResolverFixture::wait(fixture.start(question("a.example", dns::DnsType::a)));
  EXPECT_EQ(fact.answer->reason, dns::DnsReason::answer);
  EXPECT_EQ(fact.source, dns::DnsFact::Source::cache);
}

TEST(ResolverCircuit, NewServersCloseIt) {
  ResolverFixture fixture({{zone(kSilent)}, {zone(kWell)}}, touchy());
  fixture.use({0});
  fixture.ask("b.example", dns::DnsType::a);
  ASSERT_TRUE(becomes(fixture, true));
  fixture.use({1});
  EXPECT_EQ(fixture.ask("a.example", dns::DnsType::a).reason, dns::DnsReason::answer);
  EXPECT_FALSE(fixture.resolver->circuit().open);
}

TEST(ResolverCircuit, ClosedPortsOpenItToo) {
  ResolverFixture fixture(zone(kWell), touchy());
  fixture.on_thread([&fixture] { fixture.servers[0]->stop(); });
  EXPECT_EQ(fixture.ask("a.example", dns::DnsType::a).reason, dns::DnsReason::unreachable);
  EXPECT_TRUE(becomes(fixture, true));
}

}  // namespace
}  // namespace postern::resolver::resolver_circuit_test
