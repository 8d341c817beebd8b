#include "rules/findings.h"

#include <gtest/gtest.h>

#include "rules/engine.h"
#include "rules/rule_index.h"
#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::findings_test {
namespace {

constexpr FoundBy kBad{0, 1, FindingClass::bad};
constexpr FoundBy kOther{1, 0, FindingClass::good};
constexpr FoundBy kFault{0, 2, FindingClass::temporary};

std::vector<FoundTogether> one(const FoundBy& by) {
  return {{{"a.b", {by}}}};
}

Findings with(const RuleFinding& finding) {
  Findings findings;
  findings.note(finding);
  return findings;
}

TEST(Findings, OfARuleThatWasNotLookedAtAreNone) {
  EXPECT_EQ(Findings().judge(one(kBad)), Truth::no);
  EXPECT_EQ(with({1, Truth::yes, 0}).judge(one(kBad)), Truth::no);
}

TEST(Findings, AreWhatTheCheckHasFound) {
  EXPECT_EQ(with({0, Truth::yes, 1}).judge(one(kBad)), Truth::yes);
  EXPECT_EQ(with({0, Truth::yes, 0}).judge(one(kBad)), Truth::no);
  EXPECT_EQ(with({0, Truth::unknown}).judge(one(kBad)), Truth::unknown);
  EXPECT_EQ(with({0, Truth::undecidable}).judge(one(kBad)), Truth::undecidable);
}

TEST(Findings, ThatCouldNotBeHadAreNeitherTrueNorFalse) {
  const Findings fault = with({0, Truth::yes, 2, FindingClass::temporary});
  EXPECT_EQ(fault.judge(one(kFault)), Truth::yes);
  EXPECT_EQ(fault.judge(one(kBad)), Truth::undecidable);
  const Findings known = with({0, Truth::yes, 1, FindingClass::bad});
  EXPECT_EQ(known.judge(one(kFault)), Truth::no) << "that it was no fault is known";
}

TEST(Findings, AreJoined) {
  Findings findings = with({0, Truth::yes, 1});
  const FoundWord bad{"a.bad", {kBad}};
  const FoundWord other{"b.other", {kOther}};
  EXPECT_EQ(findings.judge({{bad, other}}), Truth::no) << "all of what stands together";
  EXPECT_EQ(findings.judge({{other}, {bad}}), Truth::yes) << "any of several";
  EXPECT_EQ(findings.judge({{{"both.x", {kOther, kBad}}}}), Truth::yes) << "by any of two rules";
  findings.note({.rule = 1, .truth = Truth::unknown, .awaits_facts = true});
  EXPECT_EQ(findings.judge({{bad, other}}), Truth::unknown);
  EXPECT_EQ(findings.judge({{other}, {bad}}), Truth::yes) << "it cannot become false";
  EXPECT_EQ(found_text({{bad, other}, {bad}}), "a.bad and b.other, or a.bad");
}

constexpr const char* kRules = R"(version: 1
rules:
  - { name: c, check: sender_mx, on: { missing: log } }
  - { name: f, when: { found: c.missing }, then: reject }
  - { name: d, check: dnsbl, zones: [bl.example], on: { listed: reject } }
)";

TEST(Findings, AreAwaitedAsFactsAreAndOtherChecksAskBesides) {
  const auto rules = rules_from(kRules);
  const auto transaction = TransactionBuilder(Stage::rcpt)
                               .client("203.0.113.7")
                               .sender("s@a.example")
                               .recipient("r@b.example")
                               .transaction;
  FactView view(nullptr);
  EXPECT_FALSE(evaluate(*rules, transaction, view, {}));
  EXPECT_GT(view.missing().size(), 1U) << "the list is asked in the same round";
}

TEST(Findings, AreKnownOfARuleThatNoIndexFinds) {
  const auto rules = rules_from(R"(version: 1
rules:
  - { name: c, when: { recipient: r@ }, check: sender_mx, on: { missing: log } }
  - { name: p, when: { recipient: x@ }, then: pass }
  - { name: f, when: { not: { found: c.missing } }, then: log }
)");
  const auto transaction =
      TransactionBuilder(Stage::mail).client("203.0.113.7").sender("s@a.example").transaction;
  FactView view(nullptr);
  const auto verdict = evaluate(*rules, transaction, view, {});
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->also.empty()) << "whether it is found is not known before RCPT";
}

constexpr const char* kOfTheMilter = R"(version: 1
rules:
  - { name: c, when: { header.x: y }, check: sender_mx, on: { missing: log } }
  - { name: f, when: { not: { found: c.missing } }, then: reject }
)";

// Through the policy door nothing would ever be found.
TEST(Findings, AreAskedForWhereTheirRulesAreLookedAtAlone) {
  const LoadTarget policy{Door::policy, DoorSet::all()};
  EXPECT_TRUE(rules_from(kOfTheMilter, {}, policy)->rules().empty());
  EXPECT_NE(complaints_about(kOfTheMilter, {}, policy)
                .find("rule 'f' looks at 'c.missing', which Postfix's policy protocol does not "
                      "tell: postern-policyd does without it"),
            std::string::npos);
  EXPECT_EQ(rules_from(kOfTheMilter)->rules().size(), 2U);
}

}  // namespace
}  // namespace postern::findings_test
