#include "ctl/line_diff.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(LineDiff, CountsLines) {
  EXPECT_EQ(diff_lines("", ""), (LineDiff{0, 0}));
  EXPECT_EQ(diff_lines("", "a\nb\n"), (LineDiff{2, 0}));
  EXPECT_EQ(diff_lines("a\nb\n", ""), (LineDiff{0, 2}));
  EXPECT_EQ(diff_lines("a\nb\nc\n", "a\nx\nc\n"), (LineDiff{1, 1}));
  EXPECT_EQ(diff_lines("a\nb\n", "a\nb\n"), (LineDiff{0, 0}));
}

TEST(LineDiff, MovedIsNotChanged) {
  EXPECT_EQ(diff_lines("a\nb\nc\n", "c\na\nb\n"), (LineDiff{0, 0}));
}

TEST(LineDiff, EqualLinesCountEachForItself) {
  EXPECT_EQ(diff_lines("a\na\na\n", "a\n"), (LineDiff{0, 2}));
  EXPECT_EQ(diff_lines("a\n", "a\na\n"), (LineDiff{1, 0}));
}

TEST(LineDiff, ALineThatOnlyBeginsAlikeIsAnother) {
  EXPECT_EQ(diff_lines("a.example\n", "a.example.org\n"), (LineDiff{1, 1}));
  EXPECT_EQ(diff_lines("x\na.example", "x\na.example2"), (LineDiff{1, 1}));
}

TEST(LineDiff, SaysSo) {
  EXPECT_EQ((LineDiff{3, 1}.to_string()), "+3/-1 lines");
}

}  // namespace
}  // namespace postern
