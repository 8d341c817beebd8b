// What a decision may take, and what becomes of one that has taken it.
#include "rules/model/work.h"

#include <gtest/gtest.h>

#include "rules/decision.h"
#include "rules/engine.h"
#include "rules/explain/decision_line.h"
#include "rules/explain/explanation.h"
#include "rules/explain/trace_words.h"
#include "tests/support/counted_work.h"
#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::work_test {
namespace {

constexpr int kEnough = 1'000'000;

// A rule about the Subject each, with an expression that costs a look at the clock by itself.
std::string header_rules(int count, const std::string& more = "", const std::string& first = "") {
  std::string rules = "version: 1\nrules:\n" + first;
  for (int i = 0; i < count; ++i) {
    rules += "  - { name: r" + std::to_string(i) + ", when: { header.subject: '~win.{0,60}prize" +
             std::to_string(i) + "x' }, then: reject" + more + " }\n";
  }
  return rules;
}

Transaction with_subject(const std::string& subject, std::string_view recipient = "r@b.example") {
  Transaction t =
      TransactionBuilder(Stage::eom).sender("s@a.example").recipient(recipient).transaction;
  t.header.emplace();
  t.header->fields.push_back({"subject", subject});
  return t;
}

const std::string kLong(20000, 'w');

Verdict judged(const Snapshot& rules, const Transaction& transaction, Work& work) {
  FactView facts(nullptr);
  return evaluate(rules, transaction, facts, {}, nullptr, {nullptr, &work}).value();
}

TEST(WorkOfADecision, IsNotBoundedWithoutABound) {
  const auto rules = rules_from(header_rules(20));
  FactView facts(nullptr);
  const auto verdict = evaluate(*rules, with_subject(kLong + "win prize19x"), facts, {});
  EXPECT_EQ(verdict->rule, "r19");
  EXPECT_TRUE(verdict->cut_short.empty());
}

TEST(WorkOfADecision, ThatIsEnoughChangesNothing) {
  const auto rules = rules_from(header_rules(20));
  CountedWork enough(kEnough);
  const Verdict refused = judged(*rules, with_subject(kLong + "win prize19x"), enough);
  EXPECT_EQ(refused.rule, "r19");
  EXPECT_EQ(refused.action, Disposition::reject);
  CountedWork again(kEnough);
  const Verdict passed = judged(*rules, with_subject(kLong), again);
  EXPECT_EQ(passed.action, Disposition::pass);
  EXPECT_TRUE(passed.cut_short.empty());
  EXPECT_GE(again.taken, 20) << "the time is looked at between the rules";
}

// Never a 5xx for what was not looked at, and never a silent pass.
TEST(WorkOfADecision, ThatIsSpentDefersTheMessage) {
  const auto rules = rules_from(header_rules(20));
  for (const char* subject : {"", "win prize19x"}) {
    CountedWork few(5);
    const Verdict verdict = judged(*rules, with_subject(kLong + subject), few);
    EXPECT_EQ(verdict.action, Disposition::defer);
    EXPECT_EQ(verdict.reply.code, 451);
    EXPECT_EQ(verdict.finding, "unknown");
    EXPECT_TRUE(verdict.rule.empty()) << "no rule has decided";
    EXPECT_FALSE(verdict.cut_short.empty());
    EXPECT_LE(few.taken, 7) << "nothing goes on after that";
  }
}

TEST(WorkOfADecision, OfRulesAboveTheBoundCounts) {
  const auto rules = rules_from(header_rules(20));
  CountedWork few(5);
  const Verdict verdict = judged(*rules, with_subject("win prize1x " + kLong), few);
  EXPECT_EQ(verdict.rule, "r1");
  EXPECT_EQ(verdict.action, Disposition::reject);
  EXPECT_TRUE(verdict.cut_short.empty());
}

// Who only looks on refuses nobody, not for a moment either.
TEST(WorkOfADecision, OfRulesInModeLogDefersNobody) {
  const auto rules = rules_from(header_rules(20, ", mode: log"));
  CountedWork few(5);
  const Verdict verdict = judged(*rules, with_subject(kLong), few);
  EXPECT_EQ(verdict.action, Disposition::pass);
  EXPECT_FALSE(verdict.cut_short.empty()) << "but says so";
}

TEST(WorkOfADecision, BehindARuleThatWaitsDefersNobodyYet) {
  const auto rules = rules_from(
      "version: 1\nrules:\n"
      "  - { name: waits, when: { recipient: r@b.example }, then: pass }\n"
      "  - { name: slow, when: { helo: ['~a.{0,900}b', '~c.{0,900}d', '~e.{0,900}f'] }, then: "
      "reject }\n");
  const Transaction t = TransactionBuilder(Stage::helo).helo(std::string(255, 'a')).transaction;
  CountedWork none(0);
  const Verdict verdict = judged(*rules, t, none);
  EXPECT_EQ(verdict.action, Disposition::pass);
  EXPECT_EQ(verdict.pending_rule, "waits");
}

TEST(WorkOfADecision, OfManyRulesWithoutAnyRegexIsBoundedToo) {
  std::string text = "version: 1\nrules:\n";
  for (int i = 0; i < 3000; ++i) {
    text += "  - { name: r" + std::to_string(i) + ", when: { header.x-" + std::to_string(i) +
            ": word }, then: reject }\n";
  }
  const auto rules = rules_from(text);
  CountedWork none(0);
  EXPECT_EQ(judged(*rules, with_subject("x"), none).action, Disposition::defer);
  CountedWork enough(kEnough);
  EXPECT_EQ(judged(*rules, with_subject("x"), enough).action, Disposition::pass);
}

TEST(WorkOfADecision, IsSaidInTheLogLine) {
  const auto rules = rules_from(header_rules(20));
  CountedWork few(5);
  const Transaction t = with_subject(kLong);
  const Verdict verdict = judged(*rules, t, few);
  const std::vector<DnsEvidence> none;
  const std::string line = explain::decision_line({.door = "milter",
                                                   .transaction = t,
                                                   .verdict = verdict,
                                                   .evidence = none,
                                                   .reply = "451 4.3.0 later",
                                                   .took = std::chrono::microseconds{1}});
  EXPECT_NE(line.find(" rule=- action=defer "), std::string::npos) << line;
  EXPECT_NE(line.find(" finding=unknown "), std::string::npos) << line;
  EXPECT_NE(line.find(" cut_short=" + std::string(verdict.cut_short) + " "), std::string::npos)
      << line;
}

TEST(WorkOfADecision, ThatWasCutShortIsTracedToThere) {
  const auto rules = rules_from(header_rules(20));
  const Transaction t = with_subject(kLong + "win prize19x");
  CountedWork few(5);
  Decision decision(rules, t, nullptr, {}, {nullptr, &few});
  ASSERT_EQ(decision.step(), Decision::Step::done);
  const std::string at(decision.verdict().cut_short);
  const explain::Explanation explanation = explain::explain(decision, rules, t, decision.now());
  std::size_t cut = 0;
  for (std::size_t i = 0; i < rules->rules().size(); ++i) {
    const TracedRule& traced = explanation.trace.rules[i];
    if (rules->rules()[i].name == at) cut = i;
    const auto wanted = rules->rules()[i].name == at ? TracedRule::Outcome::cut_short
                        : cut == 0                   ? TracedRule::Outcome::no_match
                                                     : TracedRule::Outcome::not_reached;
    EXPECT_EQ(traced.outcome, wanted) << rules->rules()[i].name;
  }
  EXPECT_GT(cut, 0U);
}

// --- what was found is kept ----------------------------------------------------------------------

TEST(ConditionsThatAreDear, AreJudgedOnceForAllRecipientsOfAMessage) {
  const auto rules = rules_from(header_rules(
      20, "",
      "  - { name: to, when: { recipient: ['~^r7@', '~^nobody@'] }, then: 'hold \"7\"' }\n"));
  ConditionMemory memory;
  CountedWork first(kEnough);
  CountedWork rest(kEnough);
  for (int i = 0; i < 100; ++i) {
    const Transaction t = with_subject(kLong, "r" + std::to_string(i) + "@b.example");
    memory.forget_recipient();
    FactView facts(nullptr);
    CountedWork& work = i == 0 ? first : rest;
    const auto verdict = evaluate(*rules, t, facts, {}, nullptr, {&memory, &work}).value();
    EXPECT_EQ(verdict.action, i == 7 ? Disposition::hold : Disposition::pass) << i;
  }
  EXPECT_GE(first.taken, 20);
  EXPECT_LE(rest.taken, first.taken) << "99 more recipients cost no more than the first";
}

TEST(ConditionsThatAreDear, AreJudgedAnewForAnotherMessage) {
  const auto rules = rules_from(header_rules(20));
  ConditionMemory memory;
  FactView facts(nullptr);
  const auto judge = [&](const Transaction& t) {
    return evaluate(*rules, t, facts, {}, nullptr, {&memory, nullptr})->action;
  };
  EXPECT_EQ(judge(with_subject("win prize3x")), Disposition::reject);
  memory.forget();
  EXPECT_EQ(judge(with_subject("good")), Disposition::pass);
}

// What was not known at an earlier stage is not kept as such.
TEST(ConditionsThatAreDear, AreJudgedWhenTheirAttributeIsKnown) {
  const auto rules = rules_from(header_rules(2));
  ConditionMemory memory;
  FactView facts(nullptr);
  Transaction t = with_subject("win prize1x");
  auto header = std::move(t.header);
  t.header.reset();
  t.stage = Stage::rcpt;
  EXPECT_EQ(evaluate(*rules, t, facts, {}, nullptr, {&memory, nullptr})->action, Disposition::pass);
  t.header = std::move(header);
  t.stage = Stage::eom;
  EXPECT_EQ(evaluate(*rules, t, facts, {}, nullptr, {&memory, nullptr})->action,
            Disposition::reject);
}

// Answers of DNS come one by one, and each asks whether it is enough.
TEST(ConditionsThatAreDear, AreJudgedOnceForAllAnswersOfADecision) {
  const auto rules = rules_from(
      "version: 1\nrules:\n"
      "  - { name: spam, when: { helo: ['~a.{0,900}b', '~c.{0,900}d', '~e.{0,900}f'] }, then: "
      "reject }\n"
      "  - { name: mx, check: sender_mx, preset: standard }\n");
  const Transaction t = TransactionBuilder(Stage::rcpt)
                            .helo(std::string(255, 'a'))
                            .sender("s@a.example")
                            .recipient("r@b.example")
                            .transaction;
  CountedWork work(kEnough);
  Decision decision(rules, t, nullptr, {}, {nullptr, &work});
  ASSERT_EQ(decision.step(), Decision::Step::need_facts);
  const int once = work.taken;
  EXPECT_GT(once, 0);
  const dns::DnsFact fact{std::make_shared<const dns::DnsAnswer>()};
  for (int i = 0; i < 50; ++i) {
    decision.add({DomainName::parse("n" + std::to_string(i) + ".example").value(), dns::DnsType::a},
                 fact);
    EXPECT_FALSE(decision.can_go_on());
  }
  EXPECT_LE(work.taken, 2 * once);
}

}  // namespace
}  // namespace postern::work_test
