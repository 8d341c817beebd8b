#include "milter/negotiation.h"

#include <gtest/gtest.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/rules_from.h"

namespace postern::milter::negotiation_test {
namespace {

using enum Stage;

constexpr MilterOffer kAll{SMFI_CURR_ACTS, SMFI_CURR_PROT};
constexpr MilterOffer kSendmail813{SMFI_V2_ACTS, SMFI_V2_PROT};
constexpr unsigned long kNever =
    SMFIP_NOBODY | SMFIP_NOEOH | SMFIP_NOUNKNOWN | SMFIP_NR_HDR | SMFIP_NR_EOH;
constexpr unsigned long kNoData = SMFIP_NODATA | SMFIP_NR_DATA;
constexpr auto kUnix = ListenAddress::Kind::unix_socket;
constexpr auto kTcp = ListenAddress::Kind::tcp;

Needs needs_of_rules(const std::string& rules) {
  return rules_from("version: 1\nrules: [" + rules + "]\n")->needs();
}

// The rest of one rule in flow style.
std::string rule(const std::string& rest) {
  static int number = 0;
  return "{ name: r" + std::to_string(++number) + ", " + rest + " }, ";
}

Negotiated negotiated(const std::string& rules,
                      config::RefuseClients refuse = config::RefuseClients::at_mail,
                      const MilterOffer& offer = kAll, ListenAddress::Kind transport = kUnix) {
  return negotiate(needs_of_rules(rules), refuse, transport, offer).value();
}

std::map<int, std::string> macros_of(const Negotiated& negotiated) {
  std::map<int, std::string> result;
  for (const MacroRequest& request : negotiated.macros) result[request.where] = request.macros;
  return result;
}

struct Case {
  const char* rest;  // of the only rule
  unsigned long steps;
  StageSet answers;
  unsigned long actions = 0;
};

void check(const std::vector<Case>& cases, config::RefuseClients refuse) {
  for (const Case& one : cases) {
    const Negotiated result = negotiated(rule(one.rest), refuse);
    EXPECT_EQ(result.steps, kNever | one.steps) << one.rest;
    EXPECT_EQ(result.answers, one.answers) << one.rest;
    EXPECT_EQ(result.actions, SMFIF_SETSYMLIST | one.actions) << one.rest;
  }
}

TEST(Negotiation, NoRulesAskForNothing) {
  const Negotiated result = negotiated("");
  EXPECT_EQ(result.steps, kNever | SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NOMAIL | SMFIP_NR_MAIL |
                              SMFIP_NORCPT | SMFIP_NR_RCPT | kNoData | SMFIP_NOHDRS);
  EXPECT_TRUE(result.answers.empty());
  EXPECT_EQ(result.actions, SMFIF_SETSYMLIST);
}

TEST(Negotiation, AsksForWhatTheRulesNeedAndNoMore) {
  check(
      {
          {"when: { sender: x@ }, then: reject",
           SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NORCPT | SMFIP_NR_RCPT | kNoData | SMFIP_NOHDRS,
           {mail}},
          {"when: { recipient: x@ }, then: reject",
           SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | kNoData | SMFIP_NOHDRS,
           {rcpt}},
          {"stage: data, when: { sender: x@ }, then: reject",
           SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NOHDRS,
           {data}},
          {"when: { header.subject: x }, then: reject",
           SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | kNoData,
           {eom}},
          {"when: { client: 192.0.2.1 }, then: delay 5s",
           SMFIP_NR_HELO | SMFIP_NOMAIL | SMFIP_NR_MAIL | SMFIP_NORCPT | SMFIP_NR_RCPT | kNoData |
               SMFIP_NOHDRS,
           {connect}},
          {"when: { recipient_refused: yes }, then: log",
           SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | kNoData | SMFIP_NOHDRS | SMFIP_RCPT_REJ,
           {rcpt}},
      },
      config::RefuseClients::at_mail);
}

TEST(Negotiation, WhatIsDoneToAMessageIsDoneAtItsEnd) {
  check(
      {
          {"when: { sender: x@ }, then: hold",
           SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_RCPT | kNoData | SMFIP_NOHDRS,
           {mail, eom},
           SMFIF_QUARANTINE},
          {"when: { sender: x@ }, then: { prepend: 'X-A: b' }",
           SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_RCPT | kNoData | SMFIP_NOHDRS,
           {mail, eom},
           SMFIF_ADDHDRS},
          {"when: { header.subject: x }, then: [{ prepend: 'X-A: b' }, hold]",
           SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | kNoData,
           {eom},
           SMFIF_ADDHDRS | SMFIF_QUARANTINE},
          // Said at once.
          {"when: { sender: x@ }, then: discard",
           SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NORCPT | SMFIP_NR_RCPT | kNoData | SMFIP_NOHDRS,
           {mail}},
      },
      config::RefuseClients::at_mail);
}

constexpr unsigned long kNothingBehindMail = SMFIP_NORCPT | SMFIP_NR_RCPT | kNoData | SMFIP_NOHDRS;

TEST(Negotiation, ARefusedClientHearsOfItAtMail) {
  check(
      {
          {"when: { client: 192.0.2.1 }, then: reject",
           SMFIP_NR_HELO | kNothingBehindMail,
           {connect, mail}},
          {"when: { client: 192.0.2.1 }, then: defer",
           SMFIP_NR_HELO | kNothingBehindMail,
           {connect, mail}},
          {"when: { helo: x.example }, then: reject",
           SMFIP_NR_CONN | kNothingBehindMail,
           {helo, mail}},
      },
      config::RefuseClients::at_mail);
}

TEST(Negotiation, ARefusedClientHearsOfItAtTheGreeting) {
  check(
      {
          {"when: { client: 192.0.2.1 }, then: reject",
           SMFIP_NR_HELO | SMFIP_NOMAIL | SMFIP_NR_MAIL | kNothingBehindMail,
           {connect}},
          // What both MTAs keep for MAIL themselves.
          {"when: { client: 192.0.2.1 }, then: defer",
           SMFIP_NR_HELO | kNothingBehindMail,
           {connect, mail}},
          // HELO comes after the greeting.
          {"when: { helo: x.example }, then: reject",
           SMFIP_NR_CONN | kNothingBehindMail,
           {helo, mail}},
      },
      config::RefuseClients::at_greeting);
}

TEST(Negotiation, SeveralRulesNeedWhatEachOfThemNeeds) {
  const Negotiated result = negotiated(rule("when: { client: 192.0.2.1 }, then: reject") +
                                       rule("when: { recipient: x@ }, then: hold") +
                                       rule("when: { header.subject: x }, then: reject"));
  EXPECT_EQ(result.steps, kNever | SMFIP_NR_HELO | kNoData);
  EXPECT_EQ(result.answers, (StageSet{connect, mail, rcpt, eom}));
  EXPECT_EQ(result.actions, SMFIF_SETSYMLIST | SMFIF_QUARANTINE);
  EXPECT_EQ(result.needs.header_fields, std::vector<std::string>{"subject"});
}

TEST(Negotiation, AnOlderMtaSendsWhatItCannotLeaveOut) {
  const std::string rules = rule("when: { recipient: x@ }, then: reject") +
                            rule("when: { recipient_refused: yes }, then: log");
  const Negotiated old = negotiated(rules, config::RefuseClients::at_mail, kSendmail813);
  EXPECT_EQ(old.steps, SMFIP_NOBODY | SMFIP_NOHDRS | SMFIP_NOEOH);
  EXPECT_EQ(old.actions, 0UL);
  EXPECT_TRUE(old.macros.empty());
  EXPECT_EQ(old.answers, StageSet{rcpt}) << "libmilter answers where nobody is to answer";
  const Negotiated nothing = negotiated(rules, config::RefuseClients::at_mail, {0, 0});
  EXPECT_EQ(nothing.steps, 0UL);
}

TEST(Negotiation, NeverAsksForWhatIsNotOffered) {
  const std::string rules = rule("when: { client: 192.0.2.1 }, then: reject") +
                            rule("when: { sender: x@ }, then: { prepend: 'X-A: b' }") +
                            rule("when: { recipient_refused: yes }, then: log");
  for (unsigned bit = 0; bit < 21; ++bit) {
    const MilterOffer offer{SMFI_CURR_ACTS, SMFI_CURR_PROT & ~(1UL << bit)};
    const Negotiated result = negotiated(rules, config::RefuseClients::at_mail, offer);
    EXPECT_EQ(result.steps & ~offer.steps, 0UL) << bit;
    EXPECT_EQ(result.actions & ~offer.actions, 0UL) << bit;
  }
}

// What it tells all the same it does not wait for.
TEST(Negotiation, AnMtaThatCannotLeaveAStepOutIsNotAnswered) {
  const std::string rules = rule("when: { sender: x@ }, then: hold");
  constexpr unsigned long kSteps = SMFI_CURR_PROT & ~(SMFIP_NODATA | SMFIP_NOHDRS);
  const Negotiated result =
      negotiated(rules, config::RefuseClients::at_mail, {SMFI_CURR_ACTS, kSteps});
  EXPECT_EQ(result.steps & (SMFIP_NODATA | SMFIP_NOHDRS), 0UL);
  EXPECT_EQ(result.steps & (SMFIP_NR_DATA | SMFIP_NR_HDR), SMFIP_NR_DATA | SMFIP_NR_HDR);
}

TEST(Negotiation, OverTcpEveryCommandIsToldAndAnswered) {
  const auto over_tcp = [](const std::string& rules) {
    return negotiated(rules, config::RefuseClients::at_mail, kAll, kTcp);
  };
  const Negotiated recipient = over_tcp(rule("when: { recipient: x@ }, then: reject"));
  EXPECT_EQ(recipient.steps, kNever | SMFIP_NOHDRS);
  EXPECT_EQ(recipient.answers, StageSet{rcpt});
  EXPECT_EQ(over_tcp(rule("when: { client: 192.0.2.1 }, then: delay 5s")).steps,
            kNever | SMFIP_NOMAIL | SMFIP_NORCPT | SMFIP_NOHDRS)
      << "what comes after the last answer is left out all the same";
}

// libmilter finds no way from DATA to the end of a message without a header field, unless it is
// told of the end of the header.
TEST(Negotiation, WhereDataAndHeaderAreToldTheEndOfTheHeaderIsToo) {
  const std::string header = rule("when: { header.subject: x }, then: reject");
  const std::string at_data = rule("stage: data, when: { sender: x@ }, then: reject");
  const auto tells_end = [](const std::string& rules, ListenAddress::Kind transport,
                            const MilterOffer& offer = kAll) {
    return (negotiated(rules, config::RefuseClients::at_mail, offer, transport).steps &
            SMFIP_NOEOH) == 0;
  };
  EXPECT_TRUE(tells_end(header, kTcp));
  EXPECT_TRUE(tells_end(header + at_data, kUnix));
  EXPECT_TRUE(tells_end(header, kUnix, kSendmail813)) << "nobody knows whether it tells DATA";
  EXPECT_FALSE(tells_end(header, kUnix)) << "DATA is left out";
  EXPECT_FALSE(tells_end(at_data, kTcp)) << "the header is left out";
  EXPECT_NE(negotiated(header, config::RefuseClients::at_mail, kAll, kTcp).steps & SMFIP_NR_EOH,
            0UL);
}

std::string error_of(const std::string& rules, unsigned long actions) {
  const auto result = negotiate(needs_of_rules(rules), config::RefuseClients::at_mail, kUnix,
                                {actions, SMFI_CURR_PROT});
  return result ? "" : result.error().text;
}

TEST(Negotiation, AnMtaThatCannotDoWhatRulesNeedIsAnError) {
  const std::string hold = rule("when: { sender: x@ }, then: hold");
  const std::string prepend = rule("when: { sender: x@ }, then: { prepend: 'X-A: b' }");
  constexpr unsigned long kNoQuarantine = SMFI_CURR_ACTS & ~SMFIF_QUARANTINE;
  constexpr unsigned long kNoHeaders = SMFI_CURR_ACTS & ~SMFIF_ADDHDRS;
  EXPECT_EQ(error_of(hold, kNoQuarantine),
            "the MTA does not offer quarantine, which a rule with hold needs");
  EXPECT_EQ(error_of(prepend, kNoHeaders),
            "the MTA does not offer adding headers, which a rule needs");
  EXPECT_EQ(error_of(hold, kNoHeaders), "");
  EXPECT_EQ(error_of(prepend, kNoQuarantine), "");
  EXPECT_EQ(error_of(rule("when: { sender: x@ }, then: reject"), 0), "");
}

TEST(Negotiation, TheMacrosThatAreLookedAtAndNoOthers) {
  EXPECT_EQ(macros_of(negotiated(rule("when: { sender: x@ }, then: reject"))),
            (std::map<int, std::string>{{SMFIM_CONNECT, ""},
                                        {SMFIM_HELO, ""},
                                        {SMFIM_ENVFROM, "i {auth_authen} {mail_addr}"},
                                        {SMFIM_ENVRCPT, "i {rcpt_addr}"},
                                        {SMFIM_DATA, "i"},
                                        {SMFIM_EOH, ""},
                                        {SMFIM_EOM, "i"}}));
  auto macros =
      macros_of(negotiated(rule("when: { reverse_client_name: x.example }, then: reject")));
  EXPECT_EQ(macros[SMFIM_CONNECT], "{client_ptr}");
  macros = macros_of(negotiated(rule("when: { sasl_username: x }, then: reject")));
  EXPECT_EQ(macros[SMFIM_ENVFROM], "i {auth_authen} {mail_addr}") << "once";
  macros = macros_of(negotiated(rule("when: { tls: no }, then: reject")));
  EXPECT_EQ(macros[SMFIM_ENVFROM], "i {auth_authen} {mail_addr} {tls_version}");
  macros = macros_of(negotiated(rule("when: { recipient_refused: yes }, then: log")));
  EXPECT_EQ(macros[SMFIM_ENVRCPT], "i {rcpt_addr} {rcpt_mailer}");
}

// Without the list an MTA sends what its own configuration says, which may leave the macro out.
TEST(Negotiation, NoMacroMeansNoTlsOnlyFromAnMtaThatWasAskedForIt) {
  const std::string tls = rule("when: { tls: no }, then: reject");
  EXPECT_TRUE(negotiated(tls).knows_tls());
  EXPECT_FALSE(negotiated(tls, config::RefuseClients::at_mail, kSendmail813).knows_tls());
  EXPECT_FALSE(negotiated(rule("when: { sender: x@ }, then: reject")).knows_tls());
}

const std::string kSender = "when: { sender: x@ }, then: reject";

bool serves(const std::string& old_rules, const std::string& new_rules,
            ListenAddress::Kind transport = kUnix) {
  const auto negotiated_over = [&](const std::string& rules) {
    return negotiated(rules, config::RefuseClients::at_mail, kAll, transport);
  };
  return negotiated_over(old_rules).serves(negotiated_over(new_rules));
}

// Whatever else they look at.
TEST(ReachOfANegotiation, RulesThatAreToldNoLessThanTheyNeed) {
  const std::string old = rule(kSender);
  for (const char* rest : {
           "when: { sender: x@ }, then: pass",
           "when: { sender_domain: x.example }, then: reject",
           "when: { sender_domain: x.example, client: 192.0.2.1 }, then: defer",
           "when: { sasl_username: ann }, then: discard",
           "check: sender_mx, preset: standard",
       }) {
    EXPECT_TRUE(serves(old, rule(rest))) << rest;
  }
  EXPECT_TRUE(serves(old, old));
  EXPECT_TRUE(serves(old, "")) << "the MTA tells more than anybody asks for";
  EXPECT_TRUE(serves(rule("when: { header.subject: x }, then: reject"),
                     rule("when: { header.list-id: x }, then: reject")))
      << "all header fields are told";
}

// What a client rule says is said at MAIL; only a delay comes too late.
TEST(ReachOfANegotiation, ConnectIsOver) {
  EXPECT_TRUE(serves(rule(kSender), rule("when: { client: 192.0.2.1 }, then: reject")));
  EXPECT_TRUE(serves(rule(kSender), rule("when: { client: 192.0.2.1 }, then: delay 5s")));
  EXPECT_FALSE(
      serves(rule(kSender), rule("when: { reverse_client_name: x.example }, then: reject")))
      << "so is the time of its macros";
}

TEST(ReachOfANegotiation, NotWhatTheMtaLeavesOut) {
  EXPECT_FALSE(serves("", rule(kSender))) << "MAIL";
  for (const char* rest : {
           "when: { helo: x.example }, then: reject",
           "when: { recipient: x@ }, then: reject",
           "stage: data, when: { sender: x@ }, then: reject",
           "when: { header.subject: x }, then: reject",
           "when: { recipient_refused: yes }, then: log",
           "when: { tls: no }, then: reject",
           "when: { sender: x@ }, then: hold",
           "when: { sender: x@ }, then: { prepend: 'X-A: b' }",
       }) {
    const std::string needs_more = rule(rest);
    EXPECT_FALSE(serves(rule(kSender), rule(kSender) + needs_more)) << rest;
    EXPECT_TRUE(serves(rule(kSender) + needs_more, rule(kSender))) << rest;
  }
}

TEST(ReachOfANegotiation, NotAnAnswerWhereTheMtaWaitsForNone) {
  const std::string old = rule("when: { recipient: x@ }, then: reject");
  EXPECT_FALSE(serves(old, rule(kSender)));
  EXPECT_TRUE(serves(old, rule(kSender), kTcp)) << "where it waits for all";
}

}  // namespace
}  // namespace postern::milter::negotiation_test
