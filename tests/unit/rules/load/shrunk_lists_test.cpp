#include "rules/load/shrunk_lists.h"

#include <gtest/gtest.h>

#include "tests/support/rules_from.h"

namespace postern::load::shrunk_lists_test {
namespace {

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "d" + std::to_string(i) + ".example\n";
  return text;
}

std::string text_with(const std::string& more = "") {
  return "version: 1\nlists: { l: { kind: domain, file: l.txt" + more + " } }\nrules: []\n";
}

std::shared_ptr<const Snapshot> rules_with(int entries, const std::string& more = "") {
  return rules_from(text_with(more), {{"l.txt", lines(entries)}});
}

std::vector<Diagnostic> shrunk(const Snapshot& before, const Snapshot& after) {
  return find_shrunk(before, after, text_with(), "rules.yaml");
}

struct Case {
  int before;
  int after;
  bool shrunk;
};

TEST(ShrunkLists, LessThanHalfOfTenOrMore) {
  for (const Case& c :
       {Case{10, 4, true}, Case{10, 5, false}, Case{11, 5, true}, Case{11, 6, false},
        Case{9, 0, false}, Case{10, 0, true}, Case{1000, 499, true}, Case{1000, 500, false},
        Case{10, 1000, false}, Case{0, 0, false}, Case{10, 10, false}}) {
    const auto found = shrunk(*rules_with(c.before), *rules_with(c.after));
    EXPECT_EQ(found.size(), c.shrunk ? 1U : 0U) << c.before << " " << c.after;
  }
}

TEST(ShrunkLists, SaysWhatToDo) {
  const auto found = shrunk(*rules_with(1000), *rules_with(12));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(
      found[0].to_string(),
      "rules.yaml:2:13: error: list 'l': l.txt has 12 entries, had 1000: half written? If this "
      "is meant: posternctl reload --accept-shrunk, or 'may_shrink: yes' in the list");
}

// The list may be shared with a generation in which it stood elsewhere.
TEST(ShrunkLists, PointsToWhereTheListStandsNow) {
  const auto found = find_shrunk(
      *rules_with(1000), *rules_with(12),
      "version: 1\n# lists\nlists:\n  l:\n    kind: domain\n    file: l.txt\nrules: []\n",
      "/etc/postern/rules.yaml");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].where.to_string(), "/etc/postern/rules.yaml:5:5");
}

TEST(ShrunkLists, AListMayBeMeantToShrink) {
  EXPECT_EQ(shrunk(*rules_with(1000), *rules_with(0, ", may_shrink: yes")).size(), 0U);
  EXPECT_EQ(shrunk(*rules_with(1000, ", may_shrink: yes"), *rules_with(0)).size(), 1U)
      << "what it says now counts";
}

TEST(ShrunkLists, WhatStandsInTheRuleFileIsMeant) {
  const auto rules = [](const std::string& entries) {
    return rules_from("version: 1\nlists: { l: { kind: text, entries: [" + entries +
                      "] } }\nrules: []\n");
  };
  EXPECT_TRUE(shrunk(*rules("a, b, c, d, e, f, g, h, i, j"), *rules("a")).empty());
}

// A rule file with a list for each rule, `a` to `z`, whose first rules are there.
std::string cut_file(int lists, int rules, const std::string& more = "") {
  std::string text = "version: 1\nlists:\n";
  for (int i = 0; i < lists; ++i) {
    text += std::string("  ") + static_cast<char>('a' + i) +
            ": { kind: domain, entries: [x.example] }\n";
  }
  text += rules == 0 && more.empty() ? "rules: []\n" : "rules:\n";
  for (int i = 0; i < rules; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    text += "  - { name: r" + name + ", when: { sender_domain: " + name + " }, then: reject }\n";
  }
  return text + more;
}

std::vector<std::string> complaints(const std::string& before, const std::string& after) {
  std::vector<std::string> texts;
  for (const auto& one :
       find_shrunk(*rules_from(before), *rules_from(after), after, "rules.yaml")) {
    texts.push_back(one.to_string());
  }
  return texts;
}

TEST(ShrunkRules, HalfOfFourOrMoreAndWhatIsUsedNoMore) {
  const auto found = complaints(cut_file(5, 5), cut_file(5, 2));
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0],
            "rules.yaml:9:3: error: rules: 2 of them, had 5: cut off? If this is meant: posternctl "
            "reload --accept-shrunk");
  EXPECT_EQ(found[1],
            "rules.yaml:5:6: error: list 'c' was used by a rule, and is by none now: cut off? If "
            "this is meant: posternctl reload --accept-shrunk");
}

TEST(ShrunkRules, CountWithoutLists) {
  const auto rules = [](int count) {
    std::string text = "version: 1\nrules:\n";
    for (int i = 0; i < count; ++i) text += "  - { name: r" + std::to_string(i) + ", then: log }\n";
    return count == 0 ? "version: 1\nrules: []\n" : text;
  };
  for (const Case& c :
       {Case{5, 2, true}, Case{4, 2, true}, Case{4, 3, false}, Case{6, 3, true}, Case{5, 3, false},
        Case{3, 1, false}, Case{3, 0, false}, Case{4, 0, true}, Case{2, 9, false}}) {
    EXPECT_EQ(complaints(rules(c.before), rules(c.after)).size(), c.shrunk ? 1U : 0U)
        << c.before << " " << c.after;
  }
}

TEST(ShrunkRules, AListThatNoRuleUsesAnyMoreIsOneAlsoInAShortFile) {
  EXPECT_EQ(complaints(cut_file(2, 2), cut_file(2, 1)).size(), 1U);
  EXPECT_EQ(complaints(cut_file(1, 1), cut_file(1, 0)).size(), 1U);
  EXPECT_EQ(complaints(cut_file(2, 1), cut_file(2, 1)).size(), 0U) << "nor did any before";
}

TEST(ShrunkRules, WhoTakesOutTheListWithItsRuleMeansIt) {
  EXPECT_TRUE(complaints(cut_file(5, 5), cut_file(4, 4)).empty());
}

TEST(ShrunkRules, ModeOffIsNotGone) {
  const std::string off =
      "  - { name: rc, mode: off, when: { sender_domain: c }, then: reject }\n"
      "  - { name: rd, mode: off, when: { sender_domain: d }, then: reject }\n";
  EXPECT_TRUE(complaints(cut_file(4, 4), cut_file(4, 2, off)).empty());
  EXPECT_TRUE(complaints(cut_file(4, 4), "mode: off\n" + cut_file(4, 4)).empty());
  EXPECT_EQ(complaints(cut_file(4, 2, off), cut_file(4, 2)).size(), 3U) << "and then cut off";
}

TEST(ShrunkRules, OtherNamesAndAnotherOrderAreNoLoss) {
  std::string renamed = cut_file(4, 4);
  for (std::size_t at = 0; (at = renamed.find("name: r", at)) != std::string::npos; ++at) {
    renamed.replace(at, 7, "name: new-");
  }
  EXPECT_TRUE(complaints(cut_file(4, 4), renamed).empty());
}

TEST(ShrunkRules, OneRuleMayTakeTheListsOfMany) {
  const std::string one = "  - { name: all, when: { sender_domain: [a, b, c] }, then: reject }\n";
  EXPECT_TRUE(complaints(cut_file(3, 3), cut_file(3, 0, one)).empty());
}

TEST(ShrunkRules, WellKnownAloneIsNoUse) {
  const std::string text = "version: 1\nlists: { w: { kind: domain, entries: [x.example] } }\n";
  EXPECT_TRUE(complaints(text + "well_known: w\nrules: []\n", text + "rules: []\n").empty());
}

TEST(ShrunkLists, AListThatIsNewOrGoneHasNotShrunk) {
  const auto none = rules_from("version: 1\nrules: []\n");
  EXPECT_EQ(shrunk(*rules_with(1000), *none).size(), 0U);
  EXPECT_EQ(shrunk(*none, *rules_with(0)).size(), 0U);
}

}  // namespace
}  // namespace postern::load::shrunk_lists_test
