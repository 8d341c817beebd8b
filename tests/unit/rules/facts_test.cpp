#include "rules/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace postern {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

DnsQuestion question(std::string_view name, DnsType type = DnsType::a) {
  return {DomainName::parse(name).value(), type};
}

DnsFact fact(DnsReason reason) {
  return {std::make_shared<const DnsAnswer>(temporary_failure(reason))};
}

class CountingSource : public FactSource {
 public:
  std::optional<DnsFact> find(const DnsQuestion& asked) override {
    ++calls;
    const auto known = facts.find(asked);
    return known == facts.end() ? std::nullopt : std::optional(known->second);
  }
  std::map<DnsQuestion, DnsFact> facts;
  int calls = 0;
};

TEST(FactView, WithoutASourceEveryFirstQuestionIsMissing) {
  FactView view(nullptr);
  EXPECT_EQ(view.dns(question("a.example")), nullptr);
  EXPECT_EQ(view.dns(question("a.example", DnsType::aaaa)), nullptr);
  EXPECT_EQ(view.dns(question("a.example")), nullptr);
  EXPECT_THAT(view.missing(),
              ElementsAre(question("a.example"), question("a.example", DnsType::aaaa)));
  EXPECT_THAT(view.evidence(), IsEmpty());
}

TEST(FactView, AsksTheSourceOnceForEachQuestion) {
  CountingSource source;
  source.facts[question("a.example")] = fact(DnsReason::servfail);
  FactView view(&source);
  const DnsAnswer* first = view.dns(question("a.example"));
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->reason, DnsReason::servfail);
  source.facts[question("a.example")] = fact(DnsReason::refused);
  EXPECT_EQ(view.dns(question("a.example")), first);
  EXPECT_EQ(source.calls, 1);
  EXPECT_EQ(view.dns(question("b.example")), nullptr);
  source.facts[question("b.example")] = fact(DnsReason::refused);
  EXPECT_EQ(view.dns(question("b.example")), nullptr) << "missing until it is added";
  EXPECT_EQ(source.calls, 2);
}

TEST(FactView, AnAddedFactIsFoundAndNoLongerMissing) {
  FactView view(nullptr);
  view.dns(question("a.example"));
  view.dns(question("b.example"));
  view.add(question("a.example"), fact(DnsReason::timeout));
  EXPECT_THAT(view.missing(), ElementsAre(question("b.example")));
  ASSERT_NE(view.dns(question("a.example")), nullptr);
  EXPECT_EQ(view.dns(question("a.example"))->reason, DnsReason::timeout);
}

TEST(FactView, TheFirstAnswerStays) {
  FactView view(nullptr);
  view.add(question("a.example"), fact(DnsReason::timeout));
  view.add(question("a.example"), fact(DnsReason::servfail));
  EXPECT_EQ(view.dns(question("a.example"))->reason, DnsReason::timeout);
  EXPECT_EQ(view.evidence().size(), 1U);
}

TEST(FactView, AnswersStayValidWhileOthersComeIn) {
  FactView view(nullptr);
  view.add(question("a.example"), fact(DnsReason::timeout));
  const DnsAnswer* first = view.dns(question("a.example"));
  for (int i = 0; i < 100; ++i) {
    view.add(question("x" + std::to_string(i) + ".example"), fact(DnsReason::servfail));
  }
  EXPECT_EQ(view.dns(question("a.example")), first);
  EXPECT_EQ(first->reason, DnsReason::timeout);
}

TEST(FactView, GivingUpAnswersWhatIsMissingAndNothingElse) {
  FactView view(nullptr);
  view.add(question("a.example"), fact(DnsReason::refused));
  view.dns(question("b.example"));
  view.dns(question("c.example"));
  view.give_up(DnsReason::deadline);
  EXPECT_THAT(view.missing(), IsEmpty());
  EXPECT_EQ(view.dns(question("a.example"))->reason, DnsReason::refused);
  for (const char* name : {"b.example", "c.example"}) {
    ASSERT_NE(view.dns(question(name)), nullptr) << name;
    EXPECT_EQ(view.dns(question(name))->status, DnsStatus::temporary_failure);
    EXPECT_EQ(view.dns(question(name))->reason, DnsReason::deadline);
  }
  EXPECT_EQ(view.evidence()[1].fact.source, DnsFact::Source::given_up);
}

TEST(FactView, GivingUpMayKeepTheFirstQuestions) {
  for (std::size_t keep = 0; keep <= 4; ++keep) {
    FactView view(nullptr);
    for (const char* name : {"a.example", "b.example", "c.example"}) view.dns(question(name));
    view.give_up(DnsReason::overloaded, keep);
    const std::size_t kept = std::min(keep, std::size_t{3});
    ASSERT_EQ(view.missing().size(), kept);
    EXPECT_EQ(view.evidence().size(), 3 - kept);
    if (kept > 0) {
      EXPECT_EQ(view.missing()[0], question("a.example"));
    }
  }
}

}  // namespace
}  // namespace postern
