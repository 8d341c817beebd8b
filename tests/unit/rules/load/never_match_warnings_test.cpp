#include "rules/load/never_match_warnings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/rules_from.h"

namespace postern::load::never_match_warnings_test {
namespace {

using testing::HasSubstr;

// `bad` is in bad.txt, `own` stands in the rule file.
std::string file_with(const std::string& rules) {
  return "version: 1\nlists:\n  bad: { kind: domain, file: bad.txt }\n"
         "  own: { kind: domain, entries: [a.example, 192.0.2.9, { entry: 192.0.2.10 }] }\n"
         "rules:\n" +
         rules;
}

constexpr const char* kOwn = "  - { name: own, when: { helo: own }, then: log }\n";

TEST(NeverMatchWarnings, EntriesOfAListFileAreNamedWithTheirLine) {
  EXPECT_EQ(
      complaints_about(
          file_with(std::string(kOwn) +
                    "  - { name: r, when: { sender_domain: bad }, then: reject }\n"),
          {{"bad.txt", "# those\n192.0.2.7 reason=\"ticket 1\"\n1.2.3.4.example\n.a.4\n"}}),
      "bad.txt:2:1: warning: entry '192.0.2.7' of list 'bad' never matches: it is an IP address, "
      "which no sender_domain is; want it in a list of kind network\n"
      "bad.txt:4:1: warning: entry '.a.4' of list 'bad' never matches: it ends in a number, as no "
      "sender_domain does (RFC 3696 2); want a name\n");
}

TEST(NeverMatchWarnings, EntriesInTheRuleFileAreNamedWithTheirColumn) {
  const std::string said = complaints_about(
      file_with("  - { name: r, when: { sender_domain: [bad, own] }, then: reject }\n"),
      {{"bad.txt", "a.example\n"}});
  EXPECT_THAT(said, HasSubstr("rules.yaml:4:45: warning: entry '192.0.2.9' of list 'own' never "));
  EXPECT_THAT(said, HasSubstr("rules.yaml:4:65: warning: entry '192.0.2.10' of list 'own' never "));
}

TEST(NeverMatchWarnings, ValuesInsideAConditionAreNamedWithTheirColumn) {
  EXPECT_EQ(complaints_about("version: 1\nrules:\n"
                             "  - name: r\n"
                             "    when: { sender_domain: [192.0.2.7, 7.example], helo: 192.0.2.7,\n"
                             "            not: { recipient: '<>' } }\n"
                             "    then: reject\n"),
            "rules.yaml:4:29: warning: '192.0.2.7' never matches: it is an IP address, which no "
            "sender_domain is; want it in a list of kind network\n"
            "rules.yaml:5:31: warning: '<>' never matches: it is the null sender, and a recipient "
            "is never empty; want an address\n");
}

TEST(NeverMatchWarnings, NotWhereTheListIsComparedWithHeloToo) {
  EXPECT_EQ(
      complaints_about(file_with(std::string(kOwn) +
                                 "  - { name: r, when: { sender_domain: bad }, then: reject }\n"
                                 "  - { name: h, when: { not: { helo: bad } }, then: log }\n"),
                       {{"bad.txt", "192.0.2.7\n"}}),
      "");
}

TEST(NeverMatchWarnings, ManyAreCounted) {
  std::string text;
  for (int i = 1; i <= 13; ++i) text += "192.0.2." + std::to_string(i) + "\n";
  const std::string said =
      complaints_about(file_with(std::string(kOwn) +
                                 "  - { name: r, when: { sender_domain: bad }, then: reject }\n"),
                       {{"bad.txt", text}});
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 11);
  EXPECT_THAT(said, HasSubstr("bad.txt:13:1: warning: list 'bad' has 3 more entries that never "));
}

}  // namespace
}  // namespace postern::load::never_match_warnings_test
