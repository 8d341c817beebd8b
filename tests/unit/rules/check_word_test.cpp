// What a check has to say in the texts of its rule.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "rules/engine.h"
#include "rules/load/snapshot_builder.h"
#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::check_word_test {
namespace {

using testing::HasSubstr;

constexpr std::array<FindingInfo, 1> kFindings = {{{"listed", FindingClass::bad}}};
const CheckInfo kInfo{"names", Stage::mail, kFindings, {}, {}, nullptr, "{zone}"};

class Names : public Check {
 public:
  [[nodiscard]] AttributeSet attributes() const override { return {}; }
  [[nodiscard]] CheckReport inspect(const Transaction&, FactView&) const override {
    return CheckReport::found(0, "detail", "bl.example");
  }
};

Verdict decided_by(std::vector<Action> actions) {
  load::SnapshotBuilder builder(1, {Door::milter});
  Rule rule;
  rule.name = "r";
  rule.what = RuleCheck{&kInfo, std::make_unique<Names>(), {std::move(actions)}};
  builder.add_rule(std::move(rule));
  FactView facts(nullptr);
  return evaluate(*builder.finish(), TransactionBuilder(Stage::mail).transaction, facts, {})
      .value();
}

TEST(CheckWord, StandsInTheTextsOfTheRule) {
  const Verdict verdict = decided_by({Prepend{"X-List", "{zone} by {rule}"},
                                      Reject{{550, {5, 7, 1}, "Listed by {zone}, not by {spf}"}}});
  EXPECT_EQ(verdict.reply.text, "Listed by bl.example, not by -");
  ASSERT_EQ(verdict.prepend.size(), 1U);
  EXPECT_EQ(verdict.prepend[0].value, "bl.example by r");
}

// The first entry of a list that is loaded may have an action of its own.
TEST(CheckWord, IsRefusedWhereNoCheckHasAValueForIt) {
  for (const char* rules :
       {"rules: [ { name: a, then: 'reject 550 \"{zone}\"' } ]",
        "rules: [ { name: a, then: [ { prepend: 'X-A: {spf}' }, pass ] } ]",
        "rules: [ { name: a, check: sender_mx, on: { missing: 'reject 550 \"{zone}\"' } } ]",
        "lists: { l: { kind: text, entries: [ { entry: x, then: 'hold {zone}' } ] } }\nrules: []",
        "lists: { l: { kind: text, entries: [], then: 'discard {spf}' } }\nrules: []"}) {
    EXPECT_THAT(complaints_about("version: 1\n" + std::string(rules)),
                HasSubstr("}, want it in a rule whose check has a value for it"))
        << rules;
  }
}

}  // namespace
}  // namespace postern::check_word_test
