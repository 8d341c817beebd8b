#include "rules/load/well_known_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/rules_from.h"

namespace postern {
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

}  // namespace
}  // namespace postern
