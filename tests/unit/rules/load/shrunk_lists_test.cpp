#include "rules/load/shrunk_lists.h"

#include <gtest/gtest.h>

#include "tests/support/rules_from.h"

namespace postern {
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

TEST(ShrunkLists, AListThatIsNewOrGoneHasNotShrunk) {
  const auto none = rules_from("version: 1\nrules: []\n");
  EXPECT_EQ(shrunk(*rules_with(1000), *none).size(), 0U);
  EXPECT_EQ(shrunk(*none, *rules_with(0)).size(), 0U);
}

}  // namespace
}  // namespace postern
