#include "tests/support/rules_from.h"
#include "tests/unit/rules/checks/greylist_run.h"

namespace postern::checks::greylist_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

using Greylist = GreylistTest;

TEST_F(Greylist, ASenderIsNewThenEarlyThenPassedThenKnown) {
  const Transaction t = at_rcpt("a@other.example");
  EXPECT_EQ(mail(t), "new other.example by 192.0.2.0/24, first try");
  EXPECT_EQ(report_.named, "2m");
  pass(40s);
  EXPECT_EQ(mail(t), "early other.example by 192.0.2.0/24, 40s after the first try");
  EXPECT_EQ(report_.named, "80s");
  pass(90s);
  EXPECT_EQ(mail(t), "passed other.example by 192.0.2.0/24, 2m after the first try");
  EXPECT_EQ(report_.named, "130s");
  pass(1h);
  EXPECT_EQ(mail(t), "known other.example by 192.0.2.0/24, known for 62m");
}

TEST_F(Greylist, TheTimesAreOptions) {
  use("name: g\ndelay: 5m\nwindow: 4h\nkeep: 1d");
  const Transaction t = at_rcpt("a@other.example");
  mail(t);
  pass(5min - 1s);
  EXPECT_TRUE(mail(t).starts_with("early "));
  pass(4h - 5min + 1s);
  EXPECT_TRUE(mail(t).starts_with("new ")) << "the window is over";
  pass(5min);
  EXPECT_TRUE(mail(t).starts_with("passed "));
  pass(24h - 1s);
  EXPECT_TRUE(mail(t).starts_with("known "));
  pass(24h - 1s);
  EXPECT_TRUE(mail(t).starts_with("known ")) << "kept on with each mail";
  pass(24h);
  EXPECT_TRUE(mail(t).starts_with("new "));
}

TEST_F(Greylist, KnowsTheSenderBySpfThenByNameThenByNetwork) {
  EXPECT_EQ(mail("a@shop.example", "198.51.100.1"), "new shop.example by spf, first try");
  EXPECT_EQ(mail("a@other.example", "192.0.3.1"), "new other.example by hoster.example, first try");
  EXPECT_EQ(mail("a@other.example", "192.0.2.1"), "new other.example by 192.0.2.0/24, first try");
  EXPECT_EQ(mail("a@other.example", "2001:db8:1:2:3::4"),
            "new other.example by 2001:db8:1:2::/64, first try");
  EXPECT_EQ(mail("a@shop.example", "192.0.7.1"), "new shop.example by 192.0.7.0/24, first try");
}

TEST_F(Greylist, APassThatIsForEverybodyNamesNobody) {
  EXPECT_EQ(mail("a@open.example", "192.0.2.1"), "new open.example by 192.0.2.0/24, first try");
}

TEST_F(Greylist, ANameOfTheAddressOrThatLeadsElsewhereIsTheNetwork) {
  EXPECT_EQ(mail("a@other.example", "192.0.5.3"), "new other.example by 192.0.5.0/24, first try");
  EXPECT_EQ(mail("a@other.example", "192.0.6.4"), "new other.example by 192.0.6.0/24, first try");
}

TEST_F(Greylist, AsksDnsForAllInOneRound) {
  site_.is_waiting = true;
  MessageFacts facts(site_, message_, at_rcpt("a@shop.example"));
  FactView view(&facts);
  EXPECT_EQ(check_->inspect(at_rcpt("a@shop.example"), view).state, CheckReport::State::waiting);
  EXPECT_EQ(view.missing().size(), 2U);
}

TEST_F(Greylist, WhomItKnowsOfLateCostsNoQuestionAndNoWriting) {
  make_known("a@shop.example", "198.51.100.1");
  site_.is_waiting = true;
  EXPECT_TRUE(mail("a@shop.example", "198.51.100.9").starts_with("known shop.example by 198."));
  EXPECT_EQ(asked_, 0U);
  EXPECT_TRUE(report_.effects.empty());
  site_.is_waiting = false;
  pass(1h);
  EXPECT_TRUE(mail("a@shop.example", "198.51.100.9").starts_with("known "));
  EXPECT_EQ(report_.effects.size(), 3U)
      << "the network, the sender by SPF, and who came from there";
}

TEST_F(Greylist, ANetworkFromWhichFiveDomainsHaveComeThroughIsKnown) {
  for (const char* sender : {"a@a.example", "a@b.example", "a@c.example", "a@d.example"}) {
    make_known(sender, "192.0.2.1");
  }
  EXPECT_TRUE(mail("a@e.example", "192.0.2.1").starts_with("new "));
  pass(3min);
  EXPECT_TRUE(mail("a@e.example", "192.0.2.1").starts_with("passed "));
  EXPECT_EQ(mail("a@f.example", "192.0.2.99"), "known 192.0.2.0/24, known by 5 sender domains");
  EXPECT_TRUE(mail("a@f.example", "192.0.7.1").starts_with("new "));
  pass(days{36});
  EXPECT_TRUE(mail("a@g.example", "192.0.2.1").starts_with("new "));
}

TEST_F(Greylist, NoNetworkIsKnownWhereThatIsNotWanted) {
  use("name: g\nknown_network: 0");
  for (char sender = 'a'; sender < 'k'; ++sender) {
    make_known(std::string("a@") + sender + ".example", "192.0.2.1");
  }
  EXPECT_TRUE(mail("a@z.example", "192.0.2.1").starts_with("new "));
}

TEST_F(Greylist, LearnsInTrainingAndDefersNobody) {
  use("name: g\ntraining: yes");
  EXPECT_EQ(mail("a@shop.example", "198.51.100.1"), "known shop.example by spf, training");
  use("name: g");
  pass(days{30});
  EXPECT_EQ(mail("a@shop.example", "203.0.113.1"), "known shop.example by spf, known for 30d");
}

TEST_F(Greylist, NamesWhatPosternctlFindsTheRecordBy) {
  mail("a@news.shop.example", "198.51.100.1");
  mail("a@[192.0.2.9]", "192.0.2.9");
  mail("postmaster", "192.0.2.9");
  EXPECT_EQ(site_.state.keys(),
            "g - 192.0.2.0/24, g [192.0.2.9] 192.0.2.0/24, g shop.example 198.51.100.0/24, "
            "g shop.example spf");
}

// What users of other programs complain of; each named after what must not happen.

TEST_F(Greylist, NoPoolOfServersWaitsMoreThanOnce) {
  mail("a@shop.example", "198.51.100.1");
  for (int server = 2; server <= 15; ++server, pass(5s)) {
    ASSERT_TRUE(
        mail("a@shop.example", "198.51.100." + std::to_string(server)).starts_with("early"));
  }
  pass(50s);
  EXPECT_EQ(mail("a@shop.example", "203.0.113.16"),
            "passed shop.example by spf, 2m after the first try");
  EXPECT_TRUE(mail("a@shop.example", "2001:db8:7::1").starts_with("known shop.example by spf"));
}

TEST_F(Greylist, NoPoolOfOneHosterWaitsMoreThanOnce) {
  mail("a@other.example", "192.0.3.1");
  pass(3min);
  EXPECT_TRUE(mail("a@other.example", "192.0.4.2").starts_with("passed other.example by hoster."));
}

TEST_F(Greylist, NoServerWithManyIpv6AddressesIsNewEachTime) {
  mail("a@other.example", "2001:db8:1:2::1");
  pass(3min);
  EXPECT_TRUE(mail("a@other.example", "2001:db8:1:2:ffff::9").starts_with("passed "));
  EXPECT_TRUE(mail("a@other.example", "2001:db8:1:3::1").starts_with("new "));
}

TEST_F(Greylist, ARetryAfter130SecondsDoesNotWaitForTheNextOneInThreeHours) {
  mail("a@other.example", "192.0.2.7");
  pass(130s);
  EXPECT_TRUE(mail("a@other.example", "192.0.2.7").starts_with("passed "));
}

TEST_F(Greylist, NoNumberOfRetriesStartsTheDelayAnew) {
  const Transaction t = at_rcpt("a@other.example");
  mail(t);
  for (int i = 0; i < 40; ++i) {
    pass(2900ms);
    ASSERT_TRUE(mail(t).starts_with("early "));
  }
  pass(4s);
  EXPECT_TRUE(mail(t).starts_with("passed "));
}

TEST_F(Greylist, NoNumberOfRetriesKeepsARecordBeyondItsWindow) {
  const Transaction t = at_rcpt("a@other.example");
  mail(t);
  for (int i = 0; i < 40; ++i, pass(2s)) mail(t);
  pass(days{2} - 80s);
  EXPECT_TRUE(mail(t).starts_with("new "));
}

TEST_F(Greylist, NoRecipientOfAMessageGetsAnotherAnswer) {
  for (const char* finding : {"new ", "passed ", "known "}) {
    message_.clear();
    const bool is_deferred = finding == std::string("new ");
    Transaction t = at_rcpt("a@shop.example", "198.51.100.1");
    EXPECT_TRUE(ask(t).starts_with(finding)) << finding;
    for (const char* recipient : {"q@d.example", "s@d.example", "r@d.example"}) {
      pass(is_deferred ? 1min : 1s);  // the delay ends while the message is told
      t.recipient = MailAddress::from_envelope(recipient);
      const std::string said = ask(t);
      EXPECT_EQ(said.starts_with("new ") || said.starts_with("early "), is_deferred) << said;
    }
    t.stage = Stage::eom;
    t.recipient.reset();
    t.recipient_count = 4;
    EXPECT_EQ(ask(t).starts_with("new "), is_deferred);
    pass(1h);
  }
}

TEST_F(Greylist, NoRecipientIsDeferredWhenDnsAnswersInBetween) {
  site_.is_dns_away = true;
  Transaction t = at_rcpt("a@shop.example", "198.51.100.1");
  EXPECT_TRUE(mail(t).starts_with("unknown SPF of shop.example"));
  site_.is_dns_away = false;
  t.recipient = MailAddress::from_envelope("q@d.example");
  EXPECT_EQ(ask(t), "unknown as for the recipient before");
  EXPECT_TRUE(mail(t).starts_with("new ")) << "what was let in unknown is not known by it";
}

TEST_F(Greylist, NoRecipientIsDeferredWhenTheStoreComesBackInBetween) {
  Transaction t = at_rcpt("a@other.example");
  site_.state.is_away = true;
  EXPECT_EQ(mail(t), "unknown no record can be had");
  MessageEffects message = std::move(message_);
  site_.state.is_away = false;
  pass(2h);  // and what was to be written is lost
  message_ = std::move(message);
  t.recipient = MailAddress::from_envelope("q@d.example");
  EXPECT_EQ(ask(t), "unknown as for the recipient before");
}

TEST_F(Greylist, NoRecipientIsLetInWhenTheFirstTryIsLostInBetween) {
  Transaction t = at_rcpt("a@other.example");
  mail(t);
  site_.state = {};
  t.recipient = MailAddress::from_envelope("q@d.example");
  EXPECT_TRUE(ask(t).starts_with("new "));
}

TEST_F(Greylist, NoMailWaitsWhileTheStoreIsAway) {
  site_.state.is_away = true;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(mail("a@other.example", "192.0.2.7"), "unknown no record can be had");
  }
  EXPECT_EQ(find_check("greylist")->findings[report_.finding].finding_class,
            FindingClass::temporary);
}

TEST_F(Greylist, NoMailWaitsForWantOfAnAnswerAboutItsSpf) {
  EXPECT_TRUE(mail("a@broken.example", "192.0.2.7").starts_with("unknown SPF of broken.example"));
}

TEST_F(Greylist, WithoutTheNameOfTheClientItsNetworkIsEnough) {
  EXPECT_EQ(mail("a@other.example", "192.0.9.9"), "new other.example by 192.0.9.0/24, first try");
}

TEST_F(Greylist, NoFaultOfDnsBetweenTwoTriesIsASecondDelay) {
  mail("a@shop.example", "198.51.100.1");
  pass(3min);
  site_.is_dns_away = true;
  EXPECT_EQ(mail("a@shop.example", "198.51.100.1"),
            "passed shop.example by 198.51.100.0/24, 3m after the first try");
  site_.is_dns_away = false;
  mail("a@other.example", "192.0.9.9");
  site_.names = ZoneMap::parse(
                    "zone:\n  9.9.0.192.in-addr.arpa: { PTR: [a.hoster.example] }\n"
                    "  a.hoster.example: { A: [192.0.9.9] }\n")
                    .value();
  pass(3min);
  EXPECT_TRUE(mail("a@other.example", "192.0.9.9").starts_with("passed other.example by 192."));
}

TEST_F(Greylist, KnownSendersAreNoWorseOffWithoutDns) {
  make_known("a@shop.example", "198.51.100.1");
  pass(2h);
  site_.is_dns_away = true;
  EXPECT_TRUE(mail("a@shop.example", "198.51.100.1").starts_with("known "));
}

TEST_F(Greylist, NoCalloutAndNoBounceWaits) {
  EXPECT_EQ(mail("<>", "192.0.2.7"), "-");
}

TEST_F(Greylist, NobodyWhoHasLoggedInAndNoHostOfThisNetworkWaits) {
  EXPECT_EQ(mail("a@other.example", "127.0.0.1"), "-");
  EXPECT_EQ(mail("a@other.example", "10.0.0.9"), "-");
  Transaction t = at_rcpt("a@other.example");
  t.sasl_username = "anna";
  EXPECT_EQ(mail(t), "-");
  EXPECT_EQ(site_.state.keys(), "");
}

TEST_F(Greylist, NoNumberedBounceAddressIsNewEachTime) {
  mail("bounce-1@n1.shop.example", "192.0.2.7");
  pass(3min);
  EXPECT_TRUE(mail("prvs=12=bounce-2@n2.SHOP.example", "192.0.2.7").starts_with("passed "));
  EXPECT_TRUE(mail("SRS0=x=y=z=u@shop.example", "192.0.2.7").starts_with("known "));
}

TEST_F(Greylist, AFirstTryThatTheStoreHasLostIsOneMoreDelayAndNoMore) {
  mail("a@other.example", "192.0.2.7");
  site_.state = {};
  pass(3min);
  EXPECT_TRUE(mail("a@other.example", "192.0.2.7").starts_with("new "));
  pass(3min);
  EXPECT_TRUE(mail("a@other.example", "192.0.2.7").starts_with("passed "));
}

TEST_F(Greylist, AClockThatWasSetBackIsOneMoreDelayAndNoMore) {
  make_known("a@shop.example", "198.51.100.1");
  mail("a@other.example", "192.0.2.7");
  pass(-1h);
  EXPECT_TRUE(mail("a@shop.example", "198.51.100.1").starts_with("known "));
  EXPECT_EQ(mail("a@other.example", "192.0.2.7"),
            "early other.example by 192.0.2.0/24, 0s after the first try");
  EXPECT_EQ(report_.named, "2m");
}

TEST_F(Greylist, WhatIsRefusedBelowBecomesNotKnown) {
  mail("a@other.example", "192.0.2.7");
  pass(3min);
  for (int i = 0; i < 3; ++i) {
    message_.clear();
    EXPECT_TRUE(look(at_rcpt("a@other.example", "192.0.2.7")).starts_with("passed "));
    for (const Effect& effect : report_.effects) EXPECT_EQ(effect.when, Effect::When::on_pass);
  }
}

// ---- what the loader says

std::string complaints(const std::string& rule, const std::string& others = {}) {
  return complaints_about("version: 1\nrules:\n  - { name: g, check: greylist, " + rule + " }\n" +
                          others);
}

TEST(GreylistRules, NoneLosesMailForWhatPassesInTime) {
  for (const char* finding : {"new", "early", "unknown"}) {
    for (const char* action : {"reject", "discard"}) {
      EXPECT_NE(complaints(std::string("on: { ") + finding + ": " + action + " }")
                    .find("is temporary and must not lose mail"),
                std::string::npos);
      EXPECT_NE(complaints("preset: standard", std::string("  - { name: r, when: { found: g.") +
                                                   finding + " }, then: " + action + " }\n")
                    .find("is temporary and must not lose mail"),
                std::string::npos);
    }
  }
}

TEST(GreylistRules, NoneDefersWhoHasComeBack) {
  for (const char* finding : {"known", "passed"}) {
    for (const char* action : {"reject", "defer", "discard"}) {
      EXPECT_NE(complaints(std::string("on: { ") + finding + ": " + action + " }")
                    .find("nothing more would ever let it in"),
                std::string::npos);
    }
  }
  const std::string all_but_known =
      "  - { name: r, when: { not: { found: g.known } }, then: defer }\n";
  EXPECT_NE(complaints("preset: standard", all_but_known)
                .find("nobody may be refused for greylist.passed alone"),
            std::string::npos);
  EXPECT_EQ(complaints("preset: standard",
                       "  - { name: r, when: { not: { found: [g.known, g.passed] } }, "
                       "then: defer }\n"),
            "");
}

TEST(GreylistRules, AnOutageTakesNoExemptionAway) {
  EXPECT_NE(complaints("on: { known: pass, passed: pass, new: defer, early: defer }")
                .find("unknown: found nothing that decides"),
            std::string::npos);
  EXPECT_EQ(
      complaints("on: { known: pass, passed: pass, new: defer, early: defer, unknown: pass }"), "");
}

TEST(GreylistRules, CanBeForNewcomersAlone) {
  EXPECT_EQ(complaints_about(R"(version: 1
rules:
  - { name: seen, check: first_seen, age: 24h, preset: standard }
  - { name: g, when: { found: [seen.new, seen.young] }, check: greylist, preset: standard }
)"),
            "");
}

TEST(GreylistRules, SaysWhatIsWrongWithItsOptionsAndWhere) {
  const std::pair<const char*, const char*> kCases[] = {
      {"delay: 0s", "rules.yaml:1:8: error: delay"},
      {"delay: 61m", "rules.yaml:1:8: error: delay"},
      {"window: 3h", "rules.yaml:1:9: error: window"},
      {"window: 8d", "rules.yaml:1:9: error: window"},
      {"keep: 1h", "rules.yaml:1:7: error: keep"},
      {"known_network: 101", "rules.yaml:1:16: error: known_network"},
      {"training: perhaps", "rules.yaml:1:11: error: training"},
  };
  for (const auto& [options, error] : kCases) {
    std::string said;
    try {
      make_check("greylist", options);
    } catch (const std::runtime_error& thrown) {
      said = thrown.what();
    }
    EXPECT_NE(said.find(error), std::string::npos) << options << "\n" << said;
  }
}

}  // namespace
}  // namespace postern::checks::greylist_test
