#include "ctl/rollback/line_hunks.h"

#include <gtest/gtest.h>

#include <random>

namespace postern::ctl::line_hunks_test {
namespace {

std::string undone(const std::string& before, const std::string& after, const std::string& now) {
  const auto text = without_hunks(now, hunks_between(before, after));
  return text ? *text : "no: " + text.error().text;
}

TEST(LineHunks, AreWhatChanged) {
  const auto hunks = hunks_between("a\nb\nc\n", "a\nB\nc\nd\ne\n");
  ASSERT_EQ(hunks.size(), 2U);
  EXPECT_EQ(hunks[0], (LineHunk{2, "a", {"b"}, {"B"}}));
  EXPECT_EQ(hunks[1], (LineHunk{4, "c", {}, {"d", "e"}}));
  EXPECT_EQ(hunks_between("a\nb\n", "b\n"), (std::vector<LineHunk>{{1, "", {"a"}, {}}}));
  EXPECT_TRUE(hunks_between("a\n", "a\n").empty());
}

TEST(LineHunks, AreTakenBack) {
  EXPECT_EQ(undone("a\nb\nc\n", "a\nB\nc\nd\n", "a\nB\nc\nd\n"), "a\nb\nc\n");
  EXPECT_EQ(undone("a\nb\nc\n", "b\n", "b\n"), "a\nb\nc\n");
  EXPECT_EQ(undone("", "a\n", "a\n"), "");
  EXPECT_EQ(undone("a\n", "", ""), "a\n");
}

TEST(LineHunks, AreFoundWhereTheyStandNow) {
  EXPECT_EQ(undone("a\nb\n", "a\nb\nnew\n", "x\ny\na\nb\nnew\nz\n"), "x\ny\na\nb\nz\n");
  EXPECT_EQ(undone("a\nold\nb\n", "a\nb\n", "x\na\nb\n"), "x\na\nold\nb\n");
  EXPECT_EQ(undone("a\nb\n", "a\nnew\nb\n", "new\nx\na\nnew\nb\n"), "new\nx\na\nb\n")
      << "of two the nearest";
}

TEST(LineHunks, OthersMayHaveComeInBetween) {
  EXPECT_EQ(undone("a\n", "a\nb\nc\n", "a\nb\nnew\nc\n"), "a\nnew\n");
  EXPECT_EQ(undone("old\n", "b\nc\n", "x\nc\nnew\nb\n"), "x\nold\nnew\n");
  EXPECT_EQ(undone("a\n", "a\nb\nc\n", "a\nb\nnew\nc\nb\n"), "no: b") << "which of both?";
  EXPECT_EQ(undone("a\n", "a\nb\nc\n", "a\nb\nnew\n"), "no: c");
}

TEST(LineHunks, WhatIsGoneIsSaid) {
  EXPECT_EQ(undone("a\n", "a\nnew\n", "a\nnew reason=x\n"), "no: new");
}

TEST(LineHunks, LineEndsStayThoseOfTheText) {
  EXPECT_EQ(undone("a\r\n", "a\r\nb\r\n", "a\r\nb\r\n"), "a\r\n");
}

// Any change is taken back as long as nothing else has changed.
TEST(LineHunks, ReversePropertyOfRandomTexts) {
  std::mt19937 random(20261129);
  const auto draw = [&](int below) {
    return static_cast<int>(random() % static_cast<unsigned>(below));
  };
  const auto text = [&] {
    std::string lines;
    for (int i = draw(12); i > 0; --i)
      lines += std::string(1, static_cast<char>('a' + draw(5))) + "\n";
    return lines;
  };
  for (int round = 0; round < 5000; ++round) {
    const std::string before = text();
    const std::string after = text();
    ASSERT_EQ(undone(before, after, after), before) << "after:\n" << after;
  }
}

}  // namespace
}  // namespace postern::ctl::line_hunks_test
