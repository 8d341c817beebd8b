#include "rules/model/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace postern::facts_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

dns::DnsQuestion question(std::string_view name, dns::DnsType type = dns::DnsType::a) {
  return {DomainName::parse(name).value(), type};
}

dns::DnsFact fact(dns::DnsReason reason) {
  return {std::make_shared<const dns::DnsAnswer>(dns::temporary_failure(reason))};
}

class CountingSource : public FactSource {
 public:
  std::optional<dns::DnsFact> find(const dns::DnsQuestion& asked) override {
    ++calls;
    const auto known = facts.find(asked);
    return known == facts.end() ? std::nullopt : std::optional(known->second);
  }
  std::map<dns::DnsQuestion, dns::DnsFact> facts;
  int calls = 0;
};

TEST(FactView, WithoutASourceEveryFirstQuestionIsMissing) {
  FactView view(nullptr);
  EXPECT_EQ(view.dns(question("a.example")), nullptr);
  EXPECT_EQ(view.dns(question("a.example", dns::DnsType::aaaa)), nullptr);
  EXPECT_EQ(view.dns(question("a.example")), nullptr);
  EXPECT_THAT(view.missing(),
              ElementsAre(question("a.example"), question("a.example", dns::DnsType::aaaa)));
  EXPECT_THAT(view.evidence(), IsEmpty());
}

TEST(FactView, AsksTheSourceOnceForEachQuestion) {
  CountingSource source;
  source.facts[question("a.example")] = fact(dns::DnsReason::servfail);
  FactView view(&source);
  const dns::DnsAnswer* first = view.dns(question("a.example"));
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->reason, dns::DnsReason::servfail);
  source.facts[question("a.example")] = fact(dns::DnsReason::refused);
  EXPECT_EQ(view.dns(question("a.example")), first);
  EXPECT_EQ(source.calls, 1);
  EXPECT_EQ(view.dns(question("b.example")), nullptr);
  source.facts[question("b.example")] = fact(dns::DnsReason::refused);
  EXPECT_EQ(view.dns(question("b.example")), nullptr) << "missing until it is added";
  EXPECT_EQ(source.calls, 2);
}

TEST(FactView, AnAddedFactIsFoundAndNoLongerMissing) {
  FactView view(nullptr);
  view.dns(question("a.example"));
  view.dns(question("b.example"));
  view.add(question("a.example"), fact(dns::DnsReason::timeout));
  EXPECT_THAT(view.missing(), ElementsAre(question("b.example")));
  ASSERT_NE(view.dns(question("a.example")), nullptr);
  EXPECT_EQ(view.dns(question("a.example"))->reason, dns::DnsReason::timeout);
}

TEST(FactView, TheFirstAnswerStays) {
  FactView view(nullptr);
  view.add(question("a.example"), fact(dns::DnsReason::timeout));
  view.add(question("a.example"), fact(dns::DnsReason::servfail));
  EXPECT_EQ(view.dns(question("a.example"))->reason, dns::DnsReason::timeout);
  EXPECT_EQ(view.evidence().size(), 1U);
}

// A list may put the key with which it was asked into its text, which journal and traces show.
TEST(FactView, NoTextThatRepeatsWhatIsHiddenOfTheNameIsKept) {
  const dns::DnsName zone = dns::DnsName(DomainName::parse("s3cret").value())
                                .hidden_under(DomainName::parse("bl.example").value())
                                .value();
  const dns::DnsQuestion hidden{DomainName::parse("a").value(), dns::DnsType::txt};
  const dns::DnsQuestion keyed{hidden.name.under(zone).value(), dns::DnsType::txt};
  dns::DnsAnswer answer{dns::DnsStatus::found, dns::DnsReason::answer, dns::DnsTtl{60}, {}, {}};
  for (const char* text : {"first", "see S3cret.bl.example", "last"}) answer.records.add_text(text);
  CountingSource source;
  source.facts[keyed] = {std::make_shared<const dns::DnsAnswer>(answer)};
  FactView asked(&source);
  FactView added(nullptr);
  added.add(keyed, source.facts[keyed]);
  for (FactView* view : {&asked, &added}) {
    ASSERT_NE(view->dns(keyed), nullptr);
    EXPECT_THAT(view->dns(keyed)->records.texts(),
                ElementsAre(dns::TxtRecord{"first"}, dns::TxtRecord{"last"}));
    EXPECT_EQ(view->dns(keyed)->ttl, dns::DnsTtl{60});
  }
  added.add(hidden, source.facts[keyed]);
  EXPECT_EQ(*added.dns(hidden), answer) << "nothing of that name is hidden";
}

TEST(FactView, AnswersStayValidWhileOthersComeIn) {
  FactView view(nullptr);
  view.add(question("a.example"), fact(dns::DnsReason::timeout));
  const dns::DnsAnswer* first = view.dns(question("a.example"));
  for (int i = 0; i < 100; ++i) {
    view.add(question("x" + std::to_string(i) + ".example"), fact(dns::DnsReason::servfail));
  }
  EXPECT_EQ(view.dns(question("a.example")), first);
  EXPECT_EQ(first->reason, dns::DnsReason::timeout);
}

TEST(FactView, GivingUpAnswersWhatIsMissingAndNothingElse) {
  FactView view(nullptr);
  view.add(question("a.example"), fact(dns::DnsReason::refused));
  view.dns(question("b.example"));
  view.dns(question("c.example"));
  view.give_up(dns::DnsReason::deadline);
  EXPECT_THAT(view.missing(), IsEmpty());
  EXPECT_EQ(view.dns(question("a.example"))->reason, dns::DnsReason::refused);
  for (const char* name : {"b.example", "c.example"}) {
    ASSERT_NE(view.dns(question(name)), nullptr) << name;
    EXPECT_EQ(view.dns(question(name))->status, dns::DnsStatus::temporary_failure);
    EXPECT_EQ(view.dns(question(name))->reason, dns::DnsReason::deadline);
  }
  EXPECT_EQ(view.evidence()[1].fact.source, dns::DnsFact::Source::given_up);
}

TEST(FactView, GivingUpMayKeepTheFirstQuestions) {
  for (std::size_t keep = 0; keep <= 4; ++keep) {
    FactView view(nullptr);
    for (const char* name : {"a.example", "b.example", "c.example"}) view.dns(question(name));
    view.give_up(dns::DnsReason::overloaded, keep);
    const std::size_t kept = std::min(keep, std::size_t{3});
    ASSERT_EQ(view.missing().size(), kept);
    EXPECT_EQ(view.evidence().size(), 3 - kept);
    if (kept > 0) {
      EXPECT_EQ(view.missing()[0], question("a.example"));
    }
  }
}

TEST(FactView, OfSeveralAskersTheLeastBoundedCounts) {
  FactView view(nullptr);
  view.dns(question("a.example"));
  view.dns(question("b.example"), Asker::client);
  view.dns(question("c.example"), Asker::rule);
  view.dns(question("b.example"));
  view.dns(question("a.example"), Asker::rule);
  EXPECT_THAT(view.askers(), ElementsAre(Asker::rule, Asker::client, Asker::rule));
}

TEST(FactView, GivesUpWhatOneAskerWants) {
  FactView view(nullptr);
  view.dns(question("a.example"));
  view.dns(question("b.example"), Asker::client);
  view.dns(question("c.example"));
  view.dns(question("d.example"), Asker::rule);
  EXPECT_TRUE(view.give_up_of(Asker::sender, dns::DnsReason::overloaded));
  EXPECT_FALSE(view.give_up_of(Asker::sender, dns::DnsReason::overloaded));
  EXPECT_THAT(view.missing(), ElementsAre(question("b.example"), question("d.example")));
  EXPECT_THAT(view.askers(), ElementsAre(Asker::client, Asker::rule));
  view.add(question("b.example"), {});
  EXPECT_THAT(view.askers(), ElementsAre(Asker::rule));
  EXPECT_EQ(view.dns(question("c.example"))->reason, dns::DnsReason::overloaded);
}

TEST(FactView, AsksTheSourceOnceForEachRecord) {
  class Records : public CountingSource {
   public:
    std::optional<StateFact> find_state(const StateKey& key) override {
      ++calls;
      if (key.bucket == "later") return std::nullopt;
      return StateFact{StateFact::Status::absent, {}};
    }
  } source;
  FactView view(&source);
  for (int again = 0; again < 2; ++again) {
    const StateEvidence* record = view.state({StateKind::rate, "a", {"x"}});
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(record->key, (StateKey{StateKind::rate, "a", {"x"}}));
    EXPECT_EQ(record->fact.status, StateFact::Status::absent);
  }
  EXPECT_EQ(source.calls, 1);
  EXPECT_EQ(view.state({StateKind::rate, "later", {}}), nullptr);
  EXPECT_EQ(view.state({StateKind::rate, "later", {}}), nullptr);
  EXPECT_EQ(view.missing_state().size(), 1U);
  view.give_up_state();
  ASSERT_NE(view.state({StateKind::rate, "later", {}}), nullptr);
  EXPECT_EQ(view.state_evidence().size(), 2U);
  EXPECT_EQ(view.state_evidence()[1].fact, StateFact{});
}

TEST(FactView, HasNoRecordsWithoutASource) {
  FactView view(nullptr);
  const StateEvidence* record = view.state({StateKind::seen, "a", {}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->fact.status, StateFact::Status::unavailable);
}

}  // namespace
}  // namespace postern::facts_test
