// Nobody is refused by what others have found alone, however many they are; a rule of which this
// cannot be seen is not loaded. The plain cases are in tests/scenarios/found.yaml.
#include "rules/load/found_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rules_from.h"

namespace postern::load::found_loader_test {
namespace {

using testing::HasSubstr;

// Rules f1, f2, ... with two findings each for which nobody may be refused, and one more that
// refuses by `found`.
std::string complaints_with(int count, const std::string& found) {
  std::string text =
      "version: 1\nrules:\n"
      "  - { name: l, check: dnsbl, zones: [bl.example], on: { listed: log } }\n";
  for (int i = 1; i <= count; ++i) {
    text += "  - { name: f" + std::to_string(i) + ", check: first_seen, preset: standard }\n";
  }
  return complaints_about(text + "  - { name: r, when: { found: '" + found +
                          "' }, then: reject }\n");
}

std::string each_is_young(int count, const std::string& another_sign) {
  std::string found = another_sign;
  for (int i = 1; i <= count; ++i) found += " and f" + std::to_string(i) + ".young";
  return found;
}

TEST(FoundOfMany, TwoOfManyRulesWithOneCheckMayHaveFoundDifferentThings) {
  for (const int count : {2, 13, 100}) {
    EXPECT_THAT(complaints_with(count, "first_seen.new and first_seen.young"),
                HasSubstr("nobody may be refused for first_seen."))
        << count;
    EXPECT_EQ(complaints_with(count, "l.listed and first_seen.new and first_seen.young"), "")
        << count;
  }
}

TEST(FoundOfMany, OneByItsNameAndAllByTheCheck) {
  EXPECT_THAT(complaints_with(50, "first_seen.young and f50.new"),
              HasSubstr("nobody may be refused for first_seen."));
  EXPECT_EQ(complaints_with(50, "first_seen.young and f50.new and l.listed"), "");
}

TEST(FoundOfMany, WhatCannotBeSeenIsNotLoaded) {
  EXPECT_EQ(complaints_with(12, each_is_young(12, "l.listed")), "");
  EXPECT_EQ(
      complaints_with(13, each_is_young(13, "l.listed")),
      "rules.yaml:17:5: error: rule 'r': found reject for 'found: f1.young', want fewer rules "
      "that 'found:' asks about in one rule: what these 13 find can be together in more than "
      "4096 ways, and it must be seen of each that nobody is refused for it alone\n");
}

}  // namespace
}  // namespace postern::load::found_loader_test
