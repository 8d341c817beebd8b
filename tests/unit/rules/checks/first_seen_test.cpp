#include <gtest/gtest.h>

#include "rules/model/message_effects.h"
#include "tests/support/rules_from.h"
#include "tests/support/state_map.h"
#include "tests/support/transaction_builder.h"
#include "tests/unit/rules/checks/check_run.h"

namespace postern::checks::first_seen_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

std::shared_ptr<const PublicSuffixes> suffixes() {
  return std::make_shared<const PublicSuffixes>("com\nuk\nco.uk\nblogspot.com\nexample\n");
}

Transaction at_rcpt(const std::string& sender, const std::string& client = "203.0.113.7") {
  return TransactionBuilder(Stage::rcpt)
      .client(client)
      .sender(sender)
      .recipient("r@d.example")
      .transaction;
}

// One rule, one message after the other, as a door has them judged.
class FirstSeenTest : public testing::Test {
 protected:
  FirstSeenTest() { use("name: s"); }

  void use(const std::string& options) {
    check_ = make_check("first_seen", options);
    Diagnostics diagnostics;
    check_->look_outside({suffixes, nullptr}, diagnostics);
  }

  // `young s.example, seen for 3d`, as it is found.
  std::string look(const Transaction& t) {
    MessageFacts facts(state_, message_, t);
    FactView view(&facts);
    report_ = check_->inspect(t, view);
    if (report_.state != CheckReport::State::found) return "-";
    return std::string(find_check("first_seen")->findings[report_.finding].name) + " " +
           report_.detail;
  }
  // The same of mail that is let in.
  std::string ask(const Transaction& t) {
    std::string said = look(t);
    message_.keep_new(report_.effects, t.recipient);
    state_.apply(report_.effects);
    return said;
  }
  std::string mail(const Transaction& t) {
    message_.clear();
    return ask(t);
  }
  // From another sender, until the rule has learned.
  void learn(StateMap::Time time = days{14}) {
    mail(at_rcpt("a@long.example", "198.51.100.1"));
    state_.pass(time);
  }

  StateMap state_;
  MessageEffects message_;
  std::unique_ptr<Check> check_;
  CheckReport report_;
};

TEST_F(FirstSeenTest, ASenderIsNewThenYoungThenOld) {
  learn();
  const Transaction t = at_rcpt("a@s.example");
  EXPECT_EQ(mail(t), "new s.example, not seen before");
  EXPECT_EQ(mail(t), "young s.example, seen for 0s");
  state_.pass(3h);
  EXPECT_EQ(mail(t), "young s.example, seen for 3h");
  state_.pass(days{7} - 3h - 1s);
  EXPECT_EQ(mail(t), "young s.example, seen for 6d");
  state_.pass(1s);
  EXPECT_EQ(mail(t), "old s.example, seen for 7d");
  EXPECT_EQ(mail(at_rcpt("a@other.example")), "new other.example, not seen before");
}

TEST_F(FirstSeenTest, TheAgeIsAnOption) {
  use("name: s\nage: 24h");
  learn();
  const Transaction t = at_rcpt("a@s.example");
  mail(t);
  state_.pass(24h - 1s);
  EXPECT_EQ(mail(t), "young s.example, seen for 23h");
  state_.pass(1s);
  EXPECT_EQ(mail(t), "old s.example, seen for 24h");
}

TEST_F(FirstSeenTest, ARuleLearnsBeforeItCallsAnybodyNew) {
  const Transaction t = at_rcpt("a@s.example");
  EXPECT_EQ(mail(t), "learning s.example, not seen before, learning for 0s of 14d");
  state_.pass(days{5});
  EXPECT_EQ(mail(t), "learning s.example, seen for 5d, learning for 5d of 14d");
  state_.pass(days{2});
  EXPECT_EQ(mail(t), "old s.example, seen for 7d");
  state_.pass(days{7} - 1s);
  EXPECT_EQ(mail(at_rcpt("a@late.example")),
            "learning late.example, not seen before, learning for 13d of 14d");
  state_.pass(1s);
  EXPECT_EQ(mail(at_rcpt("a@next.example")), "new next.example, not seen before");
  EXPECT_EQ(mail(at_rcpt("a@late.example")), "young late.example, seen for 1s");
}

TEST_F(FirstSeenTest, ItLearnsAtLeastForTheAge) {
  use("name: s\nage: 30d");
  learn(days{29});
  EXPECT_TRUE(mail(at_rcpt("a@s.example")).starts_with("learning "));
  state_.pass(days{1});
  EXPECT_EQ(mail(at_rcpt("a@new.example")), "new new.example, not seen before");
}

TEST_F(FirstSeenTest, IsUnknownAndRemembersNothingWithoutState) {
  learn();
  state_.is_away = true;
  EXPECT_EQ(mail(at_rcpt("a@s.example")), "unknown no record can be had");
  EXPECT_TRUE(report_.effects.empty());
  EXPECT_EQ(find_check("first_seen")->findings[report_.finding].finding_class,
            FindingClass::temporary);
}

TEST_F(FirstSeenTest, AsksForBothRecordsAtOnce) {
  class Asked : public FactSource {
   public:
    std::optional<dns::DnsFact> find(const dns::DnsQuestion& /*question*/) override { return {}; }
    std::optional<StateFact> find_state(const StateKey& /*key*/) override { return {}; }
  } asked;
  FactView view(&asked);
  EXPECT_EQ(check_->inspect(at_rcpt("a@s.example"), view).state, CheckReport::State::waiting);
  EXPECT_EQ(view.missing_state().size(), 2U);
  EXPECT_TRUE(view.missing().empty());
}

TEST_F(FirstSeenTest, KnowsANetworkOrADomainFromANetwork) {
  use("name: s\nof: client_network");
  mail(at_rcpt("a@s.example", "203.0.113.7"));
  mail(at_rcpt("a@s.example", "::ffff:203.0.113.200"));
  mail(at_rcpt("a@s.example", "2001:db8:0:1:ffff::2"));
  EXPECT_EQ(state_.keys(), "s 2001:db8:0:1::/64, s 203.0.113.0/24, s all client_network");
  use("name: p\nof: pair");
  EXPECT_EQ(mail(at_rcpt("a@news.s.example")),
            "learning s.example from 203.0.113.0/24, not seen before, learning for 0s of 14d");
  mail(at_rcpt("a@s.example", "198.51.100.1"));
  state_.pass(days{14});
  EXPECT_EQ(mail(at_rcpt("a@s.example")), "old s.example from 203.0.113.0/24, seen for 14d");
  EXPECT_EQ(mail(at_rcpt("a@s.example", "192.0.3.1")),
            "new s.example from 192.0.3.0/24, not seen before");
}

TEST_F(FirstSeenTest, KeepsARecordForMailThatComesOnceAYear) {
  const Transaction t = at_rcpt("a@s.example");
  mail(t);
  for (int year = 1; year < 4; ++year) {
    state_.pass(days{390});
    EXPECT_TRUE(mail(t).starts_with("old s.example, seen for ")) << year;
  }
  state_.pass(days{400});
  EXPECT_TRUE(mail(t).starts_with("learning s.example, not seen before"));
}

TEST_F(FirstSeenTest, WritesNothingOfAWellKnownSenderMoreThanOnceAnHour) {
  const Transaction t = at_rcpt("a@s.example");
  mail(t);
  EXPECT_EQ(report_.effects.size(), 2U);
  state_.pass(1h - 1s);
  mail(t);
  EXPECT_TRUE(report_.effects.empty());
  state_.pass(1s);
  mail(t);
  EXPECT_EQ(report_.effects.size(), 2U);
}

// What users of other programs complain of; each named after what must not happen.

TEST_F(FirstSeenTest, ACampaignDoesNotAgeByBeingRefused) {
  learn();
  const Transaction t = at_rcpt("a@s.example");
  for (int i = 0; i < 100; ++i, state_.pass(days{1})) {
    ASSERT_EQ(look(t), "new s.example, not seen before");
    for (const Effect& effect : report_.effects) {
      ASSERT_EQ(effect.when, Effect::When::on_pass);
      ASSERT_EQ(effect.per, Effect::Per::message);
    }
  }
}

TEST_F(FirstSeenTest, NoMessageMakesItsOwnSenderKnown) {
  learn();
  Transaction t = at_rcpt("a@s.example");
  for (const char* recipient : {"r@d.example", "r@d.example", "q@d.example"}) {
    t.recipient = MailAddress::from_envelope(recipient);
    EXPECT_EQ(ask(t), "new s.example, not seen before");
    state_.pass(5min);
  }
  for (const Stage stage : {Stage::data, Stage::eom}) {
    t.stage = stage;
    EXPECT_EQ(ask(t), "new s.example, not seen before");
  }
  EXPECT_EQ(mail(t), "young s.example, seen for 15m");
}

TEST_F(FirstSeenTest, AMessageBesideItChangesNothing) {
  learn();
  const Transaction t = at_rcpt("a@s.example");
  message_.clear();
  EXPECT_EQ(ask(t), "new s.example, not seen before");
  MessageEffects first = std::move(message_);
  state_.pass(1min);
  EXPECT_EQ(mail(t), "young s.example, seen for 60s");
  message_ = std::move(first);
  EXPECT_EQ(ask(t), "new s.example, not seen before");
}

TEST_F(FirstSeenTest, AMessageThatFindsAnOldRecordIsNoNewOne) {
  learn();
  const Transaction t = at_rcpt("a@s.example");
  mail(t);
  state_.pass(2h);
  message_.clear();
  EXPECT_EQ(ask(t), "young s.example, seen for 2h");
  EXPECT_EQ(ask(t), "young s.example, seen for 2h");
}

TEST_F(FirstSeenTest, NoSubdomainIsANewSender) {
  learn();
  mail(at_rcpt("a@News1.Shop.CO.UK"));
  EXPECT_EQ(mail(at_rcpt("b@news2.shop.co.uk")), "young shop.co.uk, seen for 0s");
  EXPECT_EQ(mail(at_rcpt("b@other.co.uk")), "new other.co.uk, not seen before");
  mail(at_rcpt("a@one.blogspot.com"));
  EXPECT_EQ(mail(at_rcpt("a@two.blogspot.com")), "new two.blogspot.com, not seen before");
}

TEST_F(FirstSeenTest, WithoutTheListCountriesHaveTheUsualSecondLabels) {
  check_ = make_check("first_seen", "name: s");
  Diagnostics diagnostics;
  check_->look_outside({}, diagnostics);
  mail(at_rcpt("a@news.shop.co.uk"));
  EXPECT_EQ(state_.keys(), "s all sender_domain, s shop.co.uk");
}

TEST_F(FirstSeenTest, AppliesToNoBounceNoUserAndNoHostOfThisNetwork) {
  for (const char* options : {"name: s", "name: s\nof: client_network", "name: s\nof: pair"}) {
    use(options);
    EXPECT_EQ(mail(at_rcpt("<>")), "-") << options;
    EXPECT_EQ(mail(at_rcpt("a@s.example", "127.0.0.1")), "-") << options;
    EXPECT_EQ(mail(at_rcpt("a@s.example", "10.0.0.9")), "-") << options;
    Transaction t = at_rcpt("a@s.example");
    t.sasl_username = "anna";
    EXPECT_EQ(mail(t), "-") << options;
  }
  use("name: s");
  for (const char* sender : {"postmaster", "a@[192.0.2.1]", "a@not..a.name"}) {
    EXPECT_EQ(mail(at_rcpt(sender)), "-") << sender;
  }
  EXPECT_EQ(state_.keys(), "");
}

TEST_F(FirstSeenTest, NoSenderIsTakenForTheRuleItself) {
  for (const char* domain : {"all", "sender_domain"}) mail(at_rcpt("a@" + std::string(domain)));
  EXPECT_EQ(state_.keys(), "s all, s all sender_domain, s sender_domain");
}

TEST_F(FirstSeenTest, AClockThatWasSetBackMakesNobodyOld) {
  learn(days{20});
  const Transaction t = at_rcpt("a@s.example");
  mail(t);
  state_.pass(-1h);
  EXPECT_EQ(mail(t), "young s.example, seen for 0s");
}

std::string complaints(const std::string& rule) {
  return complaints_about("version: 1\nrules: [ { name: s, check: first_seen, " + rule + " } ]\n");
}

TEST(FirstSeen, RefusesNobodyByItself) {
  for (const char* finding : {"new", "young"}) {
    for (const char* action : {"reject", "defer", "discard"}) {
      const std::string on = std::string("on: { ") + finding + ": " + action + " }";
      EXPECT_NE(complaints(on).find(std::string(finding) + ": found " + action +
                                    ", want hold, log, prepend, skip or pass: every good sender"),
                std::string::npos)
          << on;
    }
    for (const char* action : {"hold", "log", "{ prepend: 'X-A: b' }"}) {
      EXPECT_EQ(complaints(std::string("on: { ") + finding + ": " + action + " }"), "") << action;
    }
  }
}

TEST(FirstSeen, AnOutageOfTheStateTakesNoExemptionAway) {
  EXPECT_NE(complaints("on: { old: pass }").find("unknown: found nothing that decides"),
            std::string::npos);
  EXPECT_EQ(complaints("on: { old: pass, learning: pass, unknown: pass }"), "");
}

TEST(FirstSeen, SaysWhatIsWrongWithItsOptionsAndWhere) {
  const std::pair<const char*, const char*> kCases[] = {
      {"of: sender", "rules.yaml:1:5: error: of"},
      {"age: 59s", "rules.yaml:1:6: error: age"},
      {"age: 367d", "rules.yaml:1:6: error: age"},
      {"learn: 0s", "rules.yaml:1:8: error: learn"},
      {"age: 7d\nlearn: 6d",
       "rules.yaml:2:8: error: learn: found 6d, want at least the age, 7d: until then nobody can"},
  };
  for (const auto& [options, error] : kCases) {
    std::string said;
    try {
      make_check("first_seen", options);
    } catch (const std::runtime_error& thrown) {
      said = thrown.what();
    }
    EXPECT_NE(said.find(error), std::string::npos) << options << "\n" << said;
  }
  EXPECT_NE(make_check("first_seen", "of: pair\nage: 7d\nlearn: 7d"), nullptr);
}

}  // namespace
}  // namespace postern::checks::first_seen_test
