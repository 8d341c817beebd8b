// What a check found is in the decision line also when its rule only notes it, or is on trial.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/engine.h"
#include "rules/explain/decision_line.h"
#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::noted_findings_test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string line_for(const std::string& rules, const std::string& sender) {
  const auto snapshot = rules_from("version: 1\nrules:\n" + rules);
  const Transaction transaction = TransactionBuilder(Stage::rcpt)
                                      .client("203.0.113.9")
                                      .sender(sender)
                                      .recipient("you@here.example")
                                      .transaction;
  FactView facts(nullptr);
  const auto verdict = evaluate(*snapshot, transaction, facts, {});
  if (!verdict) return "facts are missing";
  return explain::decision_line({"policy", transaction, *verdict, {}, "DUNNO", {}});
}

const std::string kStandard = "  - { name: mx, check: sender_mx, preset: standard }\n";

TEST(NotedFindings, OfARuleThatNotes) {
  EXPECT_THAT(line_for(kStandard, "root"),
              HasSubstr("rule=- action=pass reply=DUNNO found=sender_mx:no_domain also=mx "));
  EXPECT_THAT(line_for(kStandard, "ann@.."), HasSubstr(" found=sender_mx:malformed "));
}

TEST(NotedFindings, OfARuleOnTrial) {
  const std::string trial = "  - { name: mx, mode: log, check: sender_mx, preset: mfcheck }\n";
  EXPECT_THAT(line_for(trial, "root"), HasSubstr(" found=sender_mx:no_domain would=mx:reject "));
}

TEST(NotedFindings, BesideARuleThatDecides) {
  const std::string line = line_for(
      kStandard + "  - { name: all, when: { client: 203.0.113.0/24 }, then: defer }\n", "root");
  EXPECT_THAT(line, HasSubstr("rule=all action=defer "));
  EXPECT_THAT(line, HasSubstr(" found=sender_mx:no_domain "));
  EXPECT_THAT(line, Not(HasSubstr(" check=")));
}

TEST(NotedFindings, ByTheRuleThatDecidesIsCheckAndFindingAlone) {
  const std::string line = line_for(
      "  - { name: mx, check: sender_mx, on: { no_domain: [ { prepend: 'X-A: b' }, reject ] } }\n",
      "root");
  EXPECT_THAT(line, HasSubstr("rule=mx action=reject "));
  EXPECT_THAT(line, HasSubstr(" check=sender_mx finding=no_domain "));
  EXPECT_THAT(line, Not(HasSubstr(" found=")));
}

TEST(NotedFindings, NotOfFindingsThatNoRuleNamed) {
  const std::string line =
      line_for("  - { name: mx, check: sender_mx, on: { null_mx: log } }\n", "root");
  EXPECT_THAT(line, Not(HasSubstr("found=")));
  EXPECT_THAT(line, Not(HasSubstr("also=")));
}

}  // namespace
}  // namespace postern::noted_findings_test
