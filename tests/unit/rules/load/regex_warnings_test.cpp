#include "rules/load/regex_warnings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rules_from.h"

namespace postern::load::regex_warnings_test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string rule_about(const std::string& attribute, const std::string& regex) {
  return "version: 1\nrules:\n  - name: a\n    when: { " + attribute + ": '~" + regex +
         "' }\n    then: reject\n";
}

TEST(DearRegexes, AreWarnedOfWhereTheyStand) {
  EXPECT_THAT(complaints_about(rule_about("header.subject", "win.{0,60}prize")),
              HasSubstr("rules.yaml:4:29: warning: '~win.{0,60}prize' can cost 6 million steps"));
  EXPECT_THAT(
      complaints_about("version: 1\nlists:\n  l: { kind: text, file: l.txt }\nrules:\n  - { name: "
                       "a, when: { header.subject: l }, then: reject }\n",
                       {{"l.txt", "plain\n~simple\n~a.{0,200}b\n"}}),
      HasSubstr("l.txt:3:1: warning: '~a.{0,200}b' can cost"));
  EXPECT_THAT(
      complaints_about("version: 1\nlists:\n  l: { kind: text, entries: [ok, '~a.{0,200}b'] "
                       "}\nrules:\n  - { name: a, when: { header.subject: l }, then: reject }\n"),
      HasSubstr("rules.yaml:3:34: warning: '~a.{0,200}b' can cost"));
}

// A HELO is short, and so is a header field's text for an expression that is.
TEST(DearRegexes, AreThoseThatCostMuchOnTheirOwnTexts) {
  EXPECT_EQ(complaints_about(rule_about("helo", "win.{0,60}prize")), "");
  EXPECT_EQ(complaints_about(rule_about("sender", "^(spam|junk)[0-9]{4,}@")), "");
  EXPECT_EQ(complaints_about(rule_about("header.subject", "\\b(casino|lottery|you won)\\b")), "");
}

TEST(DearRegexes, AreCountedWhenThereAreMany) {
  std::string list;
  for (int i = 0; i < 25; ++i) list += "~a.{0,200}b" + std::to_string(i) + "\n";
  const std::string said = complaints_about(
      "version: 1\nlists:\n  l: { kind: text, file: l.txt }\nrules:\n  - { name: "
      "a, when: { header.subject: l }, then: reject }\n",
      {{"l.txt", list}});
  EXPECT_THAT(said, HasSubstr("l.txt:10:1: warning"));
  EXPECT_THAT(said, Not(HasSubstr("l.txt:11:1: warning")));
  EXPECT_THAT(said, HasSubstr("list 'l' has 15 more regular expressions that can cost as much"));
}

// A hundred expressions that are cheap enough each.
std::string cheap_regexes() {
  std::string list;
  for (int i = 0; i < 100; ++i) list += "~a.{0,20}b" + std::to_string(i) + "\n";
  return list;
}

TEST(DearRegexes, AreWarnedOfTogether) {
  const std::string head = "version: 1\nlists:\n  l: { kind: text, file: l.txt }\nrules:\n";
  EXPECT_THAT(
      complaints_about(head + "  - { name: a, when: { header.subject: l }, then: reject }\n",
                       {{"l.txt", cheap_regexes()}}),
      testing::MatchesRegex(
          "rules.yaml:1:1: warning: the regular expressions together can cost "
          "[0-9]+ million steps on the longest texts, .* \\([0-9]+ million of them "
          "those of list 'l'\\); .*"));
  std::string rules = "version: 1\nrules:\n";
  for (int i = 0; i < 100; ++i) {
    rules += "  - { name: r" + std::to_string(i) + ", when: { header.subject: '~a.{0,20}b" +
             std::to_string(i) + "' }, then: reject }\n";
  }
  EXPECT_THAT(complaints_about(rules), HasSubstr("of them those of one condition)"));
}

TEST(DearRegexes, AreNotWarnedOfTogetherWhereTextsAreShort) {
  EXPECT_EQ(complaints_about("version: 1\nlists:\n  l: { kind: domain, file: l.txt }\nrules:\n  - "
                             "{ name: a, when: { helo: l }, then: reject }\n",
                             {{"l.txt", cheap_regexes()}}),
            "");
}

std::string many_rules(int count, const std::string& more = "") {
  std::string rules = "version: 1\n" + more + "rules:\n";
  for (int i = 0; i < count; ++i) {
    rules += "  - { name: r" + std::to_string(i) + ", when: { helo: '~win" + std::to_string(i) +
             "' }, then: reject }\n";
  }
  return rules;
}

TEST(RegexMemory, IsABoundForAllTogether) {
  EXPECT_EQ(complaints_about(many_rules(40)), "");
  EXPECT_THAT(complaints_about(many_rules(40, "regex_memory: 1MiB\n")),
              HasSubstr("rules.yaml:1:1: warning: regex_memory: the regular expressions would be "
                        "fastest with 3MiB, and have 1MiB"));
  const auto rules = rules_from(many_rules(40, "regex_memory: 1MiB\n"));
  const auto* last = rules->predicates().back().lists.front();
  EXPECT_EQ(static_cast<const lists::DomainList*>(last)->find("win39.example", UtcTime{}), 0U);
}

TEST(RegexMemory, HasLimits) {
  for (const char* wrong : {"1KiB", "2GiB", "much", "0"}) {
    EXPECT_THAT(complaints_about(many_rules(1, "regex_memory: " + std::string(wrong) + "\n")),
                HasSubstr(":2:15: error: regex_memory: found '" + std::string(wrong) + "'"))
        << wrong;
  }
}

// The states that a list has by now would stay for ever otherwise, and their bound be of a time
// when there were other lists.
TEST(RegexMemory, IsSharedOutAnewWithEachGeneration) {
  const std::string text =
      "version: 1\nlists:\n  words: { kind: domain, file: words.txt }\n  names: { kind: domain, "
      "file: names.txt }\nrules:\n  - { name: a, when: { helo: [words, names] }, then: reject }\n";
  const ListFiles files{{"words.txt", "~win\n~prize\n"}, {"names.txt", "a.example\n"}};
  Diagnostics diagnostics;
  const auto first = load_rules(text, "rules.yaml", reader_of(files), 1, {}, diagnostics);
  const auto next =
      load_rules(text, "rules.yaml", reader_of(files), 2, {}, diagnostics, first.get());
  ASSERT_TRUE(first && next) << diagnostics.to_string();
  EXPECT_NE(first->find_list("words"), next->find_list("words"));
  EXPECT_EQ(first->find_list("names"), next->find_list("names")) << "without one it is shared";
}

}  // namespace
}  // namespace postern::load::regex_warnings_test
