// Internationalised senders (RFC 6531): a name is judged as its ASCII form, through both doors.
#include <gtest/gtest.h>

#include <set>

#include "tests/scenarios/milter_side.h"
#include "tests/support/rules_from.h"

namespace postern::international_sender_test {
namespace {

constexpr std::chrono::sys_days kNow{std::chrono::year{2026} / 11 / 21};

constexpr const char* kInternational = R"(version: 1
lists:
  people: { kind: address, entries: ["jörg@bücher.example"] }
  campaign: { kind: domain, entries: [.bücher.example] }
rules:
  - { name: person, when: { sender: people }, then: 'reject "person"' }
  - { name: below, when: { sender_domain: campaign }, then: 'reject "{sender_domain}"' }
  - { name: exact, when: { sender_domain: Straße.example }, then: 'defer "{sender_domain}"' }
  - { name: must-exist, check: sender_mx, preset: standard }
)";

std::string judged(const std::string& sender, Door door) {
  const DoorsFixture fixture{rules_from(kInternational, {}, {door, DoorSet::all()}), {}, kNow};
  const Attributes told = {{"protocol_state", "RCPT"},
                           {"client_address", "192.0.2.1"},
                           {"client_name", "mx.a.example"},
                           {"helo_name", "mx.a.example"},
                           {"sender", sender},
                           {"recipient", "r@b.example"}};
  const Outcome outcome =
      door == Door::policy ? PolicySide(fixture).step(told) : MilterSide(fixture).step(told, {});
  std::string words = std::string(outcome.verdict.rule) + ": " + outcome.reply;
  for (const std::string& question : outcome.asked) words += " " + question;
  return words;
}

TEST(InternationalSender, IsJudgedAsItsAsciiForm) {
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"jörg@bücher.example", "jörg@xn--bcher-kva.example"},
      {"joe@bücher.example", "joe@xn--bcher-kva.example"},
      {"jörg@BÜCHER.Example", "jörg@XN--BCHER-KVA.example"},
      {"jörg@deep.bücher.example", "jörg@deep.xn--bcher-kva.example"},
      {"ä@straße.example", "ä@xn--strae-oqa.example"},
      {"ä@größe.example", "ä@xn--gre-6ka8i.example"},
  };
  std::set<std::string> seen;
  for (const auto& [unicode, ascii] : pairs) {
    const std::string words = judged(unicode, Door::policy);
    EXPECT_EQ(words, judged(ascii, Door::policy)) << unicode;
    EXPECT_EQ(words, judged(unicode, Door::milter)) << unicode;
    EXPECT_EQ(words, judged(ascii, Door::milter)) << unicode;
    seen.insert(words.substr(0, words.find(':')));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"person", "below", "exact", "must-exist"}));
  EXPECT_EQ(judged("jörg@bücher.example", Door::policy), "person: 550 5.7.1 person");
  EXPECT_EQ(judged("jörg@deep.bücher.example", Door::policy),
            "below: 550 5.7.1 deep.xn--bcher-kva.example");
}

}  // namespace
}  // namespace postern::international_sender_test
