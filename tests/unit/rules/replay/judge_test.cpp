// Mail of the past judged by what is told of it, and by nothing else.
#include "rules/replay/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/attribute.h"
#include "tests/support/counted_work.h"
#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::replay::judge_test {
namespace {

using testing::ElementsAre;

const auto kNow = std::chrono::system_clock::time_point{std::chrono::hours{24 * 365}};

// Mail to one recipient, without a header, HELO, TLS or authentication told.
Transaction mail_of_a_log(const std::string& sender = "s@a.example") {
  Transaction transaction = TransactionBuilder(Stage::eom)
                                .client("192.0.2.1")
                                .sender(sender)
                                .recipient("r@b.example")
                                .transaction;
  for (const Attribute untold : {Attribute::helo, Attribute::tls, Attribute::sasl_username,
                                 Attribute::reverse_client_name}) {
    transaction.untold.set(static_cast<std::size_t>(untold));
  }
  return transaction;
}

class JudgedBy {
 public:
  explicit JudgedBy(const std::string& rules, Door door = Door::policy)
      : judge_(rules_from("version: 1\nrules:\n" + rules, {}, {door}), nullptr) {}
  Judgement operator()(const Transaction& transaction) { return judge_.judge(transaction, kNow); }

 private:
  Judge judge_;
};

void expect_undecided(const Judgement& judgement, std::string_view rule, std::string_view needs) {
  ASSERT_TRUE(judgement.undecided);
  EXPECT_EQ(judgement.undecided->rule, rule);
  EXPECT_EQ(judgement.undecided->needs, needs);
}

TEST(Judge, WhatIsToldDecides) {
  JudgedBy judged("  - { name: bad, when: { sender_domain: a.example }, then: reject 550 No }\n");
  const Judgement bad = judged(mail_of_a_log());
  EXPECT_FALSE(bad.undecided);
  EXPECT_EQ(bad.verdict.rule, "bad");
  EXPECT_EQ(bad.verdict.reply.code, 550);
  EXPECT_EQ(judged(mail_of_a_log("s@c.example")).verdict.action, Disposition::pass);
}

TEST(Judge, ARuleOnHeloIsUndecidedAndHoldsUpWhatIsBelow) {
  JudgedBy judged(
      "  - { name: top, when: { sender_domain: top.example }, then: reject }\n"
      "  - { name: helo, when: { helo: evil.example }, then: reject }\n"
      "  - { name: below, when: { sender_domain: a.example }, then: reject }\n");
  expect_undecided(judged(mail_of_a_log()), "helo", "helo");
  EXPECT_FALSE(judged(mail_of_a_log("s@top.example")).undecided) << "decided further up";
}

TEST(Judge, WhatIsFalseAnywayNeedsNothing) {
  JudgedBy judged(
      "  - { name: helo, when: { helo: evil.example, sender_domain: c.example }, then: reject }\n"
      "  - { name: below, when: { sender_domain: a.example }, then: reject }\n");
  EXPECT_EQ(judged(mail_of_a_log()).verdict.rule, "below");
  expect_undecided(judged(mail_of_a_log("s@c.example")), "helo", "helo");
}

TEST(Judge, AListWithoutALivingEntryMatchesNoHelo) {
  JudgedBy judged(
      "  - { name: empty, when: { helo: nobody }, then: reject }\n"
      "  - { name: ended, when: { helo: old }, then: reject }\n"
      "  - { name: below, when: { sender_domain: a.example }, then: reject }\n"
      "lists:\n"
      "  nobody: { kind: domain, entries: [] }\n"
      "  old: { kind: domain, entries: [{ entry: x.example, expires: 1970-06-01 }] }\n");
  EXPECT_EQ(judged(mail_of_a_log()).verdict.rule, "below");
}

TEST(Judge, UnknownIsNeitherYesNorNo) {
  JudgedBy with("  - { name: tls, when: { tls: yes }, then: reject }\n");
  JudgedBy without("  - { name: tls, when: { tls: no }, then: reject }\n");
  JudgedBy nobody("  - { name: user, when: { authenticated: no }, then: reject }\n");
  expect_undecided(with(mail_of_a_log()), "tls", "tls");
  expect_undecided(without(mail_of_a_log()), "tls", "tls");
  expect_undecided(nobody(mail_of_a_log()), "user", "sasl_username");
  Transaction told = mail_of_a_log();
  told.untold.reset();
  told.tls = TlsState::plain;
  EXPECT_EQ(without(told).verdict.rule, "tls");
  EXPECT_EQ(nobody(told).verdict.rule, "user");
}

TEST(Judge, AHeaderIsInNoLog) {
  JudgedBy judged("  - { name: subject, when: { header.subject: x }, then: reject }\n",
                  Door::milter);
  expect_undecided(judged(mail_of_a_log()), "subject", "header");
}

TEST(Judge, ARefusedClientHasNoRecipient) {
  JudgedBy judged("  - { name: to, when: { recipient: r@ }, then: reject }\n");
  Transaction client;
  client.client = IpAddress::parse("192.0.2.1").value();
  expect_undecided(judged(client), "to", "recipient");
}

TEST(Judge, ARuleOfAnEarlierStageIsJudgedThere) {
  JudgedBy judged(
      "  - { name: early, stage: connect, when: { client: 192.0.2.1 }, then: reject }\n",
      Door::milter);
  const Judgement judgement = judged(mail_of_a_log());
  EXPECT_EQ(judgement.verdict.rule, "early");
  EXPECT_EQ(judgement.stage, Stage::connect);
}

TEST(Judge, DnsThatIsNotThereIsNoAnswer) {
  JudgedBy judged("  - { name: mx, check: sender_mx, preset: standard }\n");
  expect_undecided(judged(mail_of_a_log()), "mx", "DNS");
  EXPECT_FALSE(judged(mail_of_a_log("")).undecided) << "a bounce has no domain";
}

TEST(Judge, ACheckInModeLogKeepsNothingFromBeingDecided) {
  JudgedBy judged(
      "  - { name: mx, mode: log, check: sender_mx, preset: standard }\n"
      "  - { name: below, when: { sender_domain: a.example }, then: reject }\n");
  const Judgement judgement = judged(mail_of_a_log());
  EXPECT_FALSE(judgement.undecided);
  EXPECT_EQ(judgement.verdict.rule, "below");
  EXPECT_THAT(judgement.not_looked_at, ElementsAre(testing::FieldsAre("mx", "DNS")));
  EXPECT_TRUE(judgement.verdict.would.empty()) << "what it would have done is not known";
}

TEST(Judge, ACheckIsNotAskedAboutWhatNobodyTells) {
  Transaction untold = mail_of_a_log("");
  untold.untold.set(static_cast<std::size_t>(Attribute::sender_domain));
  JudgedBy enforced("  - { name: mx, check: sender_mx, preset: standard }\n");
  expect_undecided(enforced(untold), "mx", "sender_domain");
  JudgedBy logged("  - { name: mx, mode: log, check: sender_mx, preset: standard }\n");
  EXPECT_THAT(logged(untold).not_looked_at, ElementsAre(testing::FieldsAre("mx", "sender_domain")));
  JudgedBy elsewhere(
      "  - { name: mx, when: { client: 192.0.2.9 }, check: sender_mx, preset: standard }\n");
  EXPECT_FALSE(elsewhere(untold).undecided) << "the rule is about others";
}

TEST(Judge, NeitherDoesARuleInModeLogOnHelo) {
  JudgedBy judged(
      "  - { name: helo, mode: log, when: { helo: evil.example }, then: reject }\n"
      "  - { name: below, when: { sender_domain: a.example }, then: reject }\n"
      "  - { name: not-reached, mode: log, when: { helo: evil.example }, then: reject }\n");
  const Judgement judgement = judged(mail_of_a_log());
  EXPECT_EQ(judgement.verdict.rule, "below");
  EXPECT_THAT(judgement.not_looked_at, ElementsAre(testing::FieldsAre("helo", "helo")));
}

TEST(Judge, WhoIsAskedNowSettlesIt) {
  Judge judge(
      rules_from("version: 1\nrules:\n  - { name: mx, check: sender_mx, preset: standard }\n"),
      nullptr, [](Decision& decision) {
        decision.give_up(dns::DnsReason::servfail);
        decision.step();
      });
  const Judgement judgement = judge.judge(mail_of_a_log(), kNow);
  EXPECT_TRUE(judgement.asked);
  EXPECT_FALSE(judgement.undecided);
  EXPECT_EQ(judgement.verdict.action, Disposition::defer);
}

// Who waits for DNS is found out within the work of the decision, and looks at no text again.
TEST(Judge, WhatARuleNeedsIsFoundWithoutLookingAtTextsAgain) {
  const std::string dear =
      "  - { name: dear, when: { helo: '~(a?){200}b' }, then: reject 550 No }\n";
  Transaction mail = mail_of_a_log();
  mail.untold.reset();
  mail.helo = std::string(2000, 'a');
  const auto looks = [&](const std::string& rules) {
    Judge judge(rules_from("version: 1\nrules:\n" + rules, {}, {Door::policy}), nullptr);
    CountedWork work(1'000'000);
    judge.take_at_most(&work);
    EXPECT_EQ(judge.judge_stage(mail, kNow).undecided.has_value(), rules != dear);
    return work.taken;
  };
  const int once = looks(dear);
  EXPECT_GT(once, 0);
  EXPECT_EQ(looks(dear + "  - { name: mx, check: sender_mx, on: { missing: reject } }\n"), once);
}

// As of a candidate's new list: what it spares is known once a daemon has asked.
TEST(Judge, WhatHangsOnNetworksThatNobodyHasAskedForIsUndecided) {
  const std::string rules =
      "rules:\n  - { name: spared, when: { client: big }, then: pass }\n"
      "  - { name: bad, when: { sender_domain: a.example }, then: reject }\n"
      "  - { name: noted, when: { client: big }, then: log }\n";
  const std::string list = "version: 1\nlists: { big: { kind: network, spf: [b.example]";
  Judge unknown(rules_from(list + " } }\n" + rules, {}, {Door::policy}), nullptr);
  expect_undecided(unknown.judge(mail_of_a_log(), kNow), "spared", "networks out of SPF");
  Judge known(rules_from(list + ", entries: [192.0.2.1] } }\n" + rules, {}, {Door::policy}),
              nullptr);
  const Judgement judgement = known.judge(mail_of_a_log(), kNow);
  EXPECT_FALSE(judgement.undecided);
  EXPECT_EQ(judgement.verdict.rule, "spared");
}

}  // namespace
}  // namespace postern::replay::judge_test
