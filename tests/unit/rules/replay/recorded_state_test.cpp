// Limits in decisions that are judged anew: by the records of then, and by nothing else.
#include <gtest/gtest.h>

#include "rules/replay/judge.h"
#include "rules/replay/recorded.h"
#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::replay::recorded_state_test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kLimit =
    "version: 1\nrules: [ { name: limit, check: rate, key: sender, limit: 2/1h, preset: standard } "
    "]";

class RecordedState : public testing::Test {
 protected:
  RecordedState() {
    record_.transaction = TransactionBuilder(Stage::rcpt)
                              .client("203.0.113.7")
                              .sender("a@s.example")
                              .recipient("r@d.example")
                              .transaction;
  }
  void use(std::chrono::microseconds debt, StateFact::Done done = StateFact::Done::nothing) {
    record_.state = {{{StateKind::rate, "limit", {"a@s.example"}},
                      {StateFact::Status::found, {.debt = debt}, done}}};
  }
  Judgement judge(const char* rules = kLimit) {
    facts_.use(&record_);
    Judge judge(rules_ = rules_from(rules), &facts_);
    return judge.judge_stage(record_.transaction, {});
  }

  journal::JournalRecord record_;
  std::shared_ptr<const Snapshot> rules_;
  RecordedFacts facts_;
};

TEST_F(RecordedState, JudgesByTheRecordOfThen) {
  use(30min);
  EXPECT_EQ(judge().verdict.action, Disposition::pass);
  use(31min);
  EXPECT_EQ(judge().verdict.action, Disposition::defer);
  use(60min, StateFact::Done::for_others);
  EXPECT_EQ(judge().verdict.action, Disposition::pass) << "the message had been counted";
}

TEST_F(RecordedState, GreylistingIsJudgedByWhatWasKnownThen) {
  const char* rules =
      "version: 1\nrules: [ { name: grey, check: greylist, delay: 5m, preset: standard } ]";
  StateFact known{StateFact::Status::found, {.since_first = 90min, .is_marked = true}};
  record_.state = {{{StateKind::greylist, "grey", {"s.example", "203.0.113.0/24"}}, known}};
  const Judgement judgement = judge(rules);
  EXPECT_FALSE(judgement.undecided);
  EXPECT_EQ(judgement.verdict.action, Disposition::pass);

  record_.state[0].fact = {StateFact::Status::found, {.since_first = 4min}};
  record_.state[0].fact.done = StateFact::Done::for_others;
  record_.state.push_back(
      {{StateKind::greylist, "grey", {"s.example", "203.0.113.0/24", "unknown"}},
       {StateFact::Status::absent}});
  EXPECT_EQ(judge(rules).verdict.reply.text, "Greylisted, please try again in 1m");
  record_.state.clear();
  EXPECT_TRUE(judge(rules).undecided);
}

TEST_F(RecordedState, IsUndecidedWithoutOne) {
  const Judgement judgement = judge();
  ASSERT_TRUE(judgement.undecided);
  EXPECT_EQ(judgement.undecided->rule, "limit");
  EXPECT_EQ(judgement.undecided->needs, "a record of state");
  use(0min);
  EXPECT_TRUE(
      judge("version: 1\nrules: [ { name: other, check: rate, key: sender, limit: 2/1h, preset: "
            "standard } ]")
          .undecided)
      << "a limit of another name";
}

TEST_F(RecordedState, OfALogNothingIsKnown) {
  Judge judge(rules_ = rules_from(kLimit), nullptr);
  EXPECT_TRUE(judge.judge_stage(record_.transaction, {}).undecided);
}

TEST_F(RecordedState, IsNotAskedOfDns) {
  facts_.use(&record_);
  int asked = 0;
  Judge judge(rules_ = rules_from(kLimit), &facts_, [&](Decision& decision) {
    ++asked;
    decision.give_up(dns::DnsReason::unreachable);
    decision.step();
  });
  EXPECT_TRUE(judge.judge_stage(record_.transaction, {}).undecided);
  EXPECT_EQ(asked, 0);
}

}  // namespace
}  // namespace postern::replay::recorded_state_test
