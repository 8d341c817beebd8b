#include "rules/decision.h"

#include <gtest/gtest.h>

#include "rules/load/rule_possibility.h"
#include "rules/load/snapshot_builder.h"
#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::decision_test {
namespace {

constexpr std::array<FindingInfo, 2> kFindings = {
    {{"done", FindingClass::good}, {"unknown", FindingClass::temporary}}};
const CheckInfo kInfo{"chain", Stage::mail, kFindings, {}, {}, nullptr};

dns::DnsQuestion question(std::size_t round, std::size_t i) {
  const std::string name = "r" + std::to_string(round) + "-" + std::to_string(i) + ".example";
  return {DomainName::parse(name).value(), dns::DnsType::a};
}

// Asks `width` questions in each of `rounds` rounds. `unknown` when one of them failed; with
// `stubborn` it goes on asking nevertheless, which a check must not.
struct Shape {
  std::size_t rounds = 1;
  std::size_t width = 1;
  bool stubborn = false;
};

class Chain : public Check {
 public:
  Chain(Shape shape, int& inspected) : shape_(shape), inspected_(inspected) {}
  [[nodiscard]] AttributeSet attributes() const override { return {}; }
  [[nodiscard]] CheckReport inspect(const Transaction&, FactView& facts) const override {
    ++inspected_;
    for (std::size_t round = 0; round < shape_.rounds; ++round) {
      bool waiting = false;
      bool failed = false;
      for (std::size_t i = 0; i < shape_.width; ++i) {
        const dns::DnsAnswer* answer = facts.dns(question(round, i));
        waiting = waiting || answer == nullptr;
        failed =
            failed || (answer != nullptr && answer->status == dns::DnsStatus::temporary_failure);
      }
      if (waiting) return CheckReport::waiting();
      if (failed && !shape_.stubborn) return CheckReport::found(1);
    }
    return CheckReport::found(0);
  }

 private:
  Shape shape_;
  int& inspected_;
};

class Decisions : public testing::Test {
 protected:
  Decision decide(Shape shape, FactSource* source = nullptr) {
    load::SnapshotBuilder builder(9, {Door::milter});
    Rule rule;
    rule.name = "r";
    rule.what =
        RuleCheck{&kInfo,
                  std::make_unique<Chain>(shape, inspected_),
                  {{Reject{{550, {5, 7, 1}, "done"}}}, {Defer{{451, {4, 7, 1}, "unknown"}}}}};
    load::note_what_it_may_do(rule, builder);
    builder.add_rule(std::move(rule));
    return {builder.finish(), transaction_, source, std::chrono::system_clock::time_point{}};
  }

  static dns::DnsFact absent() {
    dns::DnsAnswer answer;
    answer.status = dns::DnsStatus::absent;
    answer.reason = dns::DnsReason::nodata;
    return {std::make_shared<const dns::DnsAnswer>(answer)};
  }

  static void answer_all(Decision& decision) {
    const std::vector<dns::DnsQuestion> questions = decision.questions();
    for (const dns::DnsQuestion& asked : questions) decision.add(asked, absent());
  }

  // Rounds until it is done, every question being answered.
  static int rounds_of(Decision& decision) {
    int rounds = 0;
    std::size_t asked = 0;
    while (decision.step() == Decision::Step::need_facts) {
      EXPECT_FALSE(decision.questions().empty());
      asked += decision.questions().size();
      answer_all(decision);
      if (++rounds > 100) throw std::runtime_error("it never ends");
    }
    EXPECT_LE(asked, Decision::kMaxQuestions);
    return rounds;
  }

  Transaction transaction_ = TransactionBuilder(Stage::mail).sender("a@b.example").transaction;
  int inspected_ = 0;
};

TEST_F(Decisions, RoundsAreCountedAndBounded) {
  for (std::size_t rounds = 1; rounds <= Decision::kMaxRounds + 4; ++rounds) {
    Decision decision = decide({rounds, 1});
    const bool fits = rounds <= static_cast<std::size_t>(Decision::kMaxRounds);
    EXPECT_EQ(rounds_of(decision), fits ? static_cast<int>(rounds) : Decision::kMaxRounds);
    EXPECT_EQ(decision.verdict().reply.text, fits ? "done" : "unknown") << rounds;
    EXPECT_EQ(decision.verdict().generation, 9U);
  }
}

TEST_F(Decisions, WhatTheCheckFoundIsThereOnceHoweverManyRoundsItTook) {
  Decision decision = decide({3, 2});
  EXPECT_EQ(rounds_of(decision), 3);
  ASSERT_EQ(decision.verdict().found.size(), 1U);
  const CheckFinding& found = decision.verdict().found.front();
  EXPECT_EQ(found.rule, "r");
  EXPECT_EQ(found.check, "chain");
  EXPECT_EQ(found.finding, "done");
}

TEST_F(Decisions, QuestionsAreBounded) {
  for (const std::size_t width : {1U, 255U, 256U, 257U, 600U}) {
    Decision decision = decide({1, width});
    EXPECT_EQ(rounds_of(decision), 1);
    const bool fits = width <= Decision::kMaxQuestions;
    EXPECT_EQ(decision.verdict().reply.text, fits ? "done" : "unknown") << width;
  }
  Decision in_two_rounds = decide({2, 130});
  EXPECT_EQ(rounds_of(in_two_rounds), 2);
  EXPECT_EQ(in_two_rounds.verdict().reply.text, "unknown");
  Decision exactly = decide({2, 128});
  EXPECT_EQ(rounds_of(exactly), 2);
  EXPECT_EQ(exactly.verdict().reply.text, "done");
}

// Many answers must not make as many looks at all that is known by then.
TEST_F(Decisions, ManyAnswersAreLookedAtTogether) {
  Decision decision = decide({1, 200});
  ASSERT_EQ(decision.step(), Decision::Step::need_facts);
  const std::vector<dns::DnsQuestion> questions = decision.questions();
  for (const dns::DnsQuestion& asked : questions) {
    decision.add(asked, absent());
    EXPECT_EQ(decision.can_go_on(), asked == questions.back());
  }
  EXPECT_LE(inspected_, Decision::kEagerLooks + 1);
  EXPECT_EQ(decision.step(), Decision::Step::done);
  EXPECT_EQ(decision.verdict().reply.text, "done");
}

TEST_F(Decisions, GivingUpEndsIt) {
  for (std::size_t before = 0; before < 3; ++before) {
    Decision decision = decide({4, 2});
    for (std::size_t i = 0; i < before; ++i) {
      ASSERT_EQ(decision.step(), Decision::Step::need_facts);
      answer_all(decision);
    }
    ASSERT_EQ(decision.step(), Decision::Step::need_facts);
    decision.give_up(dns::DnsReason::deadline);
    EXPECT_EQ(decision.step(), Decision::Step::done) << before;
    EXPECT_EQ(decision.verdict().reply.text, "unknown");
    EXPECT_TRUE(decision.questions().empty());
    EXPECT_EQ(decision.evidence().back().fact.answer->reason, dns::DnsReason::deadline);
  }
}

TEST_F(Decisions, GivingUpBeforeTheFirstStepStillGivesAVerdict) {
  Decision decision = decide({2, 1});
  decision.give_up(dns::DnsReason::deadline);
  EXPECT_EQ(decision.step(), Decision::Step::done);
  EXPECT_EQ(decision.verdict().reply.text, "unknown");
}

// A check that breaks its contract must neither hold the door for ever nor refuse mail.
TEST_F(Decisions, ACheckThatNeverEndsIsCutShort) {
  Decision decision = decide({1000, 1, true});
  EXPECT_EQ(rounds_of(decision), Decision::kMaxRounds);
  EXPECT_EQ(decision.verdict().action, Disposition::pass);
  EXPECT_EQ(decision.verdict().rule, "");
  EXPECT_EQ(decision.verdict().generation, 9U);
}

TEST_F(Decisions, APartOfTheAnswersLeavesTheRest) {
  Decision decision = decide({1, 3});
  ASSERT_EQ(decision.step(), Decision::Step::need_facts);
  decision.add(question(0, 1), absent());
  ASSERT_EQ(decision.step(), Decision::Step::need_facts);
  EXPECT_EQ(decision.questions().size(), 2U);
  answer_all(decision);
  EXPECT_EQ(decision.step(), Decision::Step::done);
  EXPECT_EQ(decision.verdict().reply.text, "done");
}

class EverythingIsKnown : public FactSource {
 public:
  std::optional<dns::DnsFact> find(const dns::DnsQuestion&) override {
    dns::DnsAnswer answer;
    answer.status = dns::DnsStatus::absent;
    answer.reason = dns::DnsReason::nodata;
    return dns::DnsFact{std::make_shared<const dns::DnsAnswer>(answer)};
  }
};

TEST_F(Decisions, WarmOnesAskNothing) {
  EverythingIsKnown source;
  Decision decision = decide({5, 3}, &source);
  EXPECT_EQ(decision.step(), Decision::Step::done);
  EXPECT_EQ(decision.verdict().reply.text, "done");
  EXPECT_EQ(decision.evidence().size(), 15U);
}

// Two mail hosts, the first with an address: the second one's answers change nothing any more.
TEST(DecisionSettled, BeforeAllAnswersAreThere) {
  const auto rules = rules_from(
      "version: 1\nrules: [ { name: m, check: sender_mx, on: { mx: reject, unknown: defer } } ]\n");
  const Transaction t = TransactionBuilder(Stage::rcpt).sender("s@a.example").transaction;
  Decision decision(rules, t, nullptr, std::chrono::system_clock::time_point{});
  const auto found = [](dns::DnsAnswer answer) {
    answer.status = dns::DnsStatus::found;
    answer.reason = dns::DnsReason::answer;
    return dns::DnsFact{std::make_shared<const dns::DnsAnswer>(std::move(answer))};
  };
  const auto named = [](const char* name) { return DomainName::parse(name).value(); };

  ASSERT_EQ(decision.step(), Decision::Step::need_facts);
  EXPECT_FALSE(decision.can_go_on());
  dns::DnsAnswer mx;
  mx.records.add_mx(10, "good.example");
  mx.records.add_mx(20, "dead.example");
  decision.add({named("a.example"), dns::DnsType::mx}, found(mx));
  EXPECT_TRUE(decision.can_go_on()) << "there is more to ask";
  ASSERT_EQ(decision.step(), Decision::Step::need_facts);
  ASSERT_EQ(decision.questions().size(), 4U);
  EXPECT_FALSE(decision.can_go_on());
  dns::DnsAnswer address;
  address.records.add_address(IpAddress::parse("198.51.100.1").value());
  decision.add({named("good.example"), dns::DnsType::a}, found(address));
  EXPECT_TRUE(decision.can_go_on());
  ASSERT_EQ(decision.step(), Decision::Step::done);
  EXPECT_EQ(decision.verdict().finding, "mx");
}

// Of many mail hosts the next are asked for as soon as one has been answered.
class DecisionOfManyHosts : public testing::Test {
 protected:
  static dns::DnsFact fact(dns::DnsStatus status, dns::DnsReason reason) {
    dns::DnsAnswer answer;
    answer.status = status;
    answer.reason = reason;
    return {std::make_shared<const dns::DnsAnswer>(answer)};
  }

  static dns::DnsQuestion host(int number, dns::DnsType type) {
    return {DomainName::parse("h" + std::to_string(number) + ".example").value(), type};
  }

  void begin(int hosts) {
    ASSERT_EQ(decision_.step(), Decision::Step::need_facts);
    dns::DnsAnswer mx;
    mx.status = dns::DnsStatus::found;
    mx.reason = dns::DnsReason::answer;
    for (int number = 1; number <= hosts; ++number) {
      mx.records.add_mx(10, host(number, dns::DnsType::a).name.text());
    }
    decision_.add(decision_.questions().front(), {std::make_shared<const dns::DnsAnswer>(mx)});
    ASSERT_EQ(decision_.step(), Decision::Step::need_facts);
    ASSERT_EQ(decision_.questions().size(), 6U);
  }

  std::shared_ptr<const Snapshot> rules_ = rules_from(
      "version: 1\nrules: [ { name: m, check: sender_mx, on: { mx: pass, unusable: reject, "
      "unknown: "
      "defer } } ]\n");
  Transaction transaction_ = TransactionBuilder(Stage::rcpt).sender("s@a.example").transaction;
  Decision decision_{rules_, transaction_, nullptr, std::chrono::system_clock::time_point{}};
};

TEST_F(DecisionOfManyHosts, CanGoOnWhenOneIsAnswered) {
  begin(16);
  decision_.add(host(1, dns::DnsType::a), fact(dns::DnsStatus::absent, dns::DnsReason::nodata));
  EXPECT_FALSE(decision_.can_go_on()) << "it may have an AAAA";
  decision_.add(host(1, dns::DnsType::aaaa), fact(dns::DnsStatus::absent, dns::DnsReason::nodata));
  EXPECT_TRUE(decision_.can_go_on());
  ASSERT_EQ(decision_.step(), Decision::Step::need_facts);
  EXPECT_EQ(decision_.questions().size(), 6U) << "two that are awaited, and the fourth";
  EXPECT_EQ(decision_.questions().back(), host(4, dns::DnsType::aaaa));
}

// Each host by itself, which is as many rounds as there can be.
TEST_F(DecisionOfManyHosts, GoesThroughAllOfThem) {
  begin(16);
  for (int number = 1; number <= 16; ++number) {
    ASSERT_EQ(decision_.step(), Decision::Step::need_facts) << number;
    for (const dns::DnsType type : {dns::DnsType::a, dns::DnsType::aaaa}) {
      decision_.add(host(number, type), fact(dns::DnsStatus::absent, dns::DnsReason::nxdomain));
    }
  }
  ASSERT_EQ(decision_.step(), Decision::Step::done);
  EXPECT_EQ(decision_.verdict().finding, "unusable");
}

// What was not asked for any more is unknown, and nothing else.
TEST_F(DecisionOfManyHosts, GivenUpItIsUnknown) {
  begin(16);
  decision_.give_up(dns::DnsReason::deadline);
  ASSERT_EQ(decision_.step(), Decision::Step::done);
  EXPECT_EQ(decision_.verdict().finding, "unknown");
  EXPECT_EQ(decision_.verdict().action, Disposition::defer);
}

// An asker that is not heard is not asked for in later rounds, either.
TEST_F(DecisionOfManyHosts, OfAnAskerThatIsNotHeardNothingIsAskedAnyMore) {
  ASSERT_EQ(decision_.step(), Decision::Step::need_facts);
  decision_.give_up_of(Asker::client, dns::DnsReason::overloaded);
  EXPECT_EQ(decision_.step(), Decision::Step::need_facts) << "others go on";
  decision_.give_up_of(Asker::sender, dns::DnsReason::overloaded);
  ASSERT_EQ(decision_.step(), Decision::Step::done);
  EXPECT_EQ(decision_.verdict().finding, "unknown");
  EXPECT_EQ(decision_.evidence().size(), 1U) << "the MX, and none of its hosts";
  EXPECT_EQ(decision_.evidence()[0].fact.source, dns::DnsFact::Source::given_up);
}

TEST_F(DecisionOfManyHosts, AreAskedBecauseOfTheSender) {
  ASSERT_EQ(decision_.step(), Decision::Step::need_facts);
  EXPECT_EQ(decision_.asker(), Asker::sender);
  EXPECT_EQ(decision_.name_of(Asker::sender).text(), "a.example");
  EXPECT_TRUE(decision_.name_of(Asker::rule).empty());
  const Transaction bounce = TransactionBuilder(Stage::rcpt).sender("<>").transaction;
  const Transaction none = TransactionBuilder(Stage::helo).transaction;
  for (const Transaction* without : {&bounce, &none}) {
    const Decision decision(rules_, *without, nullptr, std::chrono::system_clock::time_point{});
    EXPECT_TRUE(decision.name_of(Asker::sender).empty());
    EXPECT_TRUE(decision.name_of(Asker::client).empty());
  }
}

}  // namespace
}  // namespace postern::decision_test
