// The server as an MTA sees it: what goes over the wire.
#include "milter/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/milter/served_milter.h"

namespace postern::milter::server_test {
namespace {

using testing::HasSubstr;

class EndOfServer : public testing::Environment {
 public:
  void TearDown() override { ServedMilter::end_if_started(); }
};

// NOLINTNEXTLINE(cert-err58-cpp): GoogleTest wants it before main()
[[maybe_unused]] const auto* const kEndOfServer =
    testing::AddGlobalTestEnvironment(new EndOfServer);

constexpr const char* kRules = R"(
rules:
  - { name: client, when: { client: [192.0.2.66, '2001:db8:66::/48'] },
      then: 'reject 550 5.7.1 "banned client"' }
  - { name: helo, when: { helo: bad.example }, then: 'reject 550 5.7.1 "banned helo"' }
  - { name: no, when: { sender: no@ }, then: 'reject 553 5.1.8 "100% no: %s %n %%"' }
  - { name: later, when: { sender: [later@, "j\u00f6rg@"] },
      then: 'defer 451 4.7.1 "later, {sender_domain}"' }
  - { name: bye, when: { sender: bye@ }, then: 'defer 421 4.7.0 "bye"' }
  - { name: drop, when: { sender: drop@ }, then: 'discard "quietly"' }
  - { name: mark, when: { sender: mark@ },
      then: [{ prepend: 'X-Mark: 100% {client}' }, { prepend: 'X-Second: %s' }] }
  - { name: aside, when: { sender: aside@ }, then: 'hold "100% odd"' }
  - { name: trap, when: { recipient: trap@ }, then: 'reject 550 5.1.1 "trap"' }
  - { name: words, when: { header.subject: ['~words', "~gr\u00fc\u00dfe"] },
      then: 'reject 554 5.7.1 "words"' }
)";

class MilterServerTest : public WithServedMilter {
 protected:
  MilterServerTest() { served_.use_rules(kRules); }
};

TEST_F(MilterServerTest, EveryActionOverTheWire) {
  MilterClient mta = client();
  mta.open();
  const std::vector<std::string> to = {"r@d.example"};
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"good@b.example", "continue"},
      {"", "continue"},
      {"no@b.example", "mail: 553 5.1.8 100% no: %s %n %%"},
      {"later@b.example", "mail: 451 4.7.1 later, b.example"},
      {"bye@b.example", "mail: 421 4.7.0 bye"},
      {"drop@b.example", "mail: discard"},
      {"mark@b.example", "insheader 0 X-Second: %s; insheader 0 X-Mark: 100% 192.0.2.1; continue"},
      {"aside@b.example", "quarantine 100% odd; continue"},
      {"good@b.example", "continue"},
  };
  for (const auto& [sender, said] : cases) {
    EXPECT_EQ(mta.message(sender, to), said) << sender;
    mta.abort();
  }
  EXPECT_EQ(mta.message("good@b.example", {"r@d.example", "trap@d.example"}),
            "rcpt: 550 5.1.1 trap");
  mta.abort();
  EXPECT_EQ(mta.message("good@b.example", to, {{"Subject", "some words"}}), "554 5.7.1 words");
  mta.quit();
  EXPECT_TRUE(mta.ends());
}

TEST_F(MilterServerTest, BytesBeyondAscii) {
  MilterClient mta = client();
  mta.open();
  EXPECT_EQ(mta.message("j\xc3\xb6rg@b\xc3\xbc"
                        "cher.example",
                        {"r@d.example"}),
            "mail: 451 4.7.1 later, xn--bcher-kva.example");
  mta.abort();
  for (const char* subject : {"Gr\xc3\xbc\xc3\x9f"
                              "e",
                              "Gr\xfc\xdf"
                              "e",
                              "=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "=?iso-8859-1?b?R3L832U=?="}) {
    EXPECT_EQ(mta.message("good@b.example", {"r@d.example"}, {{"Subject", subject}}),
              "554 5.7.1 words")
        << subject;
    mta.abort();
  }
}

TEST_F(MilterServerTest, ClientsOfBothFamiliesAndNone) {
  const std::vector<std::pair<const char*, bool>> clients = {
      {"192.0.2.66", true},      {"192.0.2.1", false},        {"2001:db8:66::1", true},
      {"2001:db8:65::1", false}, {"::ffff:192.0.2.66", true}, {"", false},
  };
  for (const auto& [address, banned] : clients) {
    MilterClient mta = client();
    mta.open(address);
    EXPECT_EQ(mta.mail("good@b.example"), banned ? "550 5.7.1 banned client" : "continue")
        << address;
  }
}

TEST_F(MilterServerTest, AsksForWhatTheRulesNeed) {
  MilterClient mta = client();
  const auto agreement = mta.negotiate();
  ASSERT_TRUE(agreement);
  EXPECT_EQ(agreement->version, 6U);
  EXPECT_EQ(agreement->actions, SMFIF_ADDHDRS | SMFIF_QUARANTINE | SMFIF_SETSYMLIST);
  EXPECT_EQ(agreement->steps, SMFIP_NOBODY | SMFIP_NOEOH | SMFIP_NOUNKNOWN | SMFIP_NODATA |
                                  SMFIP_NR_DATA | SMFIP_NR_HDR | SMFIP_NR_EOH);
  EXPECT_EQ(agreement->macros.at(SMFIM_ENVFROM), "i {auth_authen} {mail_addr}");
  EXPECT_EQ(agreement->macros.at(SMFIM_ENVRCPT), "i {rcpt_addr}");
}

TEST_F(MilterServerTest, AsksForNoMore) {
  served_.use_rules(
      "rules: [{ name: a, when: { recipient: trap@ }, then: reject 550 5.1.1 trap }]\n");
  MilterClient mta = client();
  const auto agreement = mta.negotiate();
  ASSERT_TRUE(agreement);
  EXPECT_EQ(agreement->actions, SMFIF_SETSYMLIST);
  EXPECT_EQ(agreement->steps, SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NODATA |
                                  SMFIP_NR_DATA | SMFIP_NOHDRS | SMFIP_NR_HDR | SMFIP_NOBODY |
                                  SMFIP_NOEOH | SMFIP_NR_EOH | SMFIP_NOUNKNOWN);
  EXPECT_EQ(mta.connect("192.0.2.1"), "") << "no answer";
  EXPECT_EQ(mta.helo(), "");
  EXPECT_EQ(mta.mail("a@b.example"), "");
  EXPECT_EQ(mta.rcpt("r@d.example"), "continue");
  EXPECT_EQ(mta.rcpt("trap@d.example"), "550 5.1.1 trap");
  EXPECT_EQ(mta.end_of_message(), "continue");
}

// Answers that are not asked for would be taken for those to the next command.
TEST_F(MilterServerTest, AnOlderMtaGetsAnAnswerToEverything) {
  MilterClient mta = client();
  const auto agreement = mta.negotiate(SMFI_V2_ACTS, SMFI_V2_PROT, 2);
  ASSERT_TRUE(agreement);
  EXPECT_EQ(agreement->actions, SMFIF_ADDHDRS | SMFIF_QUARANTINE);
  EXPECT_EQ(agreement->steps, SMFIP_NOBODY) << "the end of the header may be libmilter's way";
  EXPECT_EQ(mta.connect("192.0.2.1"), "continue");
  EXPECT_EQ(mta.helo(), "continue");
  EXPECT_EQ(mta.mail("aside@b.example"), "continue");
  EXPECT_EQ(mta.rcpt("r@d.example"), "continue");
  EXPECT_EQ(mta.header("Subject", "hello"), "continue");
  EXPECT_EQ(mta.end_of_header(), "continue");
  EXPECT_EQ(mta.end_of_message(), "quarantine 100% odd; continue");
  EXPECT_EQ(mta.mail("no@b.example"), "553 5.1.8 100% no: %s %n %%");
}

// What an MTA tells though nobody listens it still wants answered, unless it was asked not to.
TEST_F(MilterServerTest, AnMtaThatCannotLeaveOutEverythingIsNotKeptWaiting) {
  struct Case {
    const char* what;
    std::uint32_t not_offered;
    std::uint32_t version;
    const char* data;
    const char* header;
  };
  const std::vector<Case> cases = {
      {"neither NODATA nor NR_DATA", SMFIP_NODATA | SMFIP_NR_DATA, 6, "continue", ""},
      {"no NODATA", SMFIP_NODATA, 6, "", ""},
      {"neither NOHDRS nor NR_HDR", SMFIP_NOHDRS | SMFIP_NR_HDR, 6, "", "continue"},
      {"no NOHDRS", SMFIP_NOHDRS, 6, "", ""},
      {"none of them", SMFIP_NODATA | SMFIP_NR_DATA | SMFIP_NOHDRS | SMFIP_NR_HDR, 6, "continue",
       "continue"},
      {"version 2", MilterClient::kAllSteps & ~(SMFI_V2_PROT & ~SMFIP_NOHDRS), 2, "continue",
       "continue"},
  };
  for (const char* rules :
       {"rules: []\n", "rules: [{ name: a, when: { sender: x@ }, then: hold }]\n"}) {
    served_.use_rules(rules);
    for (const Case& one : cases) {
      MilterClient mta = client();
      ASSERT_TRUE(mta.negotiate(MilterClient::kAllActions,
                                MilterClient::kAllSteps & ~one.not_offered, one.version));
      mta.connect("192.0.2.1");
      mta.helo();
      mta.mail("a@b.example");
      mta.rcpt("r@d.example");
      EXPECT_EQ(mta.data(), one.data) << one.what;
      EXPECT_EQ(mta.header("Subject", "hello"), one.header) << one.what;
      EXPECT_EQ(mta.end_of_message(), "continue") << one.what;
    }
  }
}

TEST_F(MilterServerTest, AnMtaWithoutQuarantineIsTurnedAway) {
  EXPECT_FALSE(client().negotiate(SMFI_CURR_ACTS & ~SMFIF_QUARANTINE));
  EXPECT_THAT(served_.logged(), HasSubstr("the MTA does not offer quarantine"));
}

TEST_F(MilterServerTest, MacrosAreInTheLog) {
  MilterClient mta = client();
  mta.open("192.0.2.77");
  mta.macros('M', {{"i", "QUEUE1"}, {"{auth_authen}", "alice\nand bob"}});
  EXPECT_EQ(mta.message("good@b.example", {"r@d.example"}), "continue");
  const std::string log = served_.logged();
  EXPECT_THAT(log, HasSubstr("client=192.0.2.77"));
  EXPECT_THAT(log, HasSubstr("sasl_username=\"alice\\x0aand bob\" queue_id=QUEUE1"));
}

TEST_F(MilterServerTest, RecipientsThatTheMtaRefusesAreTold) {
  served_.use_rules("rules: [{ name: probe, when: { recipient_refused: yes }, then: log }]\n");
  MilterClient mta = client();
  mta.open();
  EXPECT_EQ(mta.agreement().macros.at(SMFIM_ENVRCPT), "i {rcpt_addr} {rcpt_mailer}");
  EXPECT_EQ(mta.mail("a@b.example"), "");
  mta.macros('R', {{"{rcpt_mailer}", "error"}, {"{rcpt_addr}", "User unknown"}});
  EXPECT_EQ(mta.rcpt("nobody@probed.example"), "continue");
  EXPECT_THAT(served_.logged(), HasSubstr("recipient=nobody@probed.example recipient_refused=yes"));
}

TEST_F(MilterServerTest, AddressesAreWhatTheMtaTakesThemFor) {
  served_.use_rules(
      "rules: [{ name: all, when: { recipient_domain: closed.example }, then: 'reject \"no\"' "
      "}]\n");
  MilterClient mta = client();
  mta.open();
  mta.macros('M', {{"{mail_addr}", "a@banned.example"}});
  mta.mail(" a@banned.example ");
  mta.macros('R', {{"{rcpt_addr}", "x@closed.example"}});
  EXPECT_EQ(mta.rcpt("x@here.example> <x@closed.example"), "550 5.7.1 no");
  const std::string log = served_.logged();
  EXPECT_THAT(log, HasSubstr("sender=a@banned.example sender_given=\" a@banned.example \""));
  EXPECT_THAT(log, HasSubstr("recipient=x@closed.example recipient_given="));
}

TEST_F(MilterServerTest, AbortForgetsTheMessage) {
  MilterClient mta = client();
  mta.open();
  EXPECT_EQ(mta.mail("aside@b.example"), "continue");
  EXPECT_EQ(mta.rcpt("r@d.example"), "continue");
  mta.abort();
  EXPECT_EQ(mta.message("good@b.example", {"r@d.example"}), "continue");
}

TEST_F(MilterServerTest, ASecondHeloForgetsTheFirst) {
  MilterClient mta = client();
  ASSERT_TRUE(mta.negotiate());
  EXPECT_EQ(mta.connect("192.0.2.1"), "continue");
  EXPECT_EQ(mta.helo("bad.example"), "continue");
  EXPECT_EQ(mta.mail("good@b.example"), "550 5.7.1 banned helo");
  mta.abort();
  EXPECT_EQ(mta.helo("good.example"), "continue");
  EXPECT_EQ(mta.message("good@b.example", {"r@d.example"}), "continue");
}

// What was agreed before libmilter has and the filter has not: it does not judge, and nobody waits
// in vain. libmilter heeds QUIT_NC behind a message alone.
TEST_F(MilterServerTest, AnotherSessionOnTheSameConnectionIsNotJudged) {
  MilterClient mta = client();
  mta.open("192.0.2.1");
  EXPECT_EQ(mta.message("aside@b.example", {"r@d.example"}), "quarantine 100% odd; continue");
  for (const char* address : {"192.0.2.66", "2001:db8::1"}) {
    mta.quit_and_reuse();
    EXPECT_EQ(mta.connect(address), "continue") << address;
    EXPECT_EQ(mta.helo("bad.example"), "continue");
    EXPECT_EQ(mta.message("aside@b.example", {"r@d.example", "trap@d.example"},
                          {{"Subject", "some words"}}),
              "continue");
    EXPECT_EQ(served_.open_sessions(), 0U);
  }
  EXPECT_THAT(served_.logged(), HasSubstr("after SMFIC_QUIT_NC, or began without negotiation"));
}

// libmilter keeps answers to itself that nobody awaits.
TEST_F(MilterServerTest, AnotherSessionKeepsToWhatWasAgreed) {
  served_.use_rules(
      "rules: [{ name: a, stage: rcpt, when: { client: 192.0.2.66 }, then: reject 550 5.1.1 no "
      "}]\n");
  MilterClient mta = client();
  mta.open("192.0.2.66");
  for (int session = 0; session < 2; ++session) {
    EXPECT_EQ(mta.mail("a@b.example"), "");
    EXPECT_EQ(mta.rcpt("r@d.example"), session == 0 ? "550 5.1.1 no" : "continue");
    mta.abort();
    mta.quit_and_reuse();
    EXPECT_EQ(mta.connect("192.0.2.66"), "");
    EXPECT_EQ(mta.helo(), "");
  }
}

TEST_F(MilterServerTest, DnsIsAskedAndNotAskedAgain) {
  served_.use_zone("zone: { asked.example: { MX: [0 .] } }\n");
  served_.use_rules("rules: [{ name: mx, check: sender_mx, preset: standard }]\n");
  MilterClient mta = client();
  mta.open();
  const std::string refused = "550 5.7.27 Sender domain does not accept mail";
  EXPECT_EQ(mta.mail("a@asked.example"), refused);
  mta.abort();
  served_.use_zone("zone: {}\n");
  EXPECT_EQ(mta.mail("a@asked.example"), refused) << "the cache has it";
}

TEST_F(MilterServerTest, AGreetingIsHeldBack) {
  served_.use_rules("rules: [{ name: slow, when: { client: 192.0.2.7 }, then: delay 300ms }]\n");
  MilterClient mta = client();
  ASSERT_TRUE(mta.negotiate());
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(mta.connect("192.0.2.7"), "continue");
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds{300});
}

TEST_F(MilterServerTest, NewRulesHoldForTheNextMessageOfAnOpenConnection) {
  MilterClient mta = client();
  mta.open();
  EXPECT_EQ(mta.message("new@b.example", {"r@d.example"}), "continue");
  served_.use_rules("rules: [{ name: a, when: { sender: new@ }, then: 'reject 550 5.7.1 new' }]\n");
  EXPECT_EQ(mta.message("new@b.example", {"r@d.example"}), "mail: 550 5.7.1 new");
}

}  // namespace
}  // namespace postern::milter::server_test
