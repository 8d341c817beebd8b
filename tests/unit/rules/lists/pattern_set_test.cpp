#include "rules/lists/pattern_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/support/counted_work.h"

namespace postern::lists::pattern_set_test {
namespace {

const UtcTime kNow = parse_expiry("2026-06-01T00:00:00Z").value();
constexpr std::size_t kLongest = 100;

using Ids = std::vector<EntryId>;

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
  [[nodiscard]] Ids find_all(std::string_view subject) const {
    Ids ids = set_.find_all(subject, table_, kNow);
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  EntryTable table_;
  PatternSet set_{kLongest};
};

TEST_F(Patterns, WithoutAnyNothingMatches) {
  EXPECT_TRUE(set_.empty());
  set_.compile();
  EXPECT_EQ(set_.wanted_memory(), 0U);
  EXPECT_EQ(find(""), kNoEntry);
  EXPECT_EQ(find("a"), kNoEntry);
}

TEST_F(Patterns, TheFirstThatMatchesAndIsAlive) {
  add("never", kNow);
  add("b+");
  add("^a");
  add("never");
  set_.compile();
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
  set_.compile();
  EXPECT_EQ(find(std::string_view("\0\xff", 2)), 0U);
  EXPECT_EQ(find("\xff"), kNoEntry);
}

// One that stands alone, and several together.
class LongSubjects : public Patterns, public testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    for (int i = 1; i < GetParam(); ++i) add("unlikely" + std::to_string(i));
  }
  // Of the pattern alone.
  bool matches(std::string_view pattern, std::string_view subject) {
    Patterns::add(pattern);
    set_.compile();
    const bool found = find(subject) != kNoEntry;
    EXPECT_EQ(found, !find_all(subject).empty());
    set_ = PatternSet(kLongest);
    table_ = {};
    SetUp();
    return found;
  }
};

INSTANTIATE_TEST_SUITE_P(AloneAndTogether, LongSubjects, testing::Values(1, 2, 50));

TEST_P(LongSubjects, AreLookedAtAtEitherEnd) {
  const std::string more(10 * kLongest, 'x');
  EXPECT_TRUE(matches("needle", "a needle, " + more)) << "it does not help to say more";
  EXPECT_TRUE(matches("^a needle", "a needle, " + more));
  EXPECT_TRUE(matches("needle", more + "needle"));
  EXPECT_TRUE(matches("needle$", more + "needle"));
  EXPECT_TRUE(matches("needle", std::string(kLongest - 6, 'x') + "needle")) << "all of it";
  EXPECT_FALSE(matches("needle", more + "needle" + more));
}

TEST_P(LongSubjects, BeginAndEndWhereTheyDo) {
  const std::string most(kLongest, 'x');
  const std::string to_the_cut(kLongest / 2 - 1, 'x');
  EXPECT_TRUE(matches("x$", most));
  EXPECT_FALSE(matches("x$", most + "y")) << "the part that is looked at is not the text";
  EXPECT_FALSE(matches("x\\z", most + "y"));
  EXPECT_FALSE(matches("^y", "x" + most + "y"));
  EXPECT_FALSE(matches("^x+$", most + "x")) << "nobody has seen all of it";
  EXPECT_FALSE(matches("y\\b", to_the_cut + "yx" + most));
  EXPECT_TRUE(matches("y\\b", to_the_cut + "y x" + most));
  EXPECT_TRUE(matches("y\\B", to_the_cut + "yx" + most));
  EXPECT_FALSE(matches("\\by", most + "xy" + to_the_cut));
}

// Takes for ever where matching backtracks.
TEST_F(Patterns, TimeIsLinear) {
  add("^(a+)+$");
  add("(x+x+)+y");
  set_.compile();
  EXPECT_EQ(find(std::string(500, 'a') + "b"), kNoEntry);
  EXPECT_EQ(find(std::string(500, 'x')), kNoEntry);
}

// Whether there is room for states, or for all expressions at once, decides how fast it is, not
// what is found.
TEST_F(Patterns, MatchTheSameWithAnyMemory) {
  for (int i = 0; i < 60; ++i) {
    add("win.{0," + std::to_string(i) + "}prize" + std::to_string(i % 7));
    add("^w.*" + std::to_string(i % 10) + "$");
    add("(wn|nw){" + std::to_string(i % 5) + ",9}p");
  }
  std::mt19937 random(1);
  std::vector<std::string> texts;
  for (int i = 0; i < 100; ++i) {
    std::string text;
    for (int part = 0; part < 12; ++part) {
      static constexpr const char* kParts[] = {"win", "wn", "nw", "prize", "3", ".", "w", "p"};
      text += kParts[random() % std::size(kParts)];
    }
    texts.push_back(std::move(text));
  }
  set_.compile();
  std::vector<Ids> wanted;
  for (const std::string& text : texts) wanted.push_back(find_all(text));
  EXPECT_GT(
      std::count_if(wanted.begin(), wanted.end(), [](const Ids& ids) { return !ids.empty(); }), 20);
  for (const std::size_t memory : {std::size_t{1}, std::size_t{10000}, std::size_t{300000}}) {
    set_.compile(memory);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      EXPECT_EQ(find_all(texts[i]), wanted[i]) << texts[i] << " with " << memory;
      EXPECT_EQ(find(texts[i]), wanted[i].empty() ? kNoEntry : wanted[i].front()) << texts[i];
    }
  }
}

// A pass over a text cannot be interrupted: what costs too much together is several.
TEST(PatternSet, OnLongTextsIsSeveralPasses) {
  EntryTable table;
  PatternSet of_names(255);
  PatternSet of_headers(32768);
  for (int i = 0; i < 200; ++i) {
    const std::string pattern = "win.{0,60}prize" + std::to_string(i) + "x";
    const EntryId id = table.add(pattern, 1, {});
    ASSERT_TRUE(of_names.add(pattern, id));
    ASSERT_TRUE(of_headers.add(pattern, id));
  }
  of_names.compile();
  of_headers.compile();
  for (const PatternSet* set : {&of_names, &of_headers}) {
    EXPECT_EQ(set->find("they win the prize0x", table, kNow), 0U);
    EXPECT_EQ(set->find("they win the prize199x", table, kNow), 199U);
    EXPECT_EQ(set->find_all("win prize7x prize3x prize150x", table, kNow).size(), 3U);
  }
}

TEST(PatternSet, StopsWhenTheWorkIsSpent) {
  EntryTable table;
  PatternSet set(32768);
  for (int i = 0; i < 1000; ++i) {
    const std::string pattern = "win.{0,60}prize" + std::to_string(i) + "x";
    ASSERT_TRUE(set.add(pattern, table.add(pattern, 1, {})));
  }
  set.compile();
  const std::string text = std::string(10000, 'w') + "win prize999x";
  CountedWork none(0);
  EXPECT_EQ(set.find(text, table, kNow, &none), kNoEntry);
  EXPECT_TRUE(none.is_spent());
  EXPECT_EQ(none.taken, 1) << "it stops at once";
  CountedWork enough(1000000);
  EXPECT_EQ(set.find(text, table, kNow, &enough), 999U);
  EXPECT_FALSE(enough.is_spent());
  EXPECT_GT(enough.taken, 10) << "the time is looked at on the way";
  EXPECT_EQ(set.find(text, table, kNow), 999U);
}

TEST(PatternSet, CostsTheProgramTimesTheLongestText) {
  const auto steps = [](std::string_view pattern, std::size_t longest) {
    PatternSet set(longest);
    EXPECT_TRUE(set.add(pattern, 3));
    EXPECT_EQ(set.costs().at(0).id, 3U);
    return set.costs().at(0).steps;
  };
  EXPECT_EQ(steps("win.{0,60}prize", 200), 2 * steps("win.{0,60}prize", 100));
  EXPECT_GT(steps("win.{0,600}prize", 100), 5 * steps("win.{0,60}prize", 100));
  EXPECT_LT(steps("^mail[0-9]+\\.a\\.example$", 255), 50U * 255U);
}

// States cost memory that strangers fill: one expression alone gets little of it, many together no
// more than a bound.
TEST(PatternSet, WantsLittleMemory) {
  PatternSet alone(255);
  ASSERT_TRUE(alone.add("win.{0,60}prize", 0));
  EXPECT_LE(alone.wanted_memory(), std::size_t{64} << 10);
  PatternSet many(255);
  for (EntryId id = 0; id < 3000; ++id) {
    ASSERT_TRUE(many.add("^mail[0-9]+\\.host" + std::to_string(id) + "\\.example$", id));
  }
  EXPECT_LE(many.wanted_memory(), std::size_t{32} << 20);
}

}  // namespace
}  // namespace postern::lists::pattern_set_test
