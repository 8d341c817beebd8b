#include "rules/load/well_known_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/rules_from.h"

namespace postern::load::well_known_loader_test {
namespace {

using testing::HasSubstr;

// Lists `known` (gmail.com, web.de) and `bad`, which is in bad.txt, and the rules.
std::string file_with(const std::string& rules) {
  return "version: 1\nlists:\n  known: { kind: domain, entries: [gmail.com, .web.de] }\n"
         "  bad: { kind: domain, file: bad.txt }\n"
         "well_known: known\nrules:\n" +
         rules;
}

constexpr const char* kReject = "  - { name: r, when: { sender_domain: bad }, then: reject }\n";

TEST(WellKnown, EntriesThatWouldRefuseAreNamed) {
  EXPECT_EQ(complaints_about(file_with(kReject),
                             {{"bad.txt", "a.example\nGMail.com\n.mx.web.de\n*.com\n.de\n"}}),
            "bad.txt:2: warning: entry 'gmail.com' of list 'bad' would make rule 'r' reject "
            "gmail.com, which 'well_known:' names\n"
            "bad.txt:4: warning: entry '*.com' of list 'bad' would make rule 'r' reject "
            "gmail.com, which 'well_known:' names\n"
            "bad.txt:5: warning: entry '.de' of list 'bad' would make rule 'r' reject "
            "web.de, which 'well_known:' names\n");
}

TEST(WellKnown, ManyAreCounted) {
  std::string text;
  for (int i = 0; i < 13; ++i) text += "~^g.*x{0," + std::to_string(i) + "}l\\.com$\n";
  const std::string said = complaints_about(file_with(kReject), {{"bad.txt", text}});
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 11);
  EXPECT_THAT(said, HasSubstr("bad.txt:10: warning: entry"));
  EXPECT_THAT(said, HasSubstr("bad.txt:13: warning: list 'bad' has 3 more entries that would"));
}

struct Case {
  const char* rules;
  const char* line;
  bool warns;
};

TEST(WellKnown, WhatCountsAsRefusing) {
  for (const Case& c : {
           Case{kReject, "gmail.com", true},
           Case{"  - { name: r, when: { helo: bad }, then: defer }\n", "gmail.com", true},
           Case{"  - { name: r, when: { client_name: bad }, then: discard }\n", "gmail.com", true},
           Case{"  - { name: r, when: { reverse_client_name: [x.example, bad] }, then: hold }\n",
                "gmail.com", true},
           Case{"  - { name: r, when: { header.from_domain: bad }, then: [log, reject] }\n",
                "gmail.com", true},
           Case{"  - { name: r, mode: log, when: { sender_domain: bad }, then: reject }\n",
                "gmail.com", true},
           Case{"  - { name: r, when: { sender_domain: bad, not: { client: 192.0.2.1 } }, then: "
                "reject }\n",
                "gmail.com", true},
           Case{"  - { name: r, mode: off, when: { sender_domain: bad }, then: reject }\n",
                "gmail.com", false},
           Case{"  - { name: r, when: { sender_domain: bad }, then: pass }\n", "gmail.com", false},
           Case{"  - { name: r, when: { sender_domain: bad }, then: log }\n", "gmail.com", false},
           // The entry's own action counts.
           Case{kReject, "gmail.com then=log", false},
           Case{"  - { name: r, when: { sender_domain: bad }, then: pass }\n",
                "gmail.com then=reject", true},
           Case{kReject, ".gmail.com then=hold", true},
           // Not by this list, or not by the entry alone.
           Case{"  - { name: r, when: { not: { sender_domain: bad } }, then: reject }\n",
                "gmail.com", false},
           Case{"  - { name: r, when: { header.from_domain: bad, not: { sender_domain: bad } }, "
                "then: reject }\n",
                "gmail.com", false},
           Case{"  - { name: r, when: { sender_domain: bad }, check: sender_mx, preset: standard "
                "}\n",
                "gmail.com", false},
           Case{kReject, "mail.gmail.com", false},
           Case{kReject, "*.gmail.com", false},
       }) {
    const std::string said = complaints_about(file_with(c.rules), {{"bad.txt", c.line}});
    EXPECT_EQ(said.find("bad.txt:1: warning: entry") != std::string::npos, c.warns)
        << c.rules << c.line << "\n"
        << said;
    EXPECT_EQ(said.find("error"), std::string::npos) << said;
  }
}

TEST(WellKnown, TheListsThemselvesMayBeUsed) {
  EXPECT_EQ(complaints_about("version: 1\nlists: { k: { kind: domain, entries: [gmail.com] } }\n"
                             "well_known: [k]\nrules:\n"
                             "  - { name: r, when: { helo: k }, then: reject }\n"),
            "");
}

TEST(WellKnown, OfTwoRulesTheOneThatRefuses) {
  EXPECT_THAT(
      complaints_about(file_with("  - { name: soft, when: { sender_domain: bad }, then: log }\n"
                                 "  - { name: hard, when: { helo: bad }, then: reject }\n"),
                       {{"bad.txt", "gmail.com\n"}}),
      HasSubstr("rule 'hard' reject gmail.com"));
}

TEST(WellKnown, AreKeptInTheSnapshotAndAreUsed) {
  const std::string text =
      "version: 1\nlists:\n  a: { kind: domain, entries: [a.example] }\n"
      "  b: { kind: domain, entries: [b.example] }\nwell_known: [b, a]\nrules: []\n";
  EXPECT_EQ(complaints_about(text), "");
  const auto rules = rules_from(text);
  ASSERT_EQ(rules->well_known().size(), 2U);
  EXPECT_EQ(rules->well_known()[0]->name(), "b");
  EXPECT_EQ(rules_from("version: 1\nrules: []\n")->well_known().size(), 0U);
}

TEST(WellKnown, MustBeADomainList) {
  for (const char* value : {"gone", "n", "[d, n]", "gmail.com"}) {
    EXPECT_THAT(
        complaints_about(std::string("version: 1\nlists:\n  n: { kind: network, entries: [] }\n"
                                     "  d: { kind: domain, entries: [] }\nwell_known: ") +
                         value + "\nrules: []\n"),
        HasSubstr("', want the name of a list of kind domain"))
        << value;
  }
}

// Rules without lists, by what they say of a condition and of what follows.
std::string said_of(const std::string& when, const std::string& then = "reject") {
  return complaints_about(
      "version: 1\nlists: { known: { kind: domain, entries: [gmail.com] } }\n"
      "well_known: known\nrules:\n  - { name: r, when: { " +
      when + " }, then: " + then + " }\n");
}

TEST(Broad, AValueInAConditionThatMatchesAllIsNamed) {
  EXPECT_EQ(
      said_of("client: 0.0.0.0/0"),
      "rules.yaml:5: warning: value '0.0.0.0/0' is very broad, and would make rule 'r' reject: "
      "it is more than anybody owns\n");
  EXPECT_EQ(said_of("sender_domain: '~.'", "discard"),
            "rules.yaml:5: warning: value '~.' would make rule 'r' discard gmail.com, which "
            "'well_known:' names\n");
  for (const char* when :
       {"client: '::/0'", "client: [192.0.2.1, 64.0.0.0/2]", "sender: '~@'", "sender: '~^'",
        "sender: '~.*'", "helo: '~.*'", "client_name: .com", "sender_domain: .co.uk",
        "header.from_domain: '*.example'", "sender_domain: gmail.com", "sender: '@gmail.com'",
        "client: 0.0.0.0/0, sender_domain: '~.'"}) {
    EXPECT_NE(said_of(when), "") << when;
  }
}

TEST(Broad, WhatPassesNearlyEverythingIsNamed) {
  EXPECT_EQ(said_of("client: 0.0.0.0/0", "pass"),
            "rules.yaml:5: warning: value '0.0.0.0/0' is very broad, and would make rule 'r' pass: "
            "it is more than anybody owns\n");
  EXPECT_THAT(said_of("sender_domain: '~.'", "pass"), HasSubstr("would make rule 'r' pass: "));
  EXPECT_EQ(said_of("sender_domain: gmail.com", "pass"), "") << "good senders may pass";
}

TEST(Broad, WhatAPersonMeansIsNot) {
  for (const char* when :
       {"client: 10.0.0.0/8", "client: '2001:db8::/32'", "client: 192.0.2.1", "sender: '<>'",
        "sender: a@gmail.com", "sender_domain: .phish.co.uk", "sender_domain: com.",
        "header.x-spam: '~.'", "sasl_username: '~.'",
        // More than one condition: the values are meant together.
        "sender_domain: gmail.com, client: 192.0.2.1", "client: 0.0.0.0/0, helo: a.example",
        "header.from_domain: gmail.com, not: { sender_domain: gmail.com }"}) {
    EXPECT_EQ(said_of(when), "") << when;
  }
  EXPECT_EQ(said_of("client: 0.0.0.0/0", "log"), "");
  EXPECT_EQ(said_of("client: 0.0.0.0/0", "delay 1s"), "");
  EXPECT_EQ(said_of("not: { client: 0.0.0.0/0 }"), "");
}

TEST(Broad, EntriesOfAFileAreNamedWithTheirLine) {
  EXPECT_EQ(
      complaints_about(file_with(kReject),
                       {{"bad.txt", "a.example\n.example\n*.top then=log\n.co.nz\n"}}),
      "bad.txt:2: warning: entry '.example' of list 'bad' is very broad, and would make rule "
      "'r' reject: it matches every name below 'example'\n"
      "bad.txt:4: warning: entry '.co.nz' of list 'bad' is very broad, and would make rule 'r' "
      "reject: it matches every name below 'co.nz'\n");
}

TEST(Broad, ManyAreCounted) {
  std::string text;
  for (int i = 0; i < 13; ++i) text += ".t" + std::to_string(i) + "\n";
  const std::string said = complaints_about(file_with(kReject), {{"bad.txt", text}});
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 11);
  EXPECT_THAT(said, HasSubstr("bad.txt:13: warning: list 'bad' has 3 more entries that are very"));
}

// A list that did not change is shared, and its warnings stand all the same.
TEST(Broad, OfASharedListToo) {
  const ListFiles files{{"bad.txt", ".example\n"}};
  const auto before = rules_from(file_with(kReject), files);
  Diagnostics diagnostics;
  ASSERT_TRUE(load_rules(file_with(kReject), "rules.yaml", reader_of(files), 8, {}, diagnostics,
                         before.get()));
  EXPECT_THAT(diagnostics.to_string(), HasSubstr("bad.txt:1: warning: entry '.example'"));
}

}  // namespace
}  // namespace postern::load::well_known_loader_test
