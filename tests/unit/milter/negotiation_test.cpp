#include "milter/negotiation.h"

#include <gtest/gtest.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/rules_from.h"

namespace postern {
namespace {

using enum Stage;

constexpr MilterOffer kAll{SMFI_CURR_ACTS, SMFI_CURR_PROT};
constexpr MilterOffer kSendmail813{SMFI_V2_ACTS, SMFI_V2_PROT};
constexpr unsigned long kNever = SMFIP_NOBODY | SMFIP_NOEOH | SMFIP_NOUNKNOWN;

Needs needs_of_rules(const std::string& rules) {
  return rules_from("version: 1\nrules: [" + rules + "]\n")->needs();
}

// The rest of one rule in flow style.
std::string rule(const std::string& rest) {
  static int number = 0;
  return "{ name: r" + std::to_string(++number) + ", " + rest + " }, ";
}

Negotiated negotiated(const std::string& rules, RefuseClients refuse = RefuseClients::at_mail,
                      const MilterOffer& offer = kAll) {
  return negotiate(needs_of_rules(rules), refuse, offer).value();
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

void check(const std::vector<Case>& cases, RefuseClients refuse) {
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
                              SMFIP_NORCPT | SMFIP_NR_RCPT | SMFIP_NODATA | SMFIP_NOHDRS);
  EXPECT_TRUE(result.answers.empty());
  EXPECT_EQ(result.actions, SMFIF_SETSYMLIST);
}

TEST(Negotiation, AsksForWhatTheRulesNeedAndNoMore) {
  check(
      {
          {"when: { sender: x@ }, then: reject",
           SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NORCPT | SMFIP_NR_RCPT | SMFIP_NODATA |
               SMFIP_NOHDRS,
           {mail}},
          {"when: { recipient: x@ }, then: reject",
           SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NODATA | SMFIP_NOHDRS,
           {rcpt}},
          {"stage: data, when: { sender: x@ }, then: reject",
           SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NOHDRS,
           {data}},
          {"when: { header.subject: x }, then: reject",
           SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NODATA |
               SMFIP_NR_HDR,
           {eom}},
          {"when: { client: 192.0.2.1 }, then: delay 5s",
           SMFIP_NR_HELO | SMFIP_NOMAIL | SMFIP_NR_MAIL | SMFIP_NORCPT | SMFIP_NR_RCPT |
               SMFIP_NODATA | SMFIP_NOHDRS,
           {connect}},
          {"when: { recipient_refused: yes }, then: log",
           SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NODATA | SMFIP_NOHDRS |
               SMFIP_RCPT_REJ,
           {rcpt}},
      },
      RefuseClients::at_mail);
}

TEST(Negotiation, WhatIsDoneToAMessageIsDoneAtItsEnd) {
  check(
      {
          {"when: { sender: x@ }, then: hold",
           SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_RCPT | SMFIP_NODATA | SMFIP_NOHDRS,
           {mail, eom},
           SMFIF_QUARANTINE},
          {"when: { sender: x@ }, then: { prepend: 'X-A: b' }",
           SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_RCPT | SMFIP_NODATA | SMFIP_NOHDRS,
           {mail, eom},
           SMFIF_ADDHDRS},
          {"when: { header.subject: x }, then: [{ prepend: 'X-A: b' }, hold]",
           SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NODATA |
               SMFIP_NR_HDR,
           {eom},
           SMFIF_ADDHDRS | SMFIF_QUARANTINE},
          // Said at once.
          {"when: { sender: x@ }, then: discard",
           SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NORCPT | SMFIP_NR_RCPT | SMFIP_NODATA |
               SMFIP_NOHDRS,
           {mail}},
      },
      RefuseClients::at_mail);
}

constexpr unsigned long kNothingBehindMail =
    SMFIP_NORCPT | SMFIP_NR_RCPT | SMFIP_NODATA | SMFIP_NOHDRS;

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
      RefuseClients::at_mail);
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
      RefuseClients::at_greeting);
}

TEST(Negotiation, SeveralRulesNeedWhatEachOfThemNeeds) {
  const Negotiated result = negotiated(rule("when: { client: 192.0.2.1 }, then: reject") +
                                       rule("when: { recipient: x@ }, then: hold") +
                                       rule("when: { header.subject: x }, then: reject"));
  EXPECT_EQ(result.steps, kNever | SMFIP_NR_HELO | SMFIP_NODATA | SMFIP_NR_HDR);
  EXPECT_EQ(result.answers, (StageSet{connect, mail, rcpt, eom}));
  EXPECT_EQ(result.actions, SMFIF_SETSYMLIST | SMFIF_QUARANTINE);
  EXPECT_EQ(result.needs.header_fields, std::vector<std::string>{"subject"});
}

TEST(Negotiation, AnOlderMtaSendsWhatItCannotLeaveOut) {
  const std::string rules = rule("when: { recipient: x@ }, then: reject") +
                            rule("when: { recipient_refused: yes }, then: log");
  const Negotiated old = negotiated(rules, RefuseClients::at_mail, kSendmail813);
  EXPECT_EQ(old.steps, SMFIP_NOBODY | SMFIP_NOHDRS | SMFIP_NOEOH);
  EXPECT_EQ(old.actions, 0UL);
  EXPECT_TRUE(old.macros.empty());
  EXPECT_EQ(old.answers, StageSet{rcpt}) << "libmilter answers where nobody is to answer";
  const Negotiated nothing = negotiated(rules, RefuseClients::at_mail, {0, 0});
  EXPECT_EQ(nothing.steps, 0UL);
}

TEST(Negotiation, NeverAsksForWhatIsNotOffered) {
  const std::string rules = rule("when: { client: 192.0.2.1 }, then: reject") +
                            rule("when: { sender: x@ }, then: { prepend: 'X-A: b' }") +
                            rule("when: { recipient_refused: yes }, then: log");
  for (unsigned bit = 0; bit < 21; ++bit) {
    const MilterOffer offer{SMFI_CURR_ACTS, SMFI_CURR_PROT & ~(1UL << bit)};
    const Negotiated result = negotiated(rules, RefuseClients::at_mail, offer);
    EXPECT_EQ(result.steps & ~offer.steps, 0UL) << bit;
    EXPECT_EQ(result.actions & ~offer.actions, 0UL) << bit;
  }
}

std::string error_of(const std::string& rules, unsigned long actions) {
  const auto result =
      negotiate(needs_of_rules(rules), RefuseClients::at_mail, {actions, SMFI_CURR_PROT});
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
                                        {SMFIM_ENVFROM, "i {auth_authen}"},
                                        {SMFIM_ENVRCPT, "i"},
                                        {SMFIM_DATA, "i"},
                                        {SMFIM_EOH, ""},
                                        {SMFIM_EOM, "i"}}));
  auto macros =
      macros_of(negotiated(rule("when: { reverse_client_name: x.example }, then: reject")));
  EXPECT_EQ(macros[SMFIM_CONNECT], "{client_ptr}");
  macros = macros_of(negotiated(rule("when: { tls: no }, then: reject")));
  EXPECT_EQ(macros[SMFIM_ENVFROM], "i {auth_authen} {tls_version}");
  macros = macros_of(negotiated(rule("when: { recipient_refused: yes }, then: log")));
  EXPECT_EQ(macros[SMFIM_ENVRCPT], "i {rcpt_mailer}");
}

// Without the list an MTA sends what its own configuration says, which may leave the macro out.
TEST(Negotiation, NoMacroMeansNoTlsOnlyFromAnMtaThatWasAskedForIt) {
  const std::string tls = rule("when: { tls: no }, then: reject");
  EXPECT_TRUE(negotiated(tls).knows_tls());
  EXPECT_FALSE(negotiated(tls, RefuseClients::at_mail, kSendmail813).knows_tls());
  EXPECT_FALSE(negotiated(rule("when: { sender: x@ }, then: reject")).knows_tls());
}

}  // namespace
}  // namespace postern
