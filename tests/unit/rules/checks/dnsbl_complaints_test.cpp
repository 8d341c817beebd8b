// What must not happen, and has happened to users of other programs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/decision.h"
#include "tests/support/rules_from.h"
#include "tests/unit/rules/checks/dnsbl_run.h"

namespace postern::checks::dnsbl_complaints_test {
namespace {

using dnsbl_run::client;
using dnsbl_run::kClient;
using dnsbl_run::run;
using dnsbl_run::run_client;
using dnsbl_run::run_name;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string finding_of(const char* zone) {
  return run_client(std::string("[") + zone + "]").finding;
}

TEST(Dnsbl, NobodyIsListedBecauseTheListRefusesAPublicResolver) {
  EXPECT_EQ(finding_of("public.example"), "refused");
  EXPECT_EQ(finding_of("mixed.example"), "refused");
  EXPECT_EQ(run_client("[{ zone: public.example, test_point: none, codes: '127.[0..255].[0..255]."
                       "[0..255]' }]")
                .finding,
            "refused");
}

TEST(Dnsbl, NobodyIsListedBecauseUriblOrSurblBlocksUs) {
  EXPECT_EQ(finding_of("blocked.example"), "refused");
  EXPECT_EQ(run_client("[{ zone: blocked.example, codes: 127.0.0.1 }]").finding, "listed")
      << "unless the rule says that the list means it so";
}

TEST(Dnsbl, NobodyIsListedByALapsedDomainThatIsParkedWithAWildcard) {
  EXPECT_EQ(finding_of("parked.example"), "broken");
  EXPECT_EQ(finding_of("wildcard.example"), "broken");
}

TEST(Dnsbl, NobodyIsListedByAnAnswerOutsideOf127) {
  EXPECT_EQ(finding_of("sold.example"), "broken");
  EXPECT_EQ(run_client("[{ zone: sold.example, test_point: none }]").finding, "broken");
}

TEST(Dnsbl, AListThatHasEndedIsNotTakenForACleanOne) {
  EXPECT_EQ(finding_of("ended.example"), "broken");
  EXPECT_EQ(finding_of("no-test.example"), "broken");
}

TEST(Dnsbl, AListThatListsItsOtherTestPointCanBeUsedAllTheSame) {
  EXPECT_EQ(run_client("[{ zone: wildcard.example, test_point: none }]").finding, "listed");
  EXPECT_EQ(run_client("[{ zone: no-test.example, test_point: none }]").finding, "listed");
}

TEST(Dnsbl, AFaultOfDnsIsNeverAListing) {
  for (const char* zone :
       {"servfail.example", "slow.example", "sick-test.example", "sick-test2.example"}) {
    EXPECT_EQ(finding_of(zone), "unknown") << zone;
  }
}

// Every fault, for each of the questions, whatever the others say.
TEST(Dnsbl, WithAFaultAnywhereNothingIsListed) {
  const auto check = make_check("dnsbl", "{ zones: [bl.example] }");
  const int first = static_cast<int>(dns::DnsReason::servfail);
  for (int reason = first; reason <= static_cast<int>(dns::DnsReason::deadline); ++reason) {
    for (std::size_t failing = 0; failing < 3; ++failing) {
      std::size_t number = 0;
      const Outcome outcome =
          checks::run("dnsbl", *check, client(), [&](const dns::DnsQuestion& question) {
            if (number++ == failing) {
              return dns::temporary_failure(static_cast<dns::DnsReason>(reason));
            }
            return question.name.text().starts_with("1.0.0.127")
                       ? absent_answer(dns::DnsReason::nxdomain)
                       : address_answer("127.0.0.2");
          });
      EXPECT_EQ(outcome.finding, "unknown") << reason << " " << failing;
      EXPECT_EQ(outcome.finding_class, FindingClass::temporary);
    }
  }
}

TEST(Dnsbl, OwnPrivateAndLoggedInClientsAreNotAskedAbout) {
  for (const char* look_up : {"client", "client_name", "helo", "sender_domain"}) {
    const std::string options =
        std::string("{ look_up: ") + look_up + ", zones: [bl.example, names.example] }";
    Transaction mail = TransactionBuilder(Stage::mail)
                           .client_name("bad.example")
                           .helo("bad.example")
                           .sender("joe@bad.example")
                           .transaction;
    EXPECT_EQ(run(options, mail).finding, "-") << "no client";
    for (const char* inside : {"10.1.2.3", "127.0.0.1", "192.168.0.1", "169.254.1.1", "100.64.0.1",
                               "::1", "fe80::1", "fd00::1"}) {
      mail.client = IpAddress::parse(inside).value();
      const Outcome outcome = run(options, mail);
      EXPECT_EQ(outcome.finding, "-") << inside;
      EXPECT_THAT(outcome.rounds, IsEmpty());
    }
    mail.client = IpAddress::parse(kClient).value();
    EXPECT_NE(run(options, mail).finding, "-") << look_up;
    mail.sasl_username = "joe";
    EXPECT_EQ(run(options, mail).finding, "-") << "somebody has logged in";
  }
}

TEST(Dnsbl, LiteralsNumbersAndLocalNamesAreNotAskedAtAListOfDomains) {
  for (const char* name : {"", "[203.0.113.7]", "[IPv6:2001:db8::7]", "203.0.113.7", "1.2.3",
                           "2001:db8::7", "localhost", "joes-pc", "pc.local", "x.lan", "a..b"}) {
    Transaction transaction = client();
    transaction.helo = name;
    EXPECT_EQ(run_name("helo", transaction).finding, "-") << name;
  }
  for (const char* sender :
       {"<>", "joe", "joe@[203.0.113.7]", "joe@203.0.113.7", "joe@localhost"}) {
    EXPECT_EQ(run_name("sender_domain",
                       TransactionBuilder(Stage::mail).client(kClient).sender(sender).transaction)
                  .finding,
              "-")
        << sender;
  }
}

TEST(Dnsbl, AsShippedOnlyAListingIsRefusedAndTheListNamed) {
  const auto rules = rules_from(
      "version: 1\nrules:\n  - { name: bl, check: dnsbl, zones: [bl.example], preset: standard "
      "}\n");
  const RuleCheck& check = *rules->rules()[0].check();
  for (std::size_t i = 0; i < check.on.size(); ++i) {
    const std::string_view name = check.finding_name(i);
    const bool refused = !check.on[i].empty() && kind_of(check.on[i][0]) != ActionKind::log;
    EXPECT_EQ(refused, name == "listed") << name;
  }
  for (const char* finding : {"refused", "broken", "unknown"}) {
    for (const char* action : {"reject", "discard"}) {
      EXPECT_THAT(complaints_about(std::string("version: 1\nrules:\n  - { name: bl, check: dnsbl, "
                                               "zones: [bl.example], on: { ") +
                                   finding + ": " + action + " } }\n"),
                  HasSubstr(std::string(finding) + ": found " + action))
          << finding;
    }
  }
}

// Also of one that made no difference, and of a list that the rule only notes.
TEST(Dnsbl, ThatAListIsLostDoesNotGoUnnoticedBecauseAnotherHasTheClient) {
  const ZoneMap zone = ZoneMap::parse(dnsbl_run::kZone).value();
  const auto rules = rules_from(
      "version: 1\nrules:\n"
      "  - { name: wl, mode: log, check: dnswl, zones: wildcard.example, preset: standard }\n"
      "  - { name: bl, check: dnsbl, zones: [public.example, slow.example, bl.example], "
      "preset: standard }\n");
  const Transaction transaction = client();
  Decision decision(rules, transaction, nullptr, {});
  while (decision.step() == Decision::Step::need_facts) {
    for (const dns::DnsQuestion& question : std::vector(decision.questions())) {
      decision.add(question, {std::make_shared<const dns::DnsAnswer>(zone.answer(question))});
    }
  }
  EXPECT_EQ(decision.verdict().finding, "listed");
  EXPECT_THAT(
      decision.verdict().lists,
      ElementsAre(
          DnsListReport{"wildcard.example", ListSays::broken, "wildcard.example lists all"},
          DnsListReport{"public.example", ListSays::refused, "public.example 127.255.255.254"},
          DnsListReport{"slow.example", ListSays::unknown},
          DnsListReport{"bl.example", ListSays::listed}));
}

}  // namespace
}  // namespace postern::checks::dnsbl_complaints_test
