// Sessions that wait: for DNS, and because a greeting is held back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "milter/session.h"
#include "tests/support/stopwatch.h"
#include "tests/unit/milter/session_fixture.h"

namespace postern::milter::session_wait_test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kZone = R"(
zone:
  good.example:      { MX: [10 mail.good.example] }
  mail.good.example: { A: [198.51.100.1] }
  silent.example:    { fault: timeout }
)";

constexpr const char* kMxRules = R"(
rules:
  - name: mx
    check: sender_mx
    on: { missing: 'reject 550 5.1.8 "missing"', unknown: 'defer 451 4.4.3 "unknown"' }
)";

constexpr const char* kDelayRules = R"(
rules:
  - { name: slow, when: { client: 192.0.2.1 }, then: delay 20s }
  - { name: brief, when: { client: 192.0.2.2 }, then: delay 300ms }
)";

config::Settings quick() {
  config::Settings settings;
  settings.decision.deadline = 300ms;
  return settings;
}

TEST(MilterSessionWaits, ForWhatDnsSays) {
  config::Settings settings;
  settings.decision.deadline = 15s;
  SessionFixture fixture(kMxRules, settings, kZone);
  const auto session = fixture.open();
  EXPECT_EQ(said(session->mail("<a@good.example>", {})), "-");
  EXPECT_EQ(said(session->mail("<a@nowhere.example>", {})), "550 5.1.8 missing");
  EXPECT_EQ(fixture.waiting.taken(), 0U);
  EXPECT_THAT(fixture.logged(), HasSubstr("dns=\"MX nowhere.example: nxdomain"));
}

TEST(MilterSessionWaits, NotBeyondTheDeadline) {
  SessionFixture fixture(kMxRules, quick(), kZone);
  const auto session = fixture.open();
  const Stopwatch watch;
  EXPECT_EQ(said(session->mail("<a@silent.example>", {})), "451 4.4.3 unknown");
  EXPECT_GE(watch.took(), 290ms);
  EXPECT_LT(watch.own(), 5s);
}

TEST(MilterSessionWaits, NotBeyondADeadlineThatHasChanged) {
  config::Settings settings;
  settings.decision.deadline = 60s;
  SessionFixture fixture(kMxRules, settings, kZone);
  const auto session = fixture.open();
  settings.decision.deadline = 50ms;
  fixture.settings.replace(settings);
  EXPECT_EQ(said(session->mail("<a@silent.example>", {})), "451 4.4.3 unknown");
  EXPECT_THAT(fixture.logged(), HasSubstr("MX silent.example: deadline"));
}

TEST(MilterSessionWaits, WhenTooManyDoItAnswersAtOnce) {
  config::Settings settings;
  settings.decision.deadline = 15s;
  settings.milter.max_waiting = 1;
  SessionFixture fixture(kMxRules, settings, kZone);
  const auto session = fixture.open();
  auto other = fixture.waiting.take({}, {});
  const Stopwatch watch;
  EXPECT_EQ(said(session->mail("<a@good.example>", {})), "451 4.4.3 unknown");
  EXPECT_LT(watch.own(), 5s);
  EXPECT_TRUE(fixture.dns.servers[0]->queries().empty());
  EXPECT_EQ(fixture.waiting.refused(), 1U);
  EXPECT_THAT(fixture.logged(), HasSubstr("MX good.example: overloaded (given up)"));
  other.reset();
  EXPECT_EQ(said(session->mail("<a@good.example>", {})), "-") << "and nothing of it is remembered";
}

// A sender that has its share of the waits, because its name servers are silent, cannot keep a list
// from being asked.
TEST(MilterSessionWaits, ForAListWhenTheSenderHasItsShare) {
  config::Settings settings;
  settings.decision.deadline = 15s;
  settings.milter.max_waiting = 9;
  SessionFixture fixture(R"(
rules:
  - { name: mx, check: sender_mx, on: { unknown: log, missing: 'reject 550 5.1.8 "missing"' } }
  - { name: list, check: dnsbl, zones: bl.example, on: { listed: 'reject 550 5.7.1 "listed"' } }
)",
                         settings, R"(
zone:
  2.0.0.127.bl.example: { A: [127.0.0.2] }
  1.2.0.192.bl.example: { A: [127.0.0.2] }
)");
  std::vector<resolver::DomainShares::Place> evil;
  while (auto place = fixture.waiting.take({}, "evil.example")) evil.push_back(std::move(*place));
  const auto session = fixture.open();
  session->connect("x", kClient, "");
  EXPECT_EQ(said(session->mail("<a@evil.example>", {})), "550 5.7.1 listed");
  EXPECT_EQ(fixture.dns.servers[0]->count("evil.example", dns::DnsType::mx), 0);
  EXPECT_THAT(fixture.logged(), HasSubstr("MX evil.example: overloaded (given up)"));
  EXPECT_EQ(said(session->mail("<a@good.example>", {})), "550 5.1.8 missing")
      << "the share of another is free";
}

TEST(MilterSessionWaits, WhatIsKnownNeedsNoWaiting) {
  config::Settings settings;
  settings.decision.deadline = 15s;
  settings.milter.max_waiting = 1;
  SessionFixture fixture(kMxRules, settings, kZone);
  const auto session = fixture.open();
  EXPECT_EQ(said(session->mail("<a@nowhere.example>", {})), "550 5.1.8 missing");
  const auto other = fixture.waiting.take({}, {});
  EXPECT_EQ(said(session->mail("<b@nowhere.example>", {})), "550 5.1.8 missing");
  EXPECT_EQ(fixture.waiting.refused(), 0U);
}

// One deadline for the message, not one for each of its recipients.
TEST(MilterSessionWaits, OnceForAllRecipients) {
  config::Settings settings;
  settings.decision.deadline = 300ms;
  constexpr int kRecipients = 20;
  SessionFixture fixture(R"(
rules:
  - { name: ok, when: { recipient: ok@ }, then: pass }
  - name: mx
    stage: eom
    check: sender_mx
    on: { unknown: 'defer 451 4.4.3 "unknown"' }
)",
                         settings, kZone);
  const auto session = fixture.open();
  session->mail("<a@silent.example>", {});
  for (int number = 0; number < kRecipients; ++number) {
    session->rcpt("<a" + std::to_string(number) + "@d.example>", RecipientState::accepted, "");
  }
  const Stopwatch watch;
  EXPECT_EQ(said(session->end_of_message("")), "451 4.4.3 unknown");
  EXPECT_GE(watch.took(), 290ms);
  EXPECT_LT(watch.own(), kRecipients / 2 * settings.decision.deadline);
}

TEST(MilterSessionWaits, TheGreetingIsHeldBack) {
  SessionFixture fixture(kDelayRules);
  const auto session = fixture.open();
  const Stopwatch watch;
  EXPECT_EQ(said(session->connect("x", IpAddress::parse("192.0.2.2").value(), "")), "-");
  EXPECT_GE(watch.took(), 300ms);
  EXPECT_LT(watch.own(), 5s);
  EXPECT_EQ(fixture.delays.counts().held, 1U);
  EXPECT_EQ(fixture.delays.counts().held_now, 0U);
  EXPECT_THAT(fixture.logged(), HasSubstr("also=brief delay=300ms"));
}

TEST(MilterSessionWaits, StoppingCutsADelayShort) {
  SessionFixture fixture(kDelayRules);
  const auto session = fixture.open();
  const Stopwatch watch;
  std::thread stops([&] {
    while (fixture.delays.counts().held_now == 0) std::this_thread::sleep_for(1ms);
    fixture.stopping.set();
  });
  EXPECT_EQ(said(session->connect("x", kClient, "")), "-");
  stops.join();
  EXPECT_LT(watch.own(), 15s);
}

TEST(MilterSessionWaits, NothingIsHeldBackBeyondTheCap) {
  config::Settings settings;
  settings.decision.max_delayed = 1;
  SessionFixture fixture(kDelayRules, settings);
  const auto session = fixture.open();
  const auto other = fixture.delays.take(service::ServerLoad::normal, std::nullopt);
  const Stopwatch watch;
  EXPECT_EQ(said(session->connect("x", kClient, "")), "-");
  EXPECT_LT(watch.own(), 15s);
  EXPECT_EQ(fixture.delays.counts().skipped_full, 1U);
}

TEST(MilterSessionWaits, NothingIsHeldBackWhenNearlyFull) {
  config::Settings settings;
  settings.milter.max_connections = 1;
  SessionFixture fixture(kDelayRules, settings);
  const auto session = fixture.open();
  const Stopwatch watch;
  EXPECT_EQ(said(session->connect("x", kClient, "")), "-");
  EXPECT_LT(watch.own(), 15s);
  EXPECT_EQ(fixture.delays.counts().skipped_overloaded, 1U);
}

TEST(MilterSessionWaits, ADryRunHoldsNothingBack) {
  SessionFixture fixture(
      "rules: [{ name: slow, mode: log, when: { client: 192.0.2.1 }, then: delay 20s }]\n");
  const auto session = fixture.open();
  const Stopwatch watch;
  EXPECT_EQ(said(session->connect("x", kClient, "")), "-");
  EXPECT_LT(watch.own(), 15s);
  EXPECT_THAT(fixture.logged(), HasSubstr("would=slow:delay"));
  EXPECT_THAT(fixture.logged(), Not(HasSubstr(" delay=")));
}

}  // namespace
}  // namespace postern::milter::session_wait_test
