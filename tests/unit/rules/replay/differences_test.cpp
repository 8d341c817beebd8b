// What changes, how it is counted, and which lost mail was good.
#include "rules/replay/differences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::replay::differences_test {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr UtcTime kMonday{std::chrono::days{20000}};

class Replayed : public testing::Test {
 protected:
  // Mail of `domain` that was `then`, so many hours after the beginning.
  std::optional<Change> mail(const std::string& domain, Outcome then, int hour,
                             const std::string& message = "", std::size_t teller = 0) {
    Past past;
    past.time = kMonday + std::chrono::hours{hour};
    past.transaction = TransactionBuilder(Stage::rcpt)
                           .client("192.0.2.1")
                           .sender("bob@" + domain)
                           .recipient("joe@box.example")
                           .transaction;
    past.outcome = then;
    past.message = message.empty() ? domain + std::to_string(hour) : message;
    past.teller = teller;
    return found_.add(past, judge_.judge(past.transaction, past.time));
  }
  std::vector<std::string> lost() {
    std::vector<std::string> domains;
    for (const GoodMail& good : found_.good_mail_lost(judge_.snapshot()->well_known(), kMonday)) {
      domains.push_back(good.mail.domain + ": " + to_string(good.standing));
    }
    return domains;
  }

  static constexpr Outcome kPass{};
  static constexpr Outcome kReject{Disposition::reject, 550};
  static constexpr Outcome kDefer{Disposition::defer, 450};

  Judge judge_{
      rules_from("version: 1\n"
                 "well_known: popular\n"
                 "lists:\n"
                 "  popular: { kind: domain, entries: [big.example] }\n"
                 "  bad: { kind: domain, entries: [.big.example, .bad.example] }\n"
                 "rules:\n"
                 "  - { name: late, when: { sender_domain: late.example }, then: defer }\n"
                 "  - { name: gone, when: { sender_domain: gone.example }, then: discard }\n"
                 "  - { name: bad, when: { sender_domain: bad }, then: reject 550 No }\n"),
      nullptr};
  Differences found_;
};

TEST_F(Replayed, TheSameIsNoChange) {
  EXPECT_EQ(mail("a.example", kPass, 0), std::nullopt);
  EXPECT_EQ(mail("bad.example", kReject, 0), std::nullopt);
  EXPECT_EQ(mail("bad.example", {Disposition::reject, 0}, 1), std::nullopt) << "no code was told";
  EXPECT_EQ(found_.unchanged(), 3U);
}

// A Postfix that asks both daemons, which have no name for it in common.
TEST_F(Replayed, WhatBothDoorsLetPassIsOneMessageAndLostOnce) {
  constexpr std::size_t kMilter = 2;
  for (const char* one : {"1", "2", "3"}) {
    mail("x.big.example", kPass, 0, std::string("policy ") + one);
    if (one[0] != '3') mail("x.big.example", kPass, 0, std::string("milter ") + one, kMilter);
  }
  const Tally& refused = found_.changes().at({kPass, kReject}).tally;
  EXPECT_EQ(refused.decisions(), 5U);
  EXPECT_EQ(refused.messages(), 3U);
  EXPECT_EQ(lost().size(), 3U);
  mail("y.big.example", kPass, 0, "milter 4", kMilter);
  EXPECT_EQ(refused.messages(), 4U) << "another sender";
}

TEST_F(Replayed, ChangesAreCountedByWhatTheyAre) {
  EXPECT_EQ(to_string(mail("x.bad.example", kPass, 0, "one").value()), "pass -> reject 550");
  mail("x.bad.example", kPass, 0, "one");
  mail("y.bad.example", kPass, 1, "two");
  EXPECT_EQ(to_string(mail("a.example", kDefer, 0).value()), "defer 450 -> pass");
  EXPECT_EQ(to_string(mail("bad.example", {Disposition::reject, 554}, 0).value()),
            "reject 554 -> reject 550");
  const ChangeCounts& refused = found_.changes().at({kPass, kReject});
  EXPECT_EQ(refused.tally.decisions(), 3U);
  EXPECT_EQ(refused.tally.messages(), 2U);
  EXPECT_THAT(refused.by_rule, ElementsAre(Pair("bad", 3)));
  EXPECT_THAT(refused.by_domain, ElementsAre(Pair("x.bad.example", 2), Pair("y.bad.example", 1)));
  ASSERT_EQ(refused.by_entry.size(), 1U);
  EXPECT_EQ(refused.by_entry.begin()->first.entry, ".bad.example");
  EXPECT_THAT(found_.changes().at({kDefer, kPass}).by_rule, ElementsAre(Pair("-", 1)));
}

TEST_F(Replayed, AWellKnownDomainIsGoodAtOnce) {
  mail("big.example", kPass, 0);
  mail("mail.big.example", kPass, 1);
  mail("x.bad.example", kPass, 2);
  EXPECT_THAT(lost(), ElementsAre("big.example: well known", "mail.big.example: well known"));
}

TEST_F(Replayed, AHistoryMakesADomainGood) {
  mail("bad.example", kPass, 0);
  mail("bad.example", kPass, 71);
  EXPECT_THAT(lost(), ElementsAre());
  mail("bad.example", kPass, 72);
  EXPECT_EQ(lost().size(), 3U);
  EXPECT_EQ(lost().front(),
            "bad.example: in good standing since " + format_utc(kMonday).substr(0, 10));
}

TEST_F(Replayed, ARefusalSpoilsIt) {
  mail("bad.example", kPass, 0);
  mail("bad.example", kPass, 100);
  mail("bad.example", kDefer, 101);
  EXPECT_EQ(lost().size(), 2U) << "later is not never";
  mail("bad.example", kReject, 102);
  EXPECT_THAT(lost(), ElementsAre());
}

TEST_F(Replayed, WhomSomebodyHereWritesToIsGood) {
  found_.add_written_to("bad.example");
  mail("bad.example", kPass, 0);
  mail("other.bad.example", kPass, 0);
  EXPECT_THAT(lost(), ElementsAre("bad.example: written to from here"));
}

TEST_F(Replayed, DiscardedIsLostAndDeferredIsLate) {
  for (const char* domain : {"late.example", "gone.example"}) {
    found_.add_written_to(domain);
    mail(domain, kPass, 0);
  }
  EXPECT_THAT(lost(), ElementsAre("gone.example: written to from here"));
}

TEST_F(Replayed, WhatWasRefusedAnywayIsNotLost) {
  found_.add_written_to("bad.example");
  mail("bad.example", {Disposition::reject, 554}, 0);
  EXPECT_THAT(lost(), ElementsAre());
}

TEST(Change, IsMeantByItsBeginnings) {
  const Change change{{}, Outcome{Disposition::reject, 550}};
  EXPECT_TRUE(is_meant("pass -> reject", change));
  EXPECT_TRUE(is_meant("pass->reject 550", change));
  EXPECT_TRUE(is_meant("reject", change));
  EXPECT_FALSE(is_meant("pass -> reject 5", change));
  EXPECT_FALSE(is_meant("reject -> pass", change));
  EXPECT_FALSE(is_meant("pass -> rej", change));
  EXPECT_TRUE(is_meant("undecided", {{}, std::nullopt}));
}

}  // namespace
}  // namespace postern::replay::differences_test
