// One session at a time, with rules alone: who hears what and when.
#include "milter/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/milter/session_fixture.h"

namespace postern::milter::session_test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr auto kTaken = RecipientState::accepted;

constexpr const char* kClientRules = R"(
rules:
  - { name: client, when: { client: 192.0.2.66 }, then: 'reject 554 5.7.1 "banned client"' }
  - { name: later, when: { client: 192.0.2.67 }, then: 'defer 450 4.7.1 "later"' }
  - { name: gone, when: { client: 192.0.2.68 }, then: 'defer 421 4.7.1 "gone"' }
  - { name: helo, when: { helo: bad.example }, then: 'reject 550 5.7.1 "banned helo"' }
  - { name: sender, when: { sender: bad@ }, then: 'reject 550 5.7.1 "banned sender"' }
)";

std::size_t times_in(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
  return times;
}

config::Settings at_greeting() {
  config::Settings settings;
  settings.milter.refuse_clients = config::RefuseClients::at_greeting;
  return settings;
}

TEST(MilterSession, SaysNothingWhenNothingIsToBeSaid) {
  SessionFixture fixture(kClientRules);
  const auto session = fixture.open();
  EXPECT_EQ(said(session->connect("a.example", kClient, "")), "-");
  EXPECT_EQ(said(session->helo("h.example")), "-");
  EXPECT_EQ(said(session->mail("<a@b.example>", {})), "-");
  EXPECT_EQ(said(session->rcpt("<r@d.example>", kTaken, "")), "-");
  EXPECT_EQ(said(session->data("")), "-");
  EXPECT_EQ(said(session->end_of_message("")), "-");
  EXPECT_TRUE(session->dialogue().actions().empty());
}

TEST(MilterSession, ARefusedClientHearsOfItInAnswerToEachMail) {
  SessionFixture fixture(kClientRules);
  const auto session = fixture.open();
  EXPECT_EQ(said(session->connect("[192.0.2.66]", kBanned, "")), "-");
  EXPECT_EQ(said(session->helo("h.example")), "-");
  for (int message = 0; message < 3; ++message) {
    EXPECT_EQ(said(session->mail("<a@b.example>", {})), "554 5.7.1 banned client") << message;
    session->end_message();
  }
  EXPECT_EQ(said(session->helo("another.example")), "-");
  EXPECT_EQ(said(session->mail("<a@b.example>", {})), "554 5.7.1 banned client");
}

TEST(MilterSession, ANewConnectIsAnotherClient) {
  SessionFixture fixture(kClientRules);
  const auto session = fixture.open();
  session->connect("[192.0.2.66]", kBanned, "");
  session->connect("[192.0.2.1]", kClient, "");
  EXPECT_EQ(said(session->mail("<a@b.example>", {})), "-");
}

TEST(MilterSession, ARefusedHeloHoldsUntilTheNextOne) {
  SessionFixture fixture(kClientRules);
  const auto session = fixture.open();
  session->connect("[192.0.2.1]", kClient, "");
  EXPECT_EQ(said(session->helo("bad.example")), "-");
  for (int message = 0; message < 2; ++message) {
    EXPECT_EQ(said(session->mail("<a@b.example>", {})), "550 5.7.1 banned helo");
    session->end_message();
  }
  session->helo("good.example");
  EXPECT_EQ(said(session->mail("<a@b.example>", {})), "-");
  session->helo("bad.example");
  EXPECT_EQ(said(session->mail("<a@b.example>", {})), "550 5.7.1 banned helo");
}

TEST(MilterSession, TheClientIsRefusedBeforeItsName) {
  SessionFixture fixture(kClientRules);
  const auto session = fixture.open();
  session->connect("[192.0.2.66]", kBanned, "");
  session->helo("bad.example");
  EXPECT_EQ(said(session->mail("<a@b.example>", {})), "554 5.7.1 banned client");
}

TEST(MilterSession, AtTheGreetingARejectIsSaidAtOnceAndADeferLater) {
  SessionFixture fixture(kClientRules, at_greeting());
  const auto session = fixture.open();
  EXPECT_EQ(said(session->connect("x", kBanned, "")), "554 5.7.1 banned client");
  const auto later = IpAddress::parse("192.0.2.67").value();
  EXPECT_EQ(said(session->connect("x", later, "")), "-");
  EXPECT_EQ(said(session->mail("<a@b.example>", {})), "450 4.7.1 later");
  const auto gone = IpAddress::parse("192.0.2.68").value();
  EXPECT_EQ(said(session->connect("x", gone, "")), "421 4.7.1 gone") << "ends the session";
}

TEST(MilterSession, HeloComesAfterTheGreeting) {
  for (const char* rules :
       {kClientRules,
        "rules: [{ name: a, when: { helo: bad.example }, then: 'reject 550 5.7.1 "
        "\"banned helo\"' }]\n"}) {
    SessionFixture fixture(rules, at_greeting());
    const auto session = fixture.open();
    session->connect("x", kClient, "");
    EXPECT_EQ(said(session->helo("bad.example")), "-");
    EXPECT_EQ(said(session->mail("<a@b.example>", {})), "550 5.7.1 banned helo");
  }
}

TEST(MilterSession, ASecondMailBeforeTheEndIsAnotherMessage) {
  SessionFixture fixture("rules: [{ name: a, when: { sender: hold@ }, then: hold }]\n");
  const auto session = fixture.open();
  session->mail("<hold@b.example>", {});
  session->mail("<a@b.example>", {});
  session->end_of_message("");
  EXPECT_TRUE(session->dialogue().actions().empty());
}

TEST(MilterSession, OnlyNegotiatedStagesAreAnswered) {
  SessionFixture fixture(
      "rules: [{ name: a, when: { client: 192.0.2.66 }, stage: rcpt, then: reject }]\n");
  const auto session = fixture.open();
  for (Stage stage : {Stage::connect, Stage::helo, Stage::mail, Stage::data, Stage::eom}) {
    EXPECT_FALSE(session->dialogue().answers(stage)) << to_string(stage);
  }
  EXPECT_TRUE(session->dialogue().answers(Stage::rcpt));
  EXPECT_EQ(session->dialogue().agreed().steps & SMFIP_NR_RCPT, 0UL);
  EXPECT_NE(session->dialogue().agreed().steps & SMFIP_NR_MAIL, 0UL);
  session->connect("x", kBanned, "");
  EXPECT_EQ(said(session->mail("<a@b.example>", {})), "-");
  EXPECT_TRUE(said(session->rcpt("<r@d.example>", kTaken, "")).starts_with("550 "));
  EXPECT_THAT(fixture.logged(), Not(HasSubstr("stage=mail"))) << "nor judged";
}

TEST(MilterSession, OverTcpTheMtaWaitsAtEveryCommand) {
  constexpr unsigned long kUnanswered =
      SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_DATA;
  for (const auto kind : {ListenAddress::Kind::tcp, ListenAddress::Kind::unix_socket}) {
    config::Settings settings;
    settings.milter.listen.emplace().kind = kind;
    SessionFixture fixture("rules: []\n", settings);
    EXPECT_EQ(fixture.open()->dialogue().agreed().steps & kUnanswered,
              kind == ListenAddress::Kind::tcp ? 0 : kUnanswered);
  }
}

TEST(MilterSession, DecisionsAreLoggedWithWhatIsKnown) {
  SessionFixture fixture(kClientRules);
  const auto session = fixture.open();
  session->connect("mail.a.example", kClient, "");
  session->helo("h.example");
  session->mail("<bad@b.example>", {.queue_id = "Q1", .texts = {"alice"}});
  const std::string log = fixture.logged();
  EXPECT_THAT(log, HasSubstr("decision door=milter stage=mail rule=sender action=reject "
                             "reply=\"550 5.7.1 banned sender\" list=inline entry=bad@"));
  EXPECT_THAT(log, HasSubstr("client=192.0.2.1 client_name=mail.a.example helo=h.example "
                             "sender=bad@b.example sasl_username=alice queue_id=Q1 instance="));
}

TEST(MilterSession, NewRulesHoldForTheNextMessage) {
  SessionFixture fixture(
      "rules: [{ name: a, when: { recipient: r@ }, then: 'reject 550 5.7.1 old' }]\n");
  const auto session = fixture.open();
  session->mail("<a@b.example>", {});
  fixture.snapshots.replace(generation(
      2, "rules: [{ name: a, when: { recipient: r@ }, then: 'reject 550 5.7.1 new' }]\n"));
  EXPECT_EQ(said(session->rcpt("<r@d.example>", kTaken, "")), "550 5.7.1 old");
  session->end_message();
  session->mail("<a@b.example>", {});
  EXPECT_EQ(said(session->rcpt("<r@d.example>", kTaken, "")), "550 5.7.1 new");
  EXPECT_THAT(fixture.logged(), HasSubstr("generation=2"));
}

// What was found to match is left alone at once, and what is looked at besides is told anyway.
TEST(MilterSession, NewRulesThatAskForOtherThingsHoldForTheNextMessage) {
  SessionFixture fixture(
      "rules: [{ name: a, when: { sender: bad@ }, then: 'reject 550 5.7.1 old' }]\n");
  const auto session = fixture.open();
  EXPECT_EQ(said(session->mail("<bad@b.example>", {})), "550 5.7.1 old");
  session->end_message();
  fixture.snapshots.replace(generation(
      2,
      "rules:\n"
      "  - { name: a, when: { sender: bad@ }, then: pass }\n"
      "  - { name: b, when: { sender_domain: evil.example }, then: 'reject 550 5.7.1 new' }\n"));
  EXPECT_EQ(said(session->mail("<bad@b.example>", {})), "-");
  session->end_message();
  EXPECT_EQ(said(session->mail("<a@evil.example>", {})), "550 5.7.1 new");
  EXPECT_THAT(fixture.logged(), Not(HasSubstr("stays with generation")));
}

TEST(MilterSession, NewRulesSeeTheHeaderFieldsThatTheyAskFor) {
  SessionFixture fixture("rules: [{ name: a, when: { header.subject: x }, then: reject }]\n");
  const auto session = fixture.open();
  fixture.snapshots.replace(generation(
      2, "rules: [{ name: a, when: { header.list-id: x }, then: 'reject 550 5.7.1 new' }]\n"));
  session->mail("<a@b.example>", {});
  session->header("List-Id", "x");
  EXPECT_EQ(said(session->end_of_message("")), "550 5.7.1 new");
}

// What the connection has agreed on holds, whatever the rules in between need.
TEST(MilterSession, RulesComeAndGo) {
  const std::string header = "rules: [{ name: a, when: { header.subject: x }, then: reject }]\n";
  SessionFixture fixture(header);
  const auto session = fixture.open();
  fixture.snapshots.replace(generation(2, "rules: []\n"));
  session->mail("<a@b.example>", {});
  session->header("Subject", "x");
  EXPECT_EQ(said(session->end_of_message("")), "-");
  fixture.snapshots.replace(generation(3, header));
  session->mail("<a@b.example>", {});
  session->header("Subject", "x");
  EXPECT_TRUE(said(session->end_of_message("")).starts_with("550 "));
}

TEST(MilterSession, NewRulesThatNeedMoreHoldForTheNextConnection) {
  SessionFixture fixture(
      "rules: [{ name: a, when: { recipient: r@ }, then: 'reject 550 5.7.1 old' }]\n");
  const auto session = fixture.open();
  fixture.snapshots.replace(generation(
      2, "rules: [{ name: a, when: { header.subject: x }, then: 'reject 550 5.7.1 new' }]\n"));
  for (int message = 0; message < 2; ++message) {
    session->mail("<a@b.example>", {});
    EXPECT_EQ(said(session->rcpt("<r@d.example>", kTaken, "")), "550 5.7.1 old");
    session->end_message();
  }
  EXPECT_EQ(times_in(fixture.logged(), "stays with generation 1"), 1U);
  const auto next = fixture.open();
  next->mail("<a@b.example>", {});
  EXPECT_EQ(said(next->rcpt("<r@d.example>", kTaken, "")), "-");
  next->header("Subject", "x");
  EXPECT_EQ(said(next->end_of_message("")), "550 5.7.1 new");
}

TEST(MilterSession, ARefusalOutlivesItsRules) {
  SessionFixture fixture(kClientRules);
  const auto session = fixture.open();
  session->connect("x", kBanned, "");
  fixture.snapshots.replace(generation(2, "rules: []\n"));
  for (int message = 0; message < 2; ++message) {
    EXPECT_EQ(said(session->mail("<a@b.example>", {})), "554 5.7.1 banned client");
    session->end_message();
  }
  EXPECT_THAT(fixture.logged(), HasSubstr("rule=client"));
}

TEST(MilterSession, NoMoreThanMaxConnections) {
  config::Settings settings;
  settings.milter.max_connections = 2;
  SessionFixture fixture(kClientRules, settings);
  auto first = fixture.open();
  const auto second = fixture.open();
  MilterSession third(fixture.services);
  EXPECT_EQ(third.begin(SessionFixture::kOffer).error().text, "max_connections are open");
  EXPECT_EQ(fixture.sessions.refused(), 1U);
  first.reset();
  EXPECT_TRUE(third.begin(SessionFixture::kOffer));
  EXPECT_EQ(fixture.sessions.taken(), 2U);
}

TEST(MilterSession, BegunTwiceItTakesOnePermit) {
  config::Settings settings;
  settings.milter.max_connections = 1;
  SessionFixture fixture(kClientRules, settings);
  const auto session = fixture.open();
  EXPECT_TRUE(session->begin(SessionFixture::kOffer));
  EXPECT_EQ(fixture.sessions.taken(), 1U);
}

TEST(MilterSession, NoneBeginsWhenStopping) {
  SessionFixture fixture(kClientRules);
  const auto open = fixture.open();
  fixture.stopping.set();
  MilterSession session(fixture.services);
  EXPECT_EQ(session.begin(SessionFixture::kOffer).error().text, "stopping");
  EXPECT_EQ(fixture.sessions.taken(), 1U);
  EXPECT_EQ(said(open->mail("<bad@b.example>", {})), "550 5.7.1 banned sender")
      << "an open one goes on";
}

// The MTA of a session that is open was told where it need not wait for an answer.
TEST(MilterSession, WhenClientsAreRefusedCanChangeForSessionsThatCome) {
  const char* const rules =
      "rules: [{ name: a, when: { client: 192.0.2.66 }, then: 'reject 554 5.7.1 \"banned\"' }]\n";
  SessionFixture fixture(rules);
  const auto patient = fixture.open();
  fixture.settings.replace(at_greeting());
  EXPECT_EQ(said(patient->connect("x", kBanned, "")), "-");
  EXPECT_EQ(said(patient->mail("<a@b.example>", {})), "554 5.7.1 banned");

  const auto curt = fixture.open();
  fixture.settings.replace({});
  EXPECT_FALSE(curt->dialogue().answers(Stage::mail));
  EXPECT_EQ(said(curt->connect("x", kBanned, "")), "554 5.7.1 banned");
  fixture.snapshots.replace(generation(2, rules));
  curt->mail("<a@b.example>", {});
  EXPECT_FALSE(curt->dialogue().answers(Stage::mail)) << "not by new rules either";
  EXPECT_THAT(fixture.logged(), Not(HasSubstr("stays with generation")));
}

TEST(MilterSession, CountsEveryDecision) {
  SessionFixture fixture(kClientRules);
  const auto session = fixture.open();
  session->connect("x", kClient, "");
  session->helo("h.example");
  session->mail("<bad@b.example>", {});
  session->mail("<good@b.example>", {});
  EXPECT_EQ(fixture.hits.decisions(), 4U);
  EXPECT_EQ(fixture.hits.rules().size(), 1U);
  EXPECT_EQ(fixture.hits.rules().at("sender").acted.hits, 1U);
  ASSERT_EQ(fixture.hits.entries().size(), 1U);
  EXPECT_EQ(fixture.hits.entries()[0].entry, "bad@");
}

TEST(MilterSession, AnMtaThatCannotDoWhatRulesNeedIsTurnedAwayAloud) {
  SessionFixture fixture("rules: [{ name: a, when: { sender: hold@ }, then: hold }]\n");
  MilterSession session(fixture.services);
  EXPECT_FALSE(session.begin({SMFIF_ADDHDRS, SMFI_CURR_PROT}));
  EXPECT_THAT(fixture.logged(), HasSubstr("the MTA does not offer quarantine"));
}

// Nobody knows what the MTA leaves out: rules further up might wait for it for ever.
TEST(MilterSession, BegunUnaskedItIsNotJudged) {
  SessionFixture fixture(kClientRules);
  MilterSession session(fixture.services);
  session.begin_unasked();
  for (int message = 0; message < 2; ++message) {
    EXPECT_EQ(said(session.connect("x", kBanned, "")), "-");
    EXPECT_EQ(said(session.helo("bad.example")), "-");
    EXPECT_EQ(said(session.mail("<bad@b.example>", {})), "-");
    EXPECT_EQ(said(session.rcpt("<r@d.example>", kTaken, "")), "-");
    EXPECT_EQ(said(session.data("")), "-");
    session.header("Subject", "x");
    EXPECT_EQ(said(session.end_of_message("")), "-");
    EXPECT_TRUE(session.dialogue().actions().empty());
    session.end_message();
    fixture.snapshots.replace(generation(
        2, "rules: [{ name: a, when: { sender: bad@ }, then: 'reject 550 5.7.1 new' }]\n"));
  }
  EXPECT_EQ(session.dialogue().agreed().steps, 0UL) << "so that everything is answered";
  EXPECT_EQ(fixture.sessions.taken(), 0U);
  const std::string log = fixture.logged();
  EXPECT_THAT(log, Not(HasSubstr("decision ")));
  EXPECT_EQ(times_in(log, "not judged"), 1U);
}

TEST(MilterSession, CallsInAnyOrder) {
  SessionFixture fixture(
      "rules:\n"
      "  - { name: a, when: { sender: bad@ }, then: reject }\n"
      "  - { name: b, when: { recipient: trap@ }, then: reject }\n"
      "  - { name: c, when: { header.from_differs: domain }, then: reject }\n"
      "  - { name: d, when: { header.subject: x }, then: 'reject 550 5.7.1 subject' }\n");
  const auto session = fixture.open();
  EXPECT_EQ(said(session->end_of_message("")), "-");
  EXPECT_EQ(said(session->data("")), "-");
  session->header("Subject", "x");
  EXPECT_TRUE(said(session->rcpt("<trap@d.example>", kTaken, "")).starts_with("-")) << "no sender";
  session->end_message();
  session->end_message();
  EXPECT_EQ(said(session->helo("h")), "-");
  session->mail("<a@b.example>", {});
  session->header("Subject", "x");
  EXPECT_EQ(said(session->end_of_message("")), "-") << "rules about recipients come first";
  EXPECT_EQ(said(session->end_of_message("")), "-");
}

}  // namespace
}  // namespace postern::milter::session_test
