// Sessions that wait: for DNS, and because a greeting is held back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "milter/session.h"
#include "tests/support/stopwatch.h"
#include "tests/unit/milter/session_rig.h"

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
  SessionRig rig(kMxRules, settings, kZone);
  const auto session = rig.open();
  EXPECT_EQ(said(session->mail("<a@good.example>", {})), "-");
  EXPECT_EQ(said(session->mail("<a@nowhere.example>", {})), "550 5.1.8 missing");
  EXPECT_EQ(rig.waiting.taken(), 0U);
  EXPECT_THAT(rig.logged(), HasSubstr("dns=\"MX nowhere.example: nxdomain"));
}

TEST(MilterSessionWaits, NotBeyondTheDeadline) {
  SessionRig rig(kMxRules, quick(), kZone);
  const auto session = rig.open();
  const Stopwatch watch;
  EXPECT_EQ(said(session->mail("<a@silent.example>", {})), "451 4.4.3 unknown");
  EXPECT_GE(watch.took(), 290ms);
  EXPECT_LT(watch.own(), 5s);
}

TEST(MilterSessionWaits, NotBeyondADeadlineThatHasChanged) {
  config::Settings settings;
  settings.decision.deadline = 60s;
  SessionRig rig(kMxRules, settings, kZone);
  const auto session = rig.open();
  settings.decision.deadline = 50ms;
  rig.settings.replace(settings);
  EXPECT_EQ(said(session->mail("<a@silent.example>", {})), "451 4.4.3 unknown");
  EXPECT_THAT(rig.logged(), HasSubstr("MX silent.example: deadline"));
}

TEST(MilterSessionWaits, WhenTooManyDoItAnswersAtOnce) {
  config::Settings settings;
  settings.decision.deadline = 15s;
  settings.milter.max_waiting = 1;
  SessionRig rig(kMxRules, settings, kZone);
  const auto session = rig.open();
  auto other = rig.waiting.take({}, {});
  const Stopwatch watch;
  EXPECT_EQ(said(session->mail("<a@good.example>", {})), "451 4.4.3 unknown");
  EXPECT_LT(watch.own(), 5s);
  EXPECT_TRUE(rig.dns.servers[0]->queries().empty());
  EXPECT_EQ(rig.waiting.refused(), 1U);
  EXPECT_THAT(rig.logged(), HasSubstr("MX good.example: overloaded (given up)"));
  other.reset();
  EXPECT_EQ(said(session->mail("<a@good.example>", {})), "-") << "and nothing of it is remembered";
}

TEST(MilterSessionWaits, WhatIsKnownNeedsNoWaiting) {
  config::Settings settings;
  settings.decision.deadline = 15s;
  settings.milter.max_waiting = 1;
  SessionRig rig(kMxRules, settings, kZone);
  const auto session = rig.open();
  EXPECT_EQ(said(session->mail("<a@nowhere.example>", {})), "550 5.1.8 missing");
  const auto other = rig.waiting.take({}, {});
  EXPECT_EQ(said(session->mail("<b@nowhere.example>", {})), "550 5.1.8 missing");
  EXPECT_EQ(rig.waiting.refused(), 0U);
}

// One deadline for the message, not one for each of its recipients.
TEST(MilterSessionWaits, OnceForAllRecipients) {
  config::Settings settings;
  settings.decision.deadline = 300ms;
  constexpr int kRecipients = 20;
  SessionRig rig(R"(
rules:
  - { name: ok, when: { recipient: ok@ }, then: pass }
  - name: mx
    stage: eom
    check: sender_mx
    on: { unknown: 'defer 451 4.4.3 "unknown"' }
)",
                 settings, kZone);
  const auto session = rig.open();
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
  SessionRig rig(kDelayRules);
  const auto session = rig.open();
  const Stopwatch watch;
  EXPECT_EQ(said(session->connect("x", IpAddress::parse("192.0.2.2").value(), "")), "-");
  EXPECT_GE(watch.took(), 300ms);
  EXPECT_LT(watch.own(), 5s);
  EXPECT_EQ(rig.delays.counts().held, 1U);
  EXPECT_EQ(rig.delays.counts().held_now, 0U);
  EXPECT_THAT(rig.logged(), HasSubstr("also=brief delay=300ms"));
}

TEST(MilterSessionWaits, StoppingCutsADelayShort) {
  SessionRig rig(kDelayRules);
  const auto session = rig.open();
  const Stopwatch watch;
  std::thread stops([&] {
    while (rig.delays.counts().held_now == 0) std::this_thread::sleep_for(1ms);
    rig.stopping.set();
  });
  EXPECT_EQ(said(session->connect("x", kClient, "")), "-");
  stops.join();
  EXPECT_LT(watch.own(), 15s);
}

TEST(MilterSessionWaits, NothingIsHeldBackBeyondTheCap) {
  config::Settings settings;
  settings.decision.max_delayed = 1;
  SessionRig rig(kDelayRules, settings);
  const auto session = rig.open();
  const auto other = rig.delays.take(service::ServerLoad::normal, std::nullopt);
  const Stopwatch watch;
  EXPECT_EQ(said(session->connect("x", kClient, "")), "-");
  EXPECT_LT(watch.own(), 15s);
  EXPECT_EQ(rig.delays.counts().skipped_full, 1U);
}

TEST(MilterSessionWaits, NothingIsHeldBackWhenNearlyFull) {
  config::Settings settings;
  settings.milter.max_connections = 1;
  SessionRig rig(kDelayRules, settings);
  const auto session = rig.open();
  const Stopwatch watch;
  EXPECT_EQ(said(session->connect("x", kClient, "")), "-");
  EXPECT_LT(watch.own(), 15s);
  EXPECT_EQ(rig.delays.counts().skipped_overloaded, 1U);
}

TEST(MilterSessionWaits, ADryRunHoldsNothingBack) {
  SessionRig rig(
      "rules: [{ name: slow, mode: log, when: { client: 192.0.2.1 }, then: delay 20s }]\n");
  const auto session = rig.open();
  const Stopwatch watch;
  EXPECT_EQ(said(session->connect("x", kClient, "")), "-");
  EXPECT_LT(watch.own(), 15s);
  EXPECT_THAT(rig.logged(), HasSubstr("would=slow:delay"));
  EXPECT_THAT(rig.logged(), Not(HasSubstr(" delay=")));
}

}  // namespace
}  // namespace postern::milter::session_wait_test
