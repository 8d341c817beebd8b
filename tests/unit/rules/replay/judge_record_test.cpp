// A record of the journal judged: what it does not hold leaves a decision undecided, and what the
// door does by itself is no decision of the rules.
#include <gtest/gtest.h>

#include "rules/model/verdict.h"
#include "rules/replay/recorded.h"
#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::replay::judge_record_test {
namespace {

using journal::JournalRecord;
using Kind = Fidelity::Kind;

constexpr std::uint64_t kTime = 1795871642;  // 2026-11-28

JournalRecord record_of(Door door, Stage stage) {
  JournalRecord record;
  record.time = journal::JournalTime(std::chrono::seconds(kTime));
  record.door = door;
  record.transaction =
      TransactionBuilder(stage).client("203.0.113.9").helo("h.example").transaction;
  if (stage >= Stage::mail) record.transaction.sender = MailAddress::from_envelope("s@a.example");
  if (stage >= Stage::rcpt)
    record.transaction.recipient = MailAddress::from_envelope("r@b.example");
  return record;
}

Judgement judged_by(const std::string& rules, const JournalRecord& record,
                    const Needs* asked_then = nullptr) {
  static std::vector<std::shared_ptr<const Snapshot>> kept;
  kept.push_back(rules_from("version: 1\nrules:\n" + rules, {}, {record.door}));
  Judge judge(kept.back(), nullptr);
  return judge_record(judge, record, record.time, asked_then);
}

TEST(JudgeRecord, LocalPartsThatAreHashedAreNotKnownAndDomainsAre) {
  JournalRecord record = record_of(Door::policy, Stage::rcpt);
  record.local_parts = journal::LocalParts::hash;
  EXPECT_EQ(judged_by("  - { name: x, when: { sender: s@ }, then: reject }\n", record)
                .undecided.value()
                .needs,
            "sender");
  EXPECT_EQ(judged_by("  - { name: x, when: { sender_domain: a.example }, then: reject }\n", record)
                .verdict.rule,
            "x");
}

TEST(JudgeRecord, WhatWaitsForAStageThatDidNotComeIsUndecided) {
  const std::string on_sender =
      "  - { name: x, when: { sender_domain: a.example }, then: reject }\n";
  const JournalRecord connect = record_of(Door::milter, Stage::connect);
  EXPECT_FALSE(judged_by(on_sender, connect).undecided) << "MAIL has a record of its own";
  JournalRecord refused = connect;
  refused.verdict.action = Disposition::reject;
  EXPECT_EQ(judged_by(on_sender, refused).undecided.value().needs, "sender_domain");
  const Needs nothing_later{};
  EXPECT_TRUE(judged_by(on_sender, connect, &nothing_later).undecided);
}

TEST(JudgeRecord, AMessageWhoseRecipientsDifferIsUndecided) {
  constexpr std::string_view kOthers = "the other recipients of the message";
  JournalRecord record = record_of(Door::milter, Stage::eom);
  record.transaction.recipient.reset();
  record.transaction.recipient_count = 2;
  record.transaction.header.emplace();
  const std::string mixing =
      "  - { name: to, when: { recipient: r@ }, then: pass }\n"
      "  - { name: x, stage: eom, when: { sender_domain: a.example }, then: reject }\n";
  EXPECT_EQ(judged_by(mixing, record).undecided.value().needs, kOthers);
  const std::string alike = "  - { name: x, when: { sender_domain: b.example }, then: reject }\n";
  EXPECT_FALSE(judged_by(alike, record).undecided);
  record.verdict.mixed_recipients = MixedRecipients::split;
  EXPECT_EQ(judged_by(alike, record).undecided.value().needs, kOthers);
}

// `r@` is let in, others are refused at the end of the message.
const std::string kMixing =
    "  - { name: to, when: { recipient: r@ }, then: pass }\n"
    "  - { name: x, stage: eom, when: { sender_domain: a.example }, then: reject 550 5.7.1 No }\n";

JournalRecord message_to(const std::vector<std::string>& recipients) {
  JournalRecord record = record_of(Door::milter, Stage::eom);
  record.transaction.header.emplace();
  record.transaction.recipient_count = recipients.size();
  for (const std::string& one : recipients) {
    record.recipients.each.push_back(MailAddress::from_envelope(one));
  }
  return record;
}

TEST(JudgeRecord, AMessageOfSeveralIsJudgedForEachAsTheDoorDid) {
  JournalRecord record = message_to({"r@b.example", "joe@b.example"});
  EXPECT_EQ(judged_by(kMixing, record).verdict.reply.code, 452);
  record.recipients.mixed = MixedRecipients::mildest;
  EXPECT_EQ(judged_by(kMixing, record).verdict.action, Disposition::pass);
  const JournalRecord alike = message_to({"ann@b.example", "joe@b.example"});
  EXPECT_EQ(judged_by(kMixing, alike).verdict.rule, "x");
}

TEST(JudgeRecord, OtherRulesMayTellApartWhomTheRecordDoesNotHave) {
  JournalRecord record = message_to({"ann@b.example"});
  record.transaction.recipient_count = 3;
  EXPECT_EQ(judged_by(kMixing, record).undecided.value().needs,
            "the other recipients of the message");
  EXPECT_FALSE(
      judged_by("  - { name: x, when: { sender_domain: b.example }, then: reject }\n", record)
          .undecided);
}

Fidelity compared_with(const JournalRecord& record, const std::string& of = kMixing) {
  const auto rules = rules_from("version: 1\nrules:\n" + of, {}, {record.door});
  Judge own(rules, nullptr);
  return compare_with_record(own, record);
}

TEST(CompareWithRecord, ForTheirOwnRulesOneOfThoseThatAreAlikeIsEnough) {
  JournalRecord record = message_to({"ann@b.example"});
  record.transaction.recipient_count = 3;
  record.verdict.action = Disposition::reject;
  record.verdict.rule = "x";
  record.verdict.reply = "550 5.7.1 No";
  EXPECT_EQ(compared_with(record).kind, Kind::same) << compared_with(record).what;
  record.recipients.each.clear();
  EXPECT_EQ(compared_with(record).kind, Kind::incomplete) << "written by an earlier Postern";
}

// `r@` is put off because `joe@` came before, while a rule waits.
JournalRecord put_off(const std::string& pending_rule) {
  JournalRecord record = record_of(Door::milter, Stage::rcpt);
  record.recipients.each = {MailAddress::from_envelope("joe@b.example")};
  Verdict split;
  defer_as_mixed(split);
  record.verdict.action = split.action;
  record.verdict.reply = split.reply.to_string();
  record.verdict.mixed_recipients = split.mixed_recipients;
  record.verdict.pending_rule = pending_rule;
  return record;
}

TEST(CompareWithRecord, ARecipientThatHadToWaitForAnother) {
  const JournalRecord record = put_off("x");
  JournalRecord passed = record;
  EXPECT_NE(compared_with(record).kind, Kind::incomplete) << compared_with(record).what;
  passed.recipients.each = {*record.transaction.recipient};
  EXPECT_EQ(compared_with(passed).kind, Kind::other) << "they share a message";
}

// At RCPT no rule decides, but the door puts off whoever cannot share the message.
TEST(CompareWithRecord, ARecipientThatHadToWaitWhereRulesOnlyNote) {
  JournalRecord record = put_off("to");
  record.judged = Judged::noting;
  const std::string at_end =
      "  - { name: to, stage: eom, when: { recipient: r@ }, then: pass }\n"
      "  - { name: x, stage: eom, when: { sender_domain: a.example }, then: reject }\n";
  const Fidelity found = compared_with(record, at_end);
  EXPECT_EQ(found.kind, Kind::same) << found.what;
}

// A milter that has as many recipients to redirect as one message may have.
TEST(CompareWithRecord, WhatTheDoorDefersByItselfIsNoFaultAndNoChange) {
  const auto rules = rules_from(
      "version: 1\ncapture_domains: box.example\nrules:\n"
      "  - { name: r, when: { sender: s@a.example }, then: redirect q@box.example }\n",
      {}, {Door::milter});
  JournalRecord record;
  record.door = Door::milter;
  record.transaction = TransactionBuilder(Stage::rcpt)
                           .client("192.0.2.7")
                           .sender("s@a.example")
                           .recipient("joe@box.example")
                           .transaction;
  Verdict verdict;
  defer_as_too_many(verdict);
  record.verdict.action = verdict.action;
  record.verdict.reply = verdict.reply.to_string();
  Judge judge(rules, nullptr);
  EXPECT_EQ(compare_with_record(judge, record).kind, Kind::incomplete);
  const Judgement judgement = judge_record(judge, record, record.time, nullptr);
  ASSERT_TRUE(judgement.undecided);
  EXPECT_EQ(judgement.undecided->needs, "what the door defers by itself");
}

TEST(CompareWithRecord, ThePolicyDoorIsNotToldOfTheOthers) {
  JournalRecord record = record_of(Door::policy, Stage::eom);
  record.transaction.recipient.reset();
  record.transaction.recipient_count = 2;
  record.verdict.action = Disposition::reject;
  record.verdict.rule = "x";
  record.verdict.reply = "550 5.7.1 No";
  const std::string mixing =
      "  - { name: x, stage: eom, when: { sender_domain: a.example }, then: reject 550 5.7.1 No }\n"
      "  - { name: to, stage: eom, when: { recipient: r@ }, then: reject }\n";
  const Fidelity found = compared_with(record, mixing);
  EXPECT_EQ(found.kind, Kind::same) << found.what;
}

TEST(PastOf, AMessageIsKnownByItsInstanceElseItsQueueIdElseWhoSentItWhen) {
  JournalRecord record = record_of(Door::policy, Stage::rcpt);
  EXPECT_EQ(past_of(record).message, "203.0.113.9 s@a.example 1795871642");
  record.transaction.queue_id = "4QbJ";
  EXPECT_EQ(past_of(record).message, "4QbJ");
  record.transaction.instance = "12.3";
  EXPECT_EQ(past_of(record).message, "12.3");
}

TEST(PastOf, ARefusalHasItsCodeAndText) {
  JournalRecord record = record_of(Door::policy, Stage::rcpt);
  record.verdict.action = Disposition::defer;
  record.verdict.reply = "450 4.7.1 Later";
  EXPECT_EQ(to_string(past_of(record).outcome), "defer 450");
  EXPECT_EQ(past_of(record).reply, "450 4.7.1 Later");
}

TEST(IsOwnDecision, NotWhatIsSaidOnceMore) {
  JournalRecord record;
  EXPECT_TRUE(is_own_decision(record));
  record.judged = Judged::again;
  EXPECT_FALSE(is_own_decision(record));
}

}  // namespace
}  // namespace postern::replay::judge_record_test
