#include "common/base/diagnostic.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace postern::diagnostic_test {
namespace {

TEST(Position, PrintsAsMuchAsIsKnown) {
  EXPECT_EQ((Position{"rules.yaml", 12, 5}.to_string()), "rules.yaml:12:5");
  EXPECT_EQ((Position{"rules.yaml", 12, 0}.to_string()), "rules.yaml:12");
  EXPECT_EQ((Position{"rules.yaml", 0, 0}.to_string()), "rules.yaml");
}

TEST(Diagnostic, NamesPlaceAndSeverity) {
  const Position where{"rules.yaml", 12, 5};
  EXPECT_EQ((Diagnostic{Severity::error, where, "message"}.to_string()),
            "rules.yaml:12:5: error: message");
  EXPECT_EQ((Diagnostic{Severity::warning, where, "message"}.to_string()),
            "rules.yaml:12:5: warning: message");
}

TEST(Diagnostics, CountsErrorsButNotWarnings) {
  Diagnostics diagnostics;
  EXPECT_FALSE(diagnostics.has_errors());
  diagnostics.warning({"a", 1, 1}, "odd");
  EXPECT_FALSE(diagnostics.has_errors());
  diagnostics.error({"a", 1, 1}, "wrong");
  EXPECT_TRUE(diagnostics.has_errors());
  EXPECT_EQ(diagnostics.errors(), 1);
  EXPECT_EQ(diagnostics.all().size(), 2U);
}

TEST(Diagnostics, SortsByPlaceAndKeepsTheOrderAtOnePlace) {
  Diagnostics diagnostics;
  diagnostics.error({"b", 1, 1}, "m1");
  diagnostics.error({"a", 10, 1}, "m2");
  diagnostics.warning({"a", 9, 30}, "m3");
  diagnostics.error({"a", 9, 4}, "z");
  diagnostics.error({"a", 9, 4}, "y");
  EXPECT_EQ(diagnostics.to_string(),
            "a:9:4: error: z\n"
            "a:9:4: error: y\n"
            "a:9:30: warning: m3\n"
            "a:10:1: error: m2\n"
            "b:1:1: error: m1\n");
}

TEST(Diagnostics, ShowsAtMostTheLimitAndCountsTheRest) {
  Diagnostics diagnostics;
  for (int line = 1; line <= Diagnostics::kShown; ++line) diagnostics.error({"a", line, 1}, "x");
  std::string text = diagnostics.to_string();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), Diagnostics::kShown);
  EXPECT_EQ(text.find("more"), std::string::npos);

  for (int line = 1; line <= 3; ++line) diagnostics.error({"b", line, 1}, "x");
  text = diagnostics.to_string();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), Diagnostics::kShown + 1);
  EXPECT_TRUE(text.ends_with("and 3 more\n"));
}

TEST(Diagnostics, QuotesNoControlCharacters) {
  Diagnostics diagnostics;
  diagnostics.error({"a", 1, 1}, "found '\x1b]0;x\x07', want a name");
  EXPECT_EQ(diagnostics.to_string(), "a:1:1: error: found '\\x1b]0;x\\x07', want a name\n");
}

TEST(Diagnostics, OfNothingIsEmpty) {
  EXPECT_EQ(Diagnostics().to_string(), "");
}

TEST(Diagnostics, CountsTheErrorsOfEachFile) {
  Diagnostics diagnostics;
  EXPECT_EQ(diagnostics.errors_by_file(), "");
  diagnostics.warning({"rules.yaml", 1, 1}, "odd");
  diagnostics.error({"bad.txt", 7, 1}, "no");
  diagnostics.error({"rules.yaml", 2, 1}, "no");
  diagnostics.error({"bad.txt", 9, 1}, "no");
  EXPECT_EQ(diagnostics.errors_by_file(), "2 errors in bad.txt, 1 error in rules.yaml");
}

}  // namespace
}  // namespace postern::diagnostic_test
