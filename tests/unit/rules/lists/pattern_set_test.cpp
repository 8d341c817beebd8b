#include "rules/lists/pattern_set.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

const UtcTime kNow = parse_expiry("2026-06-01T00:00:00Z").value();

class Patterns : public testing::Test {
 protected:
  void add(std::string_view pattern, std::optional<UtcTime> expires = {}) {
    EntryData data;
    data.expires = expires;
    const auto added = set_.add(pattern, table_.add(pattern, 1, std::move(data)));
    ASSERT_TRUE(added.has_value()) << added.error().text;
  }
  [[nodiscard]] EntryId find(std::string_view subject) const {
    return set_.find(subject, table_, kNow);
  }
  EntryTable table_;
  PatternSet set_;
};

TEST_F(Patterns, WithoutAnyNothingMatches) {
  EXPECT_TRUE(set_.empty());
  ASSERT_TRUE(set_.compile());
  EXPECT_EQ(find(""), kNoEntry);
  EXPECT_EQ(find("a"), kNoEntry);
}

TEST_F(Patterns, TheFirstThatMatchesAndIsAlive) {
  add("never", kNow);
  add("b+");
  add("^a");
  add("never");
  ASSERT_TRUE(set_.compile());
  EXPECT_FALSE(set_.empty());
  EXPECT_EQ(find("abb"), 1U);
  EXPECT_EQ(find("ac"), 2U);
  EXPECT_EQ(find("xac"), kNoEntry);
  EXPECT_EQ(find("XBX"), 1U) << "case does not matter";
  EXPECT_EQ(find("never"), 3U) << "the first of its kind has expired";
}

TEST_F(Patterns, WrongOnesAreRefused) {
  for (const char* pattern : {"", "(", "[", "a{2000}", "*", "(?=x)", "\\1", "(?P<n"}) {
    EXPECT_FALSE(set_.add(pattern, 0)) << pattern;
  }
}

TEST_F(Patterns, SubjectsAreBytes) {
  add("^.\\xff$");
  ASSERT_TRUE(set_.compile());
  EXPECT_EQ(find(std::string_view("\0\xff", 2)), 0U);
  EXPECT_EQ(find("\xff"), kNoEntry);
}

TEST_F(Patterns, ATooLongSubjectMatchesNothing) {
  add("needle$");
  ASSERT_TRUE(set_.compile());
  const std::string fits = std::string(PatternSet::kMaxSubject - 6, 'x') + "needle";
  EXPECT_EQ(find(fits), 0U);
  EXPECT_EQ(find("x" + fits), kNoEntry);
  EXPECT_EQ(find(fits + "x"), kNoEntry) << "the end is where the text ends";
}

// Takes for ever where matching backtracks.
TEST_F(Patterns, TimeIsLinear) {
  add("^(a+)+$");
  add("(x+x+)+y");
  ASSERT_TRUE(set_.compile());
  EXPECT_EQ(find(std::string(500, 'a') + "b"), kNoEntry);
  EXPECT_EQ(find(std::string(500, 'x')), kNoEntry);
}

}  // namespace
}  // namespace postern
