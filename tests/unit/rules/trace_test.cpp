#include "rules/trace.h"

#include <gtest/gtest.h>

#include "rules/engine.h"
#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::trace_test {
namespace {

using Looked = TracedRule::Outcome;
using Acted = TracedAction::Outcome;

const auto kNow = std::chrono::system_clock::time_point{};

struct Traced {
  std::shared_ptr<const Snapshot> snapshot;
  Verdict verdict;
  Trace trace;

  [[nodiscard]] const TracedRule& rule(std::string_view name) const {
    for (std::size_t i = 0; i < snapshot->rules().size(); ++i) {
      if (snapshot->rules()[i].name == name) return trace.rules[i];
    }
    throw std::runtime_error("no rule " + std::string(name));
  }
  // What became of the only action of a rule that matches.
  [[nodiscard]] Acted only_action(std::string_view name) const {
    const TracedRule& traced = rule(name);
    if (traced.outcome != Looked::matches) throw std::runtime_error("it does not match");
    return traced.actions.size() == 1 ? traced.actions[0].outcome
                                      : throw std::runtime_error("not one action");
  }
};

Traced trace(const std::string& rules, const Transaction& transaction,
             const std::vector<DnsEvidence>& facts = {}) {
  Traced traced{rules_from("version: 1\nrules:\n" + rules), {}, {}};
  FactView view(nullptr);
  for (const DnsEvidence& fact : facts) view.add(fact.question, fact.fact);
  const auto verdict = evaluate(*traced.snapshot, transaction, view, kNow, &traced.trace);
  if (verdict) traced.verdict = *verdict;
  return traced;
}

TransactionBuilder at(Stage stage) {
  TransactionBuilder builder(stage);
  builder.client("192.0.2.1").helo("h.example");
  if (stage >= Stage::mail) builder.sender("s@a.example");
  if (stage >= Stage::rcpt) builder.recipient("r@b.example");
  return builder;
}

DnsEvidence said(const std::string& domain, dns::DnsType type, const dns::DnsAnswer& answer) {
  return {{DomainName::parse(domain).value(), type},
          {std::make_shared<const dns::DnsAnswer>(answer)}};
}

std::vector<DnsEvidence> no_such_name(const std::string& domain) {
  dns::DnsAnswer answer;
  answer.status = dns::DnsStatus::absent;
  answer.reason = dns::DnsReason::nxdomain;
  return {said(domain, dns::DnsType::mx, answer), said(domain, dns::DnsType::a, answer),
          said(domain, dns::DnsType::aaaa, answer)};
}

TEST(Trace, HasARuleForEachOfTheSnapshot) {
  const Traced traced = trace(
      "  - { name: other, when: { client: 192.0.2.2 }, then: reject }\n"
      "  - { name: this, when: { client: 192.0.2.1 }, then: reject }\n"
      "  - { name: below, when: { client: 192.0.2.1 }, then: defer }\n",
      at(Stage::rcpt).transaction);
  ASSERT_EQ(traced.trace.rules.size(), 3U);
  EXPECT_EQ(traced.rule("other").outcome, Looked::no_match);
  EXPECT_EQ(traced.only_action("this"), Acted::decided);
  EXPECT_EQ(traced.rule("below").outcome, Looked::not_reached);
}

TEST(Trace, TellsEachActionOfARule) {
  const Traced traced = trace(
      "  - { name: a, when: { client: 192.0.2.1 }, then: [log, delay 2s, { prepend: 'X-A: b' }, "
      "reject] "
      "}\n",
      at(Stage::connect).transaction);
  const auto& actions = traced.rule("a").actions;
  ASSERT_EQ(actions.size(), 4U);
  EXPECT_EQ(actions[0].outcome, Acted::done);
  EXPECT_EQ(actions[1].outcome, Acted::done);
  EXPECT_EQ(actions[2].outcome, Acted::not_here);
  EXPECT_EQ(actions[3].outcome, Acted::decided);
  EXPECT_EQ(kind_of(*actions[1].action), ActionKind::delay);
}

TEST(Trace, NamesTheRuleThatSkips) {
  const Traced traced = trace(
      "  - { name: partner, when: { client: 192.0.2.1 }, then: skip sender_mx }\n"
      "  - { name: must-exist, check: sender_mx, preset: standard }\n",
      at(Stage::rcpt).transaction);
  EXPECT_EQ(traced.only_action("partner"), Acted::done);
  EXPECT_EQ(traced.rule("must-exist").outcome, Looked::skipped);
  EXPECT_EQ(traced.rule("must-exist").by, "partner");
}

TEST(Trace, NamesTheRuleThatHoldsOthersBack) {
  const Traced traced = trace(
      "  - { name: postmaster, when: { recipient: postmaster@ }, then: pass }\n"
      "  - { name: bad, when: { sender_domain: a.example }, then: reject }\n"
      "  - { name: below, when: { client: 192.0.2.1 }, then: reject }\n",
      at(Stage::mail).transaction);
  EXPECT_EQ(traced.rule("postmaster").outcome, Looked::waits);
  EXPECT_EQ(traced.only_action("bad"), Acted::held);
  EXPECT_EQ(traced.rule("bad").by, "postmaster");
  EXPECT_EQ(traced.rule("below").outcome, Looked::not_reached);
  EXPECT_EQ(traced.verdict.pending_rule, "postmaster");
}

TEST(Trace, AChecksRuleBehindOneThatWaitsIsNotAsked) {
  const Traced traced = trace(
      "  - { name: postmaster, when: { recipient: postmaster@ }, then: pass }\n"
      "  - { name: must-exist, check: sender_mx, preset: standard }\n",
      at(Stage::mail).transaction);
  EXPECT_EQ(traced.rule("must-exist").outcome, Looked::pending_behind);
  EXPECT_EQ(traced.rule("must-exist").by, "postmaster");
}

TEST(Trace, TellsWhatACheckFound) {
  const Traced traced = trace("  - { name: must-exist, check: sender_mx, preset: standard }\n",
                              at(Stage::mail).transaction, no_such_name("a.example"));
  const TracedRule& rule = traced.rule("must-exist");
  EXPECT_EQ(traced.only_action("must-exist"), Acted::decided);
  EXPECT_EQ(rule.report.detail, "no such name");
  EXPECT_EQ(traced.snapshot->rules()[0].check()->finding_name(rule.report.finding), "missing");
}

TEST(Trace, AFindingWithoutActionsHasNone) {
  const Traced traced =
      trace("  - { name: m, check: sender_mx, on: { null_mx: reject, unknown: defer } }\n",
            at(Stage::mail).transaction, no_such_name("a.example"));
  EXPECT_EQ(traced.rule("m").outcome, Looked::matches);
  EXPECT_TRUE(traced.rule("m").actions.empty());
}

TEST(Trace, ACheckMayNotApplyOrWaitForDns) {
  const std::string rules = "  - { name: must-exist, check: sender_mx, preset: standard }\n";
  EXPECT_EQ(trace(rules, at(Stage::mail).transaction).rule("must-exist").outcome,
            Looked::facts_missing);
  EXPECT_EQ(trace(rules, at(Stage::mail).sender("").transaction).rule("must-exist").outcome,
            Looked::not_applicable);
  EXPECT_EQ(trace(rules, at(Stage::helo).transaction).rule("must-exist").outcome, Looked::waits);
  dns::DnsAnswer failed;
  const Traced given_up =
      trace(rules, at(Stage::mail).transaction, {said("a.example", dns::DnsType::mx, failed)});
  EXPECT_EQ(given_up.verdict.finding, "unknown");
  EXPECT_EQ(given_up.only_action("must-exist"), Acted::decided);
}

TEST(Trace, AnActionOfALaterStageWaits) {
  const Traced traced = trace(
      "  - { name: drop, when: { client: 192.0.2.1 }, then: discard }\n"
      "  - { name: below, when: { client: 192.0.2.1 }, then: reject }\n",
      at(Stage::connect).transaction);
  EXPECT_EQ(traced.only_action("drop"), Acted::waits);
  EXPECT_EQ(traced.verdict.pending_rule, "drop");
  EXPECT_EQ(traced.rule("below").outcome, Looked::not_reached);
}

TEST(Trace, KnowsStagesToComeAndStagesGoneBy) {
  const std::string rules =
      "  - { name: early, stage: helo, when: { client: 192.0.2.1 }, then: reject }\n"
      "  - { name: late, stage: data, when: { client: 192.0.2.1 }, then: reject }\n"
      "  - { name: both, stage: helo, when: { client: 192.0.2.1 }, then: [log, pass] }\n";
  const Traced at_mail = trace(rules, at(Stage::mail).transaction);
  EXPECT_EQ(at_mail.rule("early").outcome, Looked::over);
  EXPECT_EQ(at_mail.rule("late").outcome, Looked::waits);
  const auto& actions = at_mail.rule("both").actions;
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_EQ(actions[0].outcome, Acted::over);
  EXPECT_EQ(actions[1].outcome, Acted::held) << "a pass lasts, but 'late' comes first";
  EXPECT_EQ(at_mail.rule("both").by, "late");
}

TEST(Trace, ADryRunWouldAct) {
  const Traced traced = trace(
      "  - { name: tried, mode: log, when: { client: 192.0.2.1 }, then: [delay 1s, reject] }\n"
      "  - { name: real, when: { client: 192.0.2.1 }, then: defer }\n",
      at(Stage::mail).transaction);
  const auto& actions = traced.rule("tried").actions;
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_EQ(actions[0].outcome, Acted::not_here);
  EXPECT_EQ(actions[1].outcome, Acted::would);
  EXPECT_EQ(traced.only_action("real"), Acted::decided);
}

TEST(Trace, ARuleForRefusedRecipientsIsForOthers) {
  const std::string rules =
      "  - { name: refused, when: { recipient_refused: yes }, then: log }\n"
      "  - { name: all, when: { client: 192.0.2.1 }, then: reject }\n";
  Transaction transaction = at(Stage::rcpt).transaction;
  EXPECT_EQ(trace(rules, transaction).rule("refused").outcome, Looked::for_others);
  transaction.recipient_state = RecipientState::refused;
  const Traced traced = trace(rules, transaction);
  EXPECT_EQ(traced.only_action("refused"), Acted::done);
  EXPECT_EQ(traced.rule("all").outcome, Looked::for_others);
}

TEST(Trace, WhatWasCutIsUndecidable) {
  Transaction transaction = at(Stage::eom).transaction;
  transaction.header.emplace();
  transaction.header->cut.push_back({"subject", 1, 9});
  const Traced traced =
      trace("  - { name: offer, when: { header.subject: '~offer' }, then: reject }\n", transaction);
  EXPECT_EQ(traced.rule("offer").outcome, Looked::undecidable);
}

}  // namespace
}  // namespace postern::trace_test
