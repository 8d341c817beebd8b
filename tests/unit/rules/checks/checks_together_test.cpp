// All checks on DNS in one rule file: what each of them needs is asked for side by side.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "rules/decision.h"
#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"
#include "tests/support/zone_map.h"

namespace postern::checks::checks_together_test {
namespace {

constexpr const char* kRules = R"(version: 1
rules:
  - { name: trusted, check: dnswl, zones: wl.example, preset: standard }
  - { name: listed, check: dnsbl, zones: [a.list.example, b.list.example, c.list.example], preset: standard }
  - { name: domain, check: sender_mx, preset: standard }
  - { name: said, check: helo, preset: standard }
  - { name: named, check: rdns, preset: standard }
  - { name: sent, check: spf, preset: standard }
)";

constexpr const char* kZone = R"(
zone:
  2.0.0.127.wl.example: { A: [127.0.10.0] }
  2.0.0.127.a.list.example: { A: [127.0.0.2] }
  2.0.0.127.b.list.example: { A: [127.0.0.2] }
  2.0.0.127.c.list.example: { A: [127.0.0.2] }
  good.example: { MX: [10 mx.good.example], TXT: ["v=spf1 include:x.example include:y.example include:z.example -all"] }
  mx.good.example: { A: [203.0.113.7] }
  x.example: { TXT: ["v=spf1 ip4:192.0.2.0/24 -all"] }
  y.example: { TXT: ["v=spf1 ip4:198.51.100.0/24 -all"] }
  z.example: { TXT: ["v=spf1 ip4:203.0.113.0/24 -all"] }
  7.113.0.203.in-addr.arpa: { PTR: [out.good.example] }
  out.good.example: { A: [203.0.113.7] }
)";

std::map<std::string, std::string> found_by(const Verdict& verdict) {
  std::map<std::string, std::string> found;
  for (const CheckFinding& one : verdict.found) {
    found[std::string(one.check)] = std::string(one.finding);
  }
  return found;
}

Transaction good_mail() {
  return TransactionBuilder(Stage::rcpt)
      .client("203.0.113.7")
      .helo("mx.good.example")
      .sender("ann@good.example")
      .recipient("joe@box.example")
      .transaction;
}

// The questions of each round.
std::vector<std::size_t> rounds_of(Decision& decision, const char* names) {
  const ZoneMap zone = ZoneMap::parse(names).value();
  std::vector<std::size_t> rounds;
  while (decision.step() == Decision::Step::need_facts) {
    const std::vector<dns::DnsQuestion> questions = decision.questions();
    rounds.push_back(questions.size());
    for (const dns::DnsQuestion& question : questions) {
      decision.add(question, {std::make_shared<const dns::DnsAnswer>(zone.answer(question))});
    }
  }
  return rounds;
}

TEST(ChecksTogether, TakeAsManyRoundsAsTheDeepestOfThem) {
  const Transaction transaction = good_mail();
  Decision decision(rules_from(kRules), transaction, nullptr, {});
  const std::vector<std::size_t> rounds = rounds_of(decision, kZone);
  const std::map<std::string, std::string> expected{{"dnswl", "unlisted"}, {"dnsbl", "clean"},
                                                    {"sender_mx", "mx"},   {"helo", "confirmed"},
                                                    {"rdns", "confirmed"}, {"spf", "pass"}};
  EXPECT_EQ(found_by(decision.verdict()), expected);
  ASSERT_EQ(rounds.size(), 2U);
  EXPECT_EQ(rounds[0], 3U + 9U + 4U) << "four lists, MX, A, PTR and TXT";
}

// Three includes one inside the other are the deepest chain: everything else is asked beside it.
TEST(ChecksTogether, TakeAsManyRoundsAsTheDeepestChainOfIncludes) {
  const std::string nested = std::string(kZone) +
                             "  deep.example: { TXT: [\"v=spf1 include:one.deep.example -all\"], "
                             "MX: [10 mx.good.example] }\n"
                             "  one.deep.example: { TXT: [\"v=spf1 include:two.deep.example\"] }\n"
                             "  two.deep.example: { TXT: [\"v=spf1 include:z.example\"] }\n";
  Transaction transaction = good_mail();
  transaction.sender = MailAddress::from_envelope("ann@deep.example");
  Decision decision(rules_from(kRules), transaction, nullptr, {});
  const std::vector<std::size_t> rounds = rounds_of(decision, nested.c_str());
  EXPECT_EQ(found_by(decision.verdict()).at("spf"), "pass");
  ASSERT_EQ(rounds.size(), 4U) << "TXT of the sender, of one, of two, of z";
  EXPECT_EQ(rounds[0], 3U + 9U + 4U);
  EXPECT_EQ(rounds[3], 1U);
}

// A sender whose own servers are silent uses up its share: no list is kept from being asked by it.
TEST(ChecksTogether, WhatIsAskedCountsForWhoChoseTheName) {
  const Transaction transaction = good_mail();
  Decision decision(rules_from(kRules), transaction, nullptr, {});
  ASSERT_EQ(decision.step(), Decision::Step::need_facts);
  std::map<std::string, std::vector<std::string>> asked_for;
  for (const auto& [question, asker] : decision.requests()) {
    const bool of_list = question.name.text().find("l.example") != std::string::npos ||
                         question.name.text().find("list.example") != std::string::npos;
    asked_for[asker.text()].push_back(of_list ? "list" : question.name.text());
  }
  const std::map<std::string, std::vector<std::string>> expected{
      {"", std::vector<std::string>(12, "list")},
      {"7.113.0.203.in-addr.arpa", {"mx.good.example", "7.113.0.203.in-addr.arpa"}},
      {"good.example", {"good.example", "good.example"}}};
  EXPECT_EQ(asked_for, expected);
}

// Nobody is behind a bounce but the client, which says whose record is looked for.
TEST(ChecksTogether, ABounceIsAskedAboutForTheClient) {
  const Transaction transaction = TransactionBuilder(Stage::mail)
                                      .client("203.0.113.7")
                                      .helo("mx.good.example")
                                      .sender("<>")
                                      .transaction;
  Decision decision(rules_from(kRules), transaction, nullptr, {});
  ASSERT_EQ(decision.step(), Decision::Step::need_facts);
  EXPECT_EQ(decision.asker(), Asker::client);
  EXPECT_EQ(decision.requests().back().question.type, dns::DnsType::txt);
  EXPECT_EQ(decision.requests().back().asker.text(), "7.113.0.203.in-addr.arpa");
}

}  // namespace
}  // namespace postern::checks::checks_together_test
