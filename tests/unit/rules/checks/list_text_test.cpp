// What a list says about a client, in the reply of a rule that quotes it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/decision.h"
#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"
#include "tests/support/zone_map.h"

namespace postern::checks::list_text_test {
namespace {

using testing::Contains;
using testing::Not;

const std::string kZone = R"(
zone:
  2.0.0.127.bl.example: { A: [127.0.0.2] }
  7.113.0.203.bl.example: { A: [127.0.0.2], TXT: ["https://bl.example/?q=203.0.113.7", "second"] }
  8.113.0.203.bl.example: { A: [127.0.0.2] }
  9.113.0.203.bl.example: { A: [127.0.0.2], TXT: { fault: servfail } }
  10.113.0.203.bl.example: { A: [127.0.0.2], TXT: ["b\u00F6se {token}\r\n250 ok"] }
  11.113.0.203.bl.example: { A: [127.0.0.2], TXT: [")" +
                          std::string(250, 'x') + R"("] }
  2.0.0.127.customer-key.bl.example: { A: [127.0.0.2] }
  7.113.0.203.customer-key.bl.example: { A: [127.0.0.2], TXT: ["asked at Customer-KEY.bl.example"] }
)";

constexpr const char* kQuoting = R"(version: 1
rules: [ { name: l, check: dnsbl, zones: bl.example, on: { listed: 'reject 550 5.7.1 "No {list_text}"' } } ]
)";

struct Said {
  std::string text;
  std::vector<std::string> asked;
};

Said said(const char* rules, const std::string& client) {
  static const ZoneMap zone = ZoneMap::parse(kZone).value();
  const Transaction transaction =
      TransactionBuilder(Stage::mail).client(client).sender("a@a.example").transaction;
  Decision decision(rules_from(rules), transaction, nullptr, {});
  Said result;
  while (decision.step() == Decision::Step::need_facts) {
    for (const dns::DnsRequest& request : decision.requests()) {
      const dns::DnsQuestion& question = request.question;
      EXPECT_TRUE(request.asker.empty()) << "a list counts for nobody";
      result.asked.push_back(std::string(dns::to_string(question.type)) + " " +
                             question.name.text());
      decision.add(question, {std::make_shared<const dns::DnsAnswer>(zone.answer(question))});
    }
  }
  result.text = decision.verdict().reply.text;
  return result;
}

TEST(ListText, IsQuotedWithTheNameOfTheList) {
  EXPECT_EQ(said(kQuoting, "203.0.113.7").text,
            "No [bl.example: https://bl.example/?q=203.0.113.7]");
}

TEST(ListText, IsADashWhereThereIsNone) {
  EXPECT_EQ(said(kQuoting, "203.0.113.8").text, "No -");
}

TEST(ListText, NobodyIsLetInBecauseTheTextCannotBeHad) {
  EXPECT_EQ(said(kQuoting, "203.0.113.9").text, "No -");
}

TEST(ListText, NoLineOfAReplyIsTheListsOwn) {
  const std::string text = said(kQuoting, "203.0.113.10").text;
  EXPECT_TRUE(text.starts_with("No [bl.example: b")) << text;
  for (const char c : text) EXPECT_TRUE(c >= ' ' && c <= '~') << text;
  EXPECT_NE(text.find("{token}"), std::string::npos) << "nothing in it is replaced";
}

TEST(ListText, IsBounded) {
  EXPECT_LE(said(kQuoting, "203.0.113.11").text.size(), SmtpReply::kMaxText);
}

TEST(ListText, OfOthersIsNotAskedFor) {
  const std::string question = "TXT 12.113.0.203.bl.example";
  EXPECT_THAT(said(kQuoting, "203.0.113.12").asked, Not(Contains(question)));
}

TEST(ListText, IsNotAskedForByARuleThatDoesNotQuoteIt) {
  const std::string question = "TXT 7.113.0.203.bl.example";
  EXPECT_THAT(said(kQuoting, "203.0.113.7").asked, Contains(question));
  for (const char* rules :
       {"version: 1\nrules: [ { name: l, check: dnsbl, zones: bl.example, preset: standard } ]\n",
        "version: 1\nrules: [ { name: l, mode: log, check: dnsbl, zones: bl.example, on: { listed: "
        "'reject 550 \"{list_text}\"' } } ]\n"}) {
    EXPECT_THAT(said(rules, "203.0.113.7").asked, Not(Contains(question))) << rules;
  }
}

TEST(ListText, NoKeyIsToldByAListThatRepeatsIt) {
  constexpr const char* kRules = R"(version: 1
rules:
  - { name: l, check: dnsbl, zones: [{ zone: bl.example, key: customer-key }], on: { listed: 'reject 550 5.7.1 "No {list_text}"' } }
)";
  EXPECT_EQ(said(kRules, "203.0.113.7").text, "No -");
}

}  // namespace
}  // namespace postern::checks::list_text_test
