// What a verdict says is to be done to records.
#include <gtest/gtest.h>

#include "rules/decision.h"
#include "rules/message_verdict.h"
#include "tests/support/rules_from.h"
#include "tests/support/state_map.h"
#include "tests/support/transaction_builder.h"

namespace postern::effects_test {
namespace {

using namespace std::chrono_literals;

// The buckets of the effects of a decision about mail from a@s.example.
class EffectsTest : public testing::Test {
 protected:
  Decision decide(const std::string& rules, Stage stage = Stage::rcpt) {
    transaction_ = TransactionBuilder(stage)
                       .client("203.0.113.7")
                       .sender("a@s.example")
                       .recipient("r@d.example")
                       .transaction;
    return Decision(rules_from("version: 1\nrules:\n" + rules), transaction_, &state_, {});
  }
  static std::string buckets(const Verdict& verdict) {
    std::string text;
    for (const Effect& effect : verdict.effects) text += effect.key.bucket + " ";
    return text;
  }
  std::string of(const std::string& rules, Stage stage = Stage::rcpt) {
    Decision decision = decide(rules, stage);
    EXPECT_EQ(decision.step(), Decision::Step::done);
    return buckets(decision.verdict());
  }

  StateMap state_;
  Transaction transaction_;
};

std::string rate(const std::string& name, const std::string& more = "") {
  return "  - { name: " + name + ", check: rate, key: sender, limit: 2/1h, preset: standard" +
         more + " }\n";
}
const std::string kReject = "  - { name: no, then: reject }\n";

TEST_F(EffectsTest, AreThoseOfTheChecksThatWereLookedAt) {
  EXPECT_EQ(of(rate("a") + rate("b")), "a b ");
  EXPECT_EQ(of(rate("a") + "  - { name: yes, then: pass }\n" + rate("b")), "a ");
  EXPECT_EQ(of("  - { name: s, then: skip a }\n" + rate("a") + rate("b")), "b ");
  EXPECT_EQ(of(rate("a", ", when: { sender_domain: other.example }") + rate("b")), "b ");
}

TEST_F(EffectsTest, OfWhatIsRefusedAreThoseThatAreAlwaysCarriedOut) {
  EXPECT_EQ(of(rate("a") + kReject), "");
  EXPECT_EQ(of(rate("a") + rate("b", ", count: attempts") + kReject), "b ");
  EXPECT_EQ(of(rate("a") + "  - { name: h, then: hold }\n"), "a ");
}

TEST_F(EffectsTest, AreCarriedOutByRulesInModeLogAndNotInModeOff) {
  EXPECT_EQ(of(rate("a", ", mode: log") + rate("b", ", mode: off")), "a ");
}

TEST_F(EffectsTest, ComeFromRcptOn) {
  EXPECT_EQ(of(rate("a"), Stage::mail), "");
  EXPECT_EQ(of(rate("a"), Stage::data), "a ");
}

TEST_F(EffectsTest, OfARuleBehindOneThatWaitsComeWhenItIsReached) {
  const std::string rules =
      "  - { name: h, when: { header.subject: x }, then: reject }\n" + rate("a");
  EXPECT_EQ(of(rules), "");
}

const std::string kWaits =
    "  - { name: m, check: sender_mx, on: { missing: reject, unknown: log } }\n";

// Or whose DNS is slow would have no limit.
TEST_F(EffectsTest, OfWhatIsLetInAtTheDeadlineAreCarriedOut) {
  for (const auto reason : {dns::DnsReason::deadline, dns::DnsReason::overloaded}) {
    Decision decision = decide(rate("a") + rate("b", ", distinct: client_network") + kWaits);
    ASSERT_EQ(decision.step(), Decision::Step::need_facts);
    decision.give_up(reason);
    ASSERT_EQ(decision.step(), Decision::Step::done);
    EXPECT_EQ(buckets(decision.verdict()), "a b ");
  }
}

TEST_F(EffectsTest, OfWhatIsPutOffAtTheDeadlineAreThoseThatAreAlwaysCarriedOut) {
  Decision decision = decide(rate("a") + rate("b", ", count: attempts") +
                             "  - { name: m, check: sender_mx, on: { unknown: defer } }\n");
  ASSERT_EQ(decision.step(), Decision::Step::need_facts);
  decision.give_up(dns::DnsReason::deadline);
  ASSERT_EQ(decision.step(), Decision::Step::done);
  EXPECT_EQ(buckets(decision.verdict()), "b ");
}

// Any number of messages could wait for DNS, and all find the limit unused.
TEST_F(EffectsTest, RestOnRecordsAsTheyAreWhenItHasWaited) {
  Decision decision = decide(rate("a") + kWaits);
  ASSERT_EQ(decision.step(), Decision::Step::need_facts);
  state_.apply(std::vector{Effect{{StateKind::rate, "a", {"a@s.example"}}, Take{2, 30min}, 2h}});
  decision.give_up(dns::DnsReason::deadline);
  ASSERT_EQ(decision.step(), Decision::Step::done);
  EXPECT_EQ(decision.verdict().finding, "over");
  EXPECT_EQ(buckets(decision.verdict()), "");
  EXPECT_EQ(decision.state_evidence().at(0).fact.record.debt, 1h);
}

// What is found then may need DNS that was not asked for.
TEST_F(EffectsTest, ThatRestOnRecordsReadAnewWaitForWhatTheyNeed) {
  const std::string over_waits =
      "  - { name: a, check: rate, key: sender, limit: 2/1h, on: { over: skip yes } }\n";
  Decision decision = decide(over_waits +
                             "  - { name: h, check: helo, on: { unknown: log } }\n"
                             "  - { name: yes, when: { sender_domain: s.example }, then: pass }\n" +
                             kWaits);
  transaction_.helo = "mx.s.example";
  ASSERT_EQ(decision.step(), Decision::Step::need_facts);
  const std::size_t first = decision.questions().size();
  state_.apply(std::vector{Effect{{StateKind::rate, "a", {"a@s.example"}}, Take{2, 30min}, 2h}});
  while (!decision.questions().empty()) {
    decision.add(
        decision.questions().front(),
        {std::make_shared<const dns::DnsAnswer>(dns::temporary_failure(dns::DnsReason::deadline)),
         0s, dns::DnsFact::Source::asked});
  }
  ASSERT_EQ(decision.step(), Decision::Step::need_facts);
  EXPECT_GT(first, 0U);
  EXPECT_TRUE(std::ranges::any_of(decision.questions(), [](const dns::DnsQuestion& question) {
    return question.name.text() == "s.example" && question.type == dns::DnsType::mx;
  }));
  decision.give_up(dns::DnsReason::deadline);
  ASSERT_EQ(decision.step(), Decision::Step::done);
  EXPECT_EQ(decision.verdict().rule, "");
}

TEST_F(EffectsTest, AreNotMoreForATrace) {
  Decision decision = decide(rate("a"));
  ASSERT_EQ(decision.step(), Decision::Step::done);
  const Trace trace = decision.trace();
  EXPECT_EQ(trace.rules[0].report.effects.size(), 1U);
  EXPECT_EQ(buckets(decision.verdict()), "a ");
}

class Asked : public StateMap {
  std::optional<StateFact> find_state(const StateKey& /*key*/) override { return {}; }
};

TEST_F(EffectsTest, RecordsAreAskedForBesideDns) {
  Asked asked;
  const std::string mx =
      "  - { name: m, check: sender_mx, on: { missing: reject, unknown: log } }\n";
  const Transaction t = TransactionBuilder(Stage::rcpt).sender("a@s.example").transaction;
  Decision decision(rules_from("version: 1\nrules:\n" + rate("a") + mx + rate("b")), t, &asked, {});
  decision.ask_for_records();
  ASSERT_EQ(decision.step(), Decision::Step::need_facts);
  EXPECT_EQ(decision.questions().size(), 1U);
  ASSERT_EQ(decision.records().size(), 2U);
  const StateKey one = decision.records()[0];
  const StateKey two = decision.records()[1];
  decision.add(dns::DnsQuestion(decision.questions()[0]),
               {std::make_shared<const dns::DnsAnswer>(), std::chrono::seconds{1}});
  EXPECT_FALSE(decision.can_go_on()) << "records are missing";
  StateFact full{StateFact::Status::found, {}};
  full.record.debt = std::chrono::hours(2);
  decision.add(one, full);
  EXPECT_TRUE(decision.can_go_on()) << "the first rule decides";
  decision.add(two, full);
  ASSERT_EQ(decision.step(), Decision::Step::need_facts) << "they are of before DNS";
  decision.give_up_records();
  ASSERT_EQ(decision.step(), Decision::Step::done);
  EXPECT_EQ(decision.verdict().rule, "a");
  EXPECT_EQ(decision.state_evidence().size(), 2U);
}

// A decision that has waited for DNS, with a limit that has room.
class RecordsAfterDns : public EffectsTest {
 protected:
  RecordsAfterDns() {
    decision_.ask_for_records();
    EXPECT_EQ(decision_.step(), Decision::Step::need_facts);
    EXPECT_EQ(decision_.records().size(), 1U);
    limit_ = decision_.records()[0];
    decision_.add(limit_, {StateFact::Status::absent});
    EXPECT_FALSE(decision_.can_go_on());
    decision_.add(dns::DnsQuestion(decision_.questions()[0]),
                  {std::make_shared<const dns::DnsAnswer>(), std::chrono::seconds{1}});
    EXPECT_TRUE(decision_.can_go_on());
    EXPECT_EQ(decision_.step(), Decision::Step::need_facts);
    EXPECT_TRUE(decision_.questions().empty());
    EXPECT_EQ(decision_.records().size(), 1U);
  }

  static StateFact full() {
    StateFact fact{StateFact::Status::found, {}};
    fact.record.debt = std::chrono::hours(2);
    return fact;
  }

  Asked asked_;
  const Transaction transaction_ =
      TransactionBuilder(Stage::rcpt).sender("a@s.example").transaction;
  Decision decision_{
      rules_from("version: 1\nrules:\n"
                 "  - { name: m, check: sender_mx, on: { missing: log, unknown: log } }\n" +
                 rate("a")),
      transaction_,
      &asked_,
      {}};
  StateKey limit_;
};

TEST_F(RecordsAfterDns, AreAskedForAnew) {
  EXPECT_FALSE(decision_.can_go_on()) << "until they are there";
  decision_.add(limit_, full());
  EXPECT_TRUE(decision_.can_go_on());
  ASSERT_EQ(decision_.step(), Decision::Step::done) << "once";
  EXPECT_EQ(decision_.verdict().rule, "a");
  EXPECT_EQ(decision_.state_evidence()[0].fact, full());
}

TEST_F(RecordsAfterDns, ThatDoNotComeInTimeAreThoseOfBefore) {
  decision_.give_up(dns::DnsReason::deadline);
  ASSERT_EQ(decision_.step(), Decision::Step::done);
  EXPECT_EQ(decision_.verdict().rule, "");
  EXPECT_EQ(decision_.state_evidence()[0].fact.status, StateFact::Status::absent);
}

TEST_F(EffectsTest, RecordsAreNotAskedForAnewWhereNothingWasWaitedForBeside) {
  Asked asked;
  const Transaction t = TransactionBuilder(Stage::rcpt).sender("a@s.example").transaction;
  Decision decision(rules_from("version: 1\nrules:\n" + rate("a")), t, &asked, {});
  decision.ask_for_records();
  ASSERT_EQ(decision.step(), Decision::Step::need_facts);
  const StateKey key = decision.records()[0];
  decision.add(key, {StateFact::Status::absent});
  EXPECT_EQ(decision.step(), Decision::Step::done);
}

TEST_F(EffectsTest, RecordsThatNobodyGivesAreUnknown) {
  for (const bool by_deadline : {false, true}) {
    Asked asked;
    const Transaction t = TransactionBuilder(Stage::rcpt).sender("a@s.example").transaction;
    Decision decision(rules_from("version: 1\nrules:\n" + rate("a")), t, &asked, {});
    decision.ask_for_records();
    ASSERT_EQ(decision.step(), Decision::Step::need_facts);
    EXPECT_TRUE(decision.questions().empty());
    if (by_deadline) {
      decision.give_up(dns::DnsReason::deadline);
    } else {
      decision.give_up_records();
    }
    ASSERT_EQ(decision.step(), Decision::Step::done);
    EXPECT_EQ(decision.verdict().found[0].finding, "unknown");
    EXPECT_EQ(decision.verdict().action, Disposition::pass);
  }
}

TEST_F(EffectsTest, ARecordThatHasToBeAskedForIsGivenUp) {
  Asked asked;
  const Transaction t = TransactionBuilder(Stage::rcpt).sender("a@s.example").transaction;
  Decision decision(rules_from("version: 1\nrules:\n" + rate("a")), t, &asked, {});
  ASSERT_EQ(decision.step(), Decision::Step::done);
  EXPECT_TRUE(decision.lacks_state());
  EXPECT_EQ(decision.verdict().found[0].finding, "unknown");
}

Verdict with_effects(const char* bucket, Effect::When when, Disposition action) {
  Verdict verdict;
  verdict.action = action;
  verdict.effects = {{{StateKind::rate, bucket, {}}, Take{}, 1s, when, Effect::Per::message}};
  return verdict;
}

TEST(Effects, OfTheRecipientsOfAMessageAreJoined) {
  using When = Effect::When;
  MessageVerdict message;
  message.add(with_effects("a", When::on_pass, Disposition::pass));
  message.add(with_effects("a", When::on_pass, Disposition::pass));
  message.add(with_effects("b", When::on_pass, Disposition::pass));
  const Verdict all = message.settle();
  ASSERT_EQ(all.effects.size(), 2U);
  EXPECT_EQ(all.effects[1].key.bucket, "b");
}

TEST(Effects, OfAMessageThatIsPutOffAreThoseThatAreAlwaysCarriedOut) {
  using When = Effect::When;
  MessageVerdict message(PutAside::no, MixedRecipients::split);
  message.add(with_effects("a", When::on_pass, Disposition::pass));
  message.add(with_effects("b", When::always, Disposition::reject));
  const Verdict put_off = message.settle();
  ASSERT_EQ(put_off.effects.size(), 1U);
  EXPECT_EQ(put_off.effects[0].key.bucket, "b");
}

TEST(Effects, OfAStageThatDecidesNothingStay) {
  Verdict verdict = with_effects("a", Effect::When::on_pass, Disposition::pass);
  keep_notes(verdict);
  EXPECT_EQ(verdict.effects.size(), 1U);
}

}  // namespace
}  // namespace postern::effects_test
