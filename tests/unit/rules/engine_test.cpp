#include "rules/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::engine_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const auto kNow = std::chrono::system_clock::time_point{};

Verdict verdict_of(const Snapshot& snapshot, const Transaction& transaction) {
  FactView facts(nullptr);
  auto verdict = evaluate(snapshot, transaction, facts, kNow);
  if (!verdict) throw std::runtime_error("facts are missing");
  return *verdict;
}

Transaction at_rcpt() {
  return TransactionBuilder(Stage::rcpt)
      .client("192.0.2.1")
      .helo("h.example")
      .sender("s@a.example")
      .recipient("r@b.example")
      .transaction;
}

TEST(Engine, NothingDecidedIsPass) {
  const auto rules = rules_from("version: 1\nrules: []\n");
  const Verdict verdict = verdict_of(*rules, at_rcpt());
  EXPECT_EQ(verdict.action, Disposition::pass);
  EXPECT_EQ(verdict.rule, "");
  EXPECT_EQ(verdict.generation, 7U);
  EXPECT_EQ(verdict.pending_rule, "");
}

TEST(Engine, SaysWhyAndFillsIn) {
  const auto rules = rules_from(R"(version: 1
lists:
  bad:
    kind: domain
    entries: [{ entry: .a.example, reason: ticket 1, then: 'reject "{sender_domain} by {rule}"' }]
rules:
  - { name: note, when: { client: 192.0.2.0/24 }, then: [ { prepend: "X-From: {client}" }, log ] }
  - { name: r, when: { sender_domain: bad }, then: defer }
)");
  const Verdict verdict = verdict_of(*rules, at_rcpt());
  EXPECT_EQ(verdict.action, Disposition::reject);
  EXPECT_EQ(verdict.reply.to_string(), "550 5.7.1 a.example by r");
  EXPECT_EQ(verdict.rule, "r");
  EXPECT_EQ(verdict.entry.list, "bad");
  EXPECT_EQ(verdict.entry.entry, ".a.example");
  EXPECT_EQ(verdict.entry.reason, "ticket 1");
  EXPECT_EQ(verdict.entry.line, 5);
  EXPECT_THAT(verdict.prepend, ElementsAre(Header{"X-From", "192.0.2.1"}));
  EXPECT_THAT(verdict.also, ElementsAre("note", "note"));
}

TEST(Engine, ARuleOfWhichTheStageHasGoneByIsNotThere) {
  const auto rules = rules_from(
      "version: 1\nrules:\n"
      "  - { name: a, stage: helo, when: { client: 192.0.2.1 }, then: reject }\n"
      "  - { name: b, when: { client: 192.0.2.1 }, then: defer }\n");
  EXPECT_EQ(verdict_of(*rules, at_rcpt()).rule, "b");
  EXPECT_EQ(verdict_of(*rules, TransactionBuilder(Stage::connect).client("192.0.2.1").transaction)
                .pending_rule,
            "a");
}

TEST(Engine, AnExpiredEntryNoLongerDecides) {
  const auto rules = rules_from(
      "version: 1\nlists: { l: { kind: network, entries: [ { entry: 192.0.2.1, expires: "
      "2026-06-01T00:00:00Z } ] } }\nrules: [ { name: a, when: { client: l }, then: reject } ]\n");
  const auto end = parse_expiry("2026-06-01T00:00:00Z").value();
  FactView facts(nullptr);
  EXPECT_EQ(evaluate(*rules, at_rcpt(), facts, end - std::chrono::milliseconds{1})->action,
            Disposition::reject);
  EXPECT_EQ(evaluate(*rules, at_rcpt(), facts, end)->action, Disposition::pass);
}

// Else it would depend on rules that have the MTA ask once more whether they are spared.
TEST(Engine, WhomARuleSparedAtItsStageIsSparedToTheEnd) {
  for (const char* action : {"pass", "hold", "skip ban"}) {
    const auto rules = rules_from(
        "version: 1\nrules:\n  - { name: spare, stage: rcpt, when: { recipient: r@ }, then: " +
        std::string(action) +
        " }\n  - { name: ban, when: { sender_domain: a.example }, then: reject }\n");
    for (Stage stage : {Stage::rcpt, Stage::data, Stage::eom}) {
      Transaction t = at_rcpt();
      t.stage = stage;
      EXPECT_NE(verdict_of(*rules, t).action, Disposition::reject) << action << to_string(stage);
      t.recipient = MailAddress::from_envelope("other@b.example");
      EXPECT_EQ(verdict_of(*rules, t).action, Disposition::reject) << action << to_string(stage);
    }
  }
}

TEST(Engine, OfARuleWhoseStageHasGoneByNothingElseIsLeft) {
  const auto rules = rules_from(R"(version: 1
rules:
  - { name: noted, stage: rcpt, then: [log, { prepend: "X-A: b" }, pass] }
)");
  Transaction t = at_rcpt();
  EXPECT_THAT(verdict_of(*rules, t).also, ElementsAre("noted", "noted"));
  t.stage = Stage::data;
  const Verdict later = verdict_of(*rules, t);
  EXPECT_THAT(later.also, IsEmpty());
  EXPECT_THAT(later.prepend, IsEmpty());
  EXPECT_EQ(later.rule, "noted");
}

}  // namespace
}  // namespace postern::engine_test
