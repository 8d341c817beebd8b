// A shadow without a daemon: it keeps up or leaves out, and what goes wrong in it stays in it.
#include "server/service/shadow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "server/service/shadow_slot.h"
#include "tests/support/rules_from.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/transaction_builder.h"

namespace postern::service::shadow_test {
namespace {

using shadow::Kind;
using testing::HasSubstr;

const std::string kHead = "version: 1\nrules:\n";
const std::string kLive =
    kHead + "  - { name: live, when: { sender_domain: b.example }, then: reject 550 5.7.1 No }\n";
const std::string kRefuses =
    kHead + "  - { name: a, when: { sender_domain: a.example }, then: reject 550 5.7.1 No }\n";
const std::string kAsks =
    kHead + "  - { name: mx, check: sender_mx, on: { missing: reject 550 5.1.8 No } }\n";

std::shared_ptr<Snapshot> rules_of(const std::string& text, std::uint64_t generation) {
  Diagnostics diagnostics;
  auto rules = load::load_rules(text, "rules.yaml", reader_of({}), generation,
                                {Door::policy, {Door::policy}}, diagnostics);
  if (!rules) throw std::runtime_error(diagnostics.to_string());
  return rules;
}

// DNS of which a test says what it does.
struct OwnWay final : ShadowDns {
  std::function<void(Decision&)> way;
  explicit OwnWay(std::function<void(Decision&)> is) : way(std::move(is)) {}
  void settle(Decision& decision, std::chrono::steady_clock::time_point) override { way(decision); }
  void stop() override {}
};

class ShadowTest : public testing::Test {
 protected:
  ShadowTest() {
    os::LogSettings log;
    log.file = folder_.path("log");
    log_ = os::DaemonLog::open(log).value();
  }

  Shadow& start(const std::string& candidate, std::function<void(Decision&)> dns = {},
                std::size_t max_records = Shadow::kMaxRecords) {
    Shadow::Parts parts{.file = "new.yaml",
                        .rules = rules_of(candidate, 0),
                        .live = live_,
                        .settings = settings_,
                        .log = *log_,
                        .max_records = max_records,
                        .gather = std::chrono::milliseconds{0}};
    if (dns) parts.dns = std::make_unique<OwnWay>(std::move(dns));
    shadow_ = std::make_unique<Shadow>(std::move(parts));
    return *shadow_;
  }

  void decide(const std::string& sender = "s@a.example", Judged judged = Judged::deciding) {
    const Transaction transaction = TransactionBuilder(Stage::rcpt)
                                        .client("192.0.2.7")
                                        .sender(sender)
                                        .recipient("joe@box.example")
                                        .transaction;
    const auto rules = live_.current();
    Decision decision(rules, transaction, nullptr, std::chrono::system_clock::now());
    EXPECT_EQ(decision.step(), Decision::Step::done);
    shadow_->record(
        {.door = "policy",
         .transaction = transaction,
         .verdict = decision.verdict(),
         .evidence = decision.evidence(),
         .reply = lets_in(decision.verdict()) ? "DUNNO" : decision.verdict().reply.to_string(),
         .began = decision.now(),
         .judged = judged});
  }

  // Once all that was offered is compared.
  Shadow::Sums sums() {
    Shadow::Sums now = shadow_->sums();
    while (decisions_in(now.counts) + now.dropped + now.failed < now.offered) {
      std::this_thread::yield();
      now = shadow_->sums();
    }
    return now;
  }
  std::uint64_t counted(Kind kind) {
    return sums().counts[static_cast<std::size_t>(kind)].decisions;
  }
  std::string log() {
    log_->flush();
    std::ifstream file(folder_.path("log"));
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryFolder folder_;
  std::unique_ptr<os::DaemonLog> log_;
  config::LiveSettings settings_{config::Settings{}};
  config::SnapshotStore live_{rules_of(kLive, 7)};
  std::unique_ptr<Shadow> shadow_;
};

TEST_F(ShadowTest, ComparesWhatIsDecided) {
  start(kRefuses);
  decide("s@a.example");
  decide("s@b.example");
  decide("s@c.example");
  decide("s@a.example", Judged::again);
  EXPECT_EQ(counted(Kind::refused), 1U);
  EXPECT_EQ(counted(Kind::let_in), 1U);
  EXPECT_EQ(counted(Kind::same), 1U);
  EXPECT_EQ(sums().offered, 3U) << "what is said once more is no decision";
  EXPECT_EQ(sum_of(*shadow_), "new.yaml: 3 decisions compared, 2 differ");
}

TEST_F(ShadowTest, AfterAReloadItIsComparedWithTheNewRules) {
  start(kRefuses);
  decide("s@a.example");
  EXPECT_EQ(counted(Kind::refused), 1U);
  live_.replace(rules_of(kRefuses, 8));
  decide("s@a.example");
  EXPECT_EQ(counted(Kind::same), 1U);
}

TEST_F(ShadowTest, DecisionsOfRulesThatNobodyKnowsAreUndecided) {
  start(kRefuses);
  const auto old = live_.current();
  live_.replace(rules_of(kLive, 20));
  decide();
  EXPECT_EQ(counted(Kind::refused), 1U);
  live_.replace(rules_of(kLive, 21));
  const auto skipped = rules_of(kLive, 22);
  Verdict verdict;
  verdict.generation = skipped->generation();
  const Transaction transaction = TransactionBuilder(Stage::rcpt).sender("s@a.example").transaction;
  const std::vector<DnsEvidence> nothing;
  shadow_->record({.door = "policy",
                   .transaction = transaction,
                   .verdict = verdict,
                   .evidence = nothing,
                   .reply = "DUNNO"});
  EXPECT_EQ(counted(Kind::undecided), 1U);
}

TEST_F(ShadowTest, AsksNobodyUnlessItIsTold) {
  start(kAsks);
  decide();
  EXPECT_EQ(counted(Kind::undecided), 1U);
  start(kAsks, [](Decision& decision) {
    while (decision.step() == Decision::Step::need_facts) {
      const auto questions = decision.questions();
      dns::DnsAnswer absent;
      absent.status = dns::DnsStatus::absent;
      absent.reason = dns::DnsReason::nxdomain;
      for (const auto& question : questions) {
        decision.add(question, {std::make_shared<const dns::DnsAnswer>(absent), {}, {}});
      }
    }
  });
  decide();
  EXPECT_EQ(counted(Kind::refused), 1U);
}

TEST_F(ShadowTest, WhatGoesWrongIsCountedAndSaidOnceAndNothingElse) {
  start(kAsks, [](Decision&) { throw std::runtime_error("no memory at all"); });
  for (int i = 0; i < 3; ++i) decide();
  EXPECT_EQ(sums().failed, 3U);
  EXPECT_EQ(shadow_->status().failure, "no memory at all");
  const std::string told = log();
  EXPECT_THAT(told, HasSubstr("the shadow failed at a decision"));
  EXPECT_EQ(told.find("the shadow failed"), told.rfind("the shadow failed"));
}

// The candidate waits for DNS while so many decisions come; nobody waits for it.
TEST_F(ShadowTest, WhatItHasNoRoomForIsLeftOutAndCounted) {
  constexpr std::size_t kRoom = 4;
  constexpr std::uint64_t kDecisions = 100;
  std::mutex mutex;
  std::condition_variable changed;
  bool goes_on = false;
  bool waits = false;
  start(
      kAsks,
      [&](Decision& decision) {
        std::unique_lock lock(mutex);
        waits = true;
        changed.notify_all();
        changed.wait(lock, [&] { return goes_on; });
        decision.give_up(dns::DnsReason::deadline);
        decision.step();
      },
      kRoom);
  decide();
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return waits; });
  }
  for (std::uint64_t i = 0; i < kDecisions; ++i) decide();
  EXPECT_EQ(shadow_->sums().dropped, kDecisions - kRoom);
  {
    const std::lock_guard lock(mutex);
    goes_on = true;
    changed.notify_all();
  }
  EXPECT_EQ(decisions_in(sums().counts), 1 + kRoom);
}

TEST_F(ShadowTest, ASlotPassesOnToTheOneThatRuns) {
  ShadowSlot slot;
  EXPECT_EQ(slot.running(), nullptr);
  start(kRefuses);
  Shadow* const shadow = shadow_.get();
  EXPECT_EQ(slot.exchange(std::move(shadow_)), nullptr);
  EXPECT_EQ(slot.running(), shadow);
  const Transaction transaction = TransactionBuilder(Stage::rcpt).transaction;
  const Verdict verdict;
  const std::vector<DnsEvidence> nothing;
  const explain::DecisionRecord record{.door = "policy",
                                       .transaction = transaction,
                                       .verdict = verdict,
                                       .evidence = nothing,
                                       .reply = "DUNNO"};
  slot.record(record);
  shadow_ = slot.exchange(nullptr);
  slot.record(record);
  EXPECT_EQ(sums().offered, 1U);
}

}  // namespace
}  // namespace postern::service::shadow_test
