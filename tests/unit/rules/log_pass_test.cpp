// What rules say about the line of a pass (`log_pass:`).
#include <gtest/gtest.h>

#include "rules/decision.h"
#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::log_pass_test {
namespace {

Verdict verdict(const std::shared_ptr<const Snapshot>& snapshot) {
  const Transaction transaction =
      TransactionBuilder(Stage::rcpt).client("192.0.2.7").sender("s@a.example").transaction;
  Decision decision(snapshot, transaction, nullptr, std::chrono::system_clock::time_point{});
  EXPECT_EQ(decision.step(), Decision::Step::done);
  return decision.verdict();
}

// The share of both kinds, as text.
std::string said(const std::string& rules) {
  const auto snapshot = rules_from("version: 1\nrules: [" + rules + "]\n");
  const Verdict made = verdict(snapshot);
  return (made.log_pass ? std::to_string(made.log_pass->one_of) : "-") + " " +
         std::to_string(made.log_beside.one_of);
}

TEST(LogPass, IsThatOfTheRuleThatDecides) {
  EXPECT_EQ(said("{ name: a, then: pass, log_pass: none }"), "0 0");
  EXPECT_EQ(said("{ name: a, then: pass, log_pass: 1/10 }"), "10 0");
  EXPECT_EQ(said("{ name: a, then: pass }"), "- 0");
  EXPECT_EQ(said(""), "- 0");
}

TEST(LogPass, OfRulesThatActBesideTheLoudestCounts) {
  EXPECT_EQ(said("{ name: a, then: log }"), "- 1");
  EXPECT_EQ(said("{ name: a, then: log, log_pass: none }"), "- 0");
  EXPECT_EQ(said("{ name: a, then: log, log_pass: 1/10 }, "
                 "{ name: b, then: skip sender_mx, log_pass: 1/5 }, "
                 "{ name: c, then: pass, log_pass: none }"),
            "0 5");
}

TEST(LogPass, IsCheckedWhenItIsLoaded) {
  EXPECT_EQ(complaints_about("version: 1\nrules: [{ name: a, then: pass, log_pass: some }]\n"),
            "rules.yaml:2:42: error: log_pass: found 'some', want all, none, or one of so many, as "
            "1/100; at most 1/1000000\n");
}

}  // namespace
}  // namespace postern::log_pass_test
