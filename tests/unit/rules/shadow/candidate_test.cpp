// A candidate beside one decision: what counts as which difference, and what is none.
#include "rules/shadow/candidate.h"

#include <gtest/gtest.h>

#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::shadow::candidate_test {
namespace {

using journal::JournalRecord;

JournalRecord record_at(Stage stage, Door door = Door::milter) {
  JournalRecord record;
  record.time = journal::JournalTime(std::chrono::seconds(1795871642));
  record.door = door;
  record.transaction = TransactionBuilder(stage).client("203.0.113.9").transaction;
  if (stage >= Stage::helo) record.transaction.helo = "h.example";
  if (stage >= Stage::mail) record.transaction.sender = MailAddress::from_envelope("s@a.example");
  if (stage >= Stage::rcpt) {
    record.transaction.recipient = MailAddress::from_envelope("r@b.example");
  }
  if (stage == Stage::eom) record.transaction.header.emplace();
  return record;
}

JournalRecord refused_at(Stage stage, const std::string& reply, Disposition action) {
  JournalRecord record = record_at(stage);
  record.verdict.action = action;
  record.verdict.reply = reply;
  record.verdict.rule = "live";
  return record;
}

// What the comparison points to stays as long as the process.
Comparison compared(JournalRecord record, const std::string& rules, const Needs* live = nullptr,
                    Work* work = nullptr) {
  static std::vector<std::unique_ptr<Candidate>> kept;
  kept.push_back(
      std::make_unique<Candidate>(rules_from("version: 1\nrules:\n" + rules, {}, {record.door})));
  return kept.back()->compare(record, live != nullptr ? *live : kept.back()->rules()->needs(),
                              work);
}

const std::string kRefusesA =
    "  - { name: a, when: { sender_domain: a.example }, then: reject 550 5.7.1 No }\n";
const std::string kPasses = "  - { name: p, when: { sender_domain: a.example }, then: pass }\n";

TEST(Compare, WhatIsLetInAndWouldBeRefused) {
  const Comparison found = compared(record_at(Stage::rcpt), kRefusesA);
  EXPECT_EQ(found.kind, Kind::refused);
  EXPECT_EQ(to_string(found.live), "pass");
  EXPECT_EQ(to_string(found.candidate), "reject 550");
  EXPECT_EQ(found.rule, "a");
}

TEST(Compare, WhatIsRefusedAndWouldBeLetIn) {
  const auto live = refused_at(Stage::rcpt, "550 5.7.1 No", Disposition::reject);
  EXPECT_EQ(compared(live, kPasses).kind, Kind::let_in);
  EXPECT_EQ(compared(live, kRefusesA).kind, Kind::same);
}

TEST(Compare, AnotherActionThatLetsInOrRefusesAllTheSame) {
  const auto live = refused_at(Stage::rcpt, "450 4.7.1 Later", Disposition::defer);
  EXPECT_EQ(compared(live, kRefusesA).kind, Kind::other_action);
  EXPECT_EQ(compared(record_at(Stage::rcpt),
                     "  - { name: h, when: { sender_domain: a.example }, then: hold }\n")
                .kind,
            Kind::other_action);
}

TEST(Compare, TheSameActionWithOtherDetails) {
  EXPECT_EQ(
      compared(refused_at(Stage::rcpt, "550 5.7.1 Go away", Disposition::reject), kRefusesA).kind,
      Kind::other_details);
  for (const char* details : {"'prepend \"X-A: b\"'", "log", "hold other"}) {
    JournalRecord live = record_at(Stage::rcpt);
    if (std::string(details) == "hold other") {
      live.verdict.action = Disposition::hold;
      live.verdict.text = "one";
    }
    const Kind wanted = std::string(details) == "log" ? Kind::same : Kind::other_details;
    EXPECT_EQ(compared(live, std::string("  - { name: d, then: ") + details + " }\n").kind, wanted)
        << details;
  }
}

TEST(Compare, WhatNeedsDnsThatNobodyAskedIsUndecided) {
  const std::string checks = "  - { name: mx, check: sender_mx, on: { missing: reject } }\n";
  const Comparison found = compared(record_at(Stage::rcpt), checks);
  EXPECT_EQ(found.kind, Kind::undecided);
  EXPECT_EQ(found.rule, "mx");
  EXPECT_EQ(found.needs, "DNS");
  EXPECT_EQ(compared(record_at(Stage::rcpt), kRefusesA + checks).kind, Kind::refused)
      << "a rule further up decides without it";
}

TEST(Compare, AHeaderFieldThatTheRulesInForceDoNotLookAtIsUndecided) {
  const std::string subject =
      "  - { name: s, when: { header.subject: '~x' }, then: reject 550 5.7.1 No }\n";
  JournalRecord record = record_at(Stage::eom);
  record.header_names = {"subject"};
  record.transaction.header->fields.push_back({"subject", "x"});
  EXPECT_EQ(compared(record, subject).kind, Kind::refused);
  const Needs none;
  EXPECT_EQ(compared(record, subject, &none).kind, Kind::undecided);
}

TEST(Compare, WhatNoRuleInForceHasDecidedIsUndecided) {
  JournalRecord cut = record_at(Stage::rcpt);
  cut.verdict.cut_short = "slow";
  EXPECT_EQ(compared(cut, kRefusesA).kind, Kind::undecided);
  JournalRecord full = refused_at(Stage::rcpt, "452 4.5.3 Too many", Disposition::defer);
  full.verdict.rule.clear();
  EXPECT_EQ(compared(full, kRefusesA).kind, Kind::undecided);
}

class NoTime : public Work {
  bool has_time(std::uint64_t) override { return false; }
};

TEST(Compare, ACandidateThatTakesTooLongIsUndecided) {
  NoTime none;
  none.take(std::uint64_t{1} << 20);
  EXPECT_EQ(compared(record_at(Stage::rcpt), kRefusesA, nullptr, &none).kind, Kind::undecided);
}

TEST(Compare, WhereTheRulesInForceOnlyNoteTheCandidateDecidesIfItWouldBeAsked) {
  JournalRecord noted = record_at(Stage::helo);
  noted.judged = Judged::noting;
  EXPECT_EQ(
      compared(noted, "  - { name: h, when: { helo: h.example }, then: reject 550 5.7.1 No }\n")
          .kind,
      Kind::refused);
  EXPECT_EQ(
      compared(noted, "  - { name: c, when: { client: 203.0.113.9 }, then: reject 550 5.7.1 No }\n")
          .kind,
      Kind::same)
      << "it would have refused the client at CONNECT";
}

TEST(Compare, AnEntryThatHasEndedByThenMatchesNothing) {
  const auto lists = [](const std::string& expires) {
    return "  - { name: a, when: { sender_domain: l }, then: reject 550 5.7.1 No }\nlists:\n"
           "  l: { kind: domain, entries: [{ entry: a.example, expires: " +
           expires + " }] }\n";
  };
  EXPECT_EQ(compared(record_at(Stage::rcpt), lists("2026-11-01")).kind, Kind::same);
  const Comparison found = compared(record_at(Stage::rcpt), lists("2030-01-01"));
  EXPECT_EQ(found.kind, Kind::refused);
  EXPECT_EQ(found.entry.entry, "a.example");
}

}  // namespace
}  // namespace postern::shadow::candidate_test
