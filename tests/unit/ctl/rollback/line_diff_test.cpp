#include "ctl/rollback/line_diff.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace postern::ctl::line_diff_test {
namespace {

TEST(LineDiff, CountsLines) {
  EXPECT_EQ(diff_lines("", ""), (LineDiff{0, 0}));
  EXPECT_EQ(diff_lines("", "a\nb\n"), (LineDiff{2, 0}));
  EXPECT_EQ(diff_lines("a\nb\n", ""), (LineDiff{0, 2}));
  EXPECT_EQ(diff_lines("a\nb\nc\n", "a\nx\nc\n"), (LineDiff{1, 1}));
  EXPECT_EQ(diff_lines("a\nb\n", "a\nb\n"), (LineDiff{0, 0}));
}

std::string shown(std::string_view before, std::string_view after) {
  std::string text;
  for (const ChangedLine& line : changed_lines(before, after)) {
    text += std::to_string(line.number) + (line.kind == ChangedLine::Kind::added ? "+" : "-") +
            std::string(line.text) + ' ';
  }
  return text;
}

TEST(ChangedLines, HaveTheirNumbers) {
  EXPECT_EQ(shown("a\nb\nc\n", "a\nx\nc\n"), "2-b 2+x ");
  EXPECT_EQ(shown("a\n", "a\nb\nc\n"), "2+b 3+c ");
  EXPECT_EQ(shown("a\nb\nc\nd\n", "b\nd\ne\n"), "1-a 3-c 3+e ");
  EXPECT_EQ(shown("", ""), "");
}

TEST(ChangedLines, ALineThatMovedIsGoneAndNew) {
  EXPECT_EQ(shown("a\nb\nc\n", "c\na\nb\n"), "1+c 3-c ");
}

// Whatever they are, they lead from one text to the other.
TEST(ChangedLines, MakeOneTextOfTheOther) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    const auto text = [&] {
      std::vector<std::string> lines(random() % 12);
      for (auto& line : lines) line = std::string(1, static_cast<char>('a' + random() % 4));
      return lines;
    };
    const auto joined = [](const std::vector<std::string>& lines) {
      std::string all;
      for (const auto& line : lines) all += line + '\n';
      return all;
    };
    auto lines = text();
    const std::string before = joined(lines);
    const std::string after = joined(text());
    const auto changes = changed_lines(before, after);
    for (auto one = changes.rbegin(); one != changes.rend(); ++one) {
      if (one->kind == ChangedLine::Kind::added) continue;
      ASSERT_EQ(lines.at(one->number - 1), one->text);
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(one->number) - 1);
    }
    for (const ChangedLine& one : changes) {
      if (one.kind == ChangedLine::Kind::removed) continue;
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(one.number) - 1,
                   std::string(one.text));
    }
    ASSERT_EQ(joined(lines), after) << before << "to\n" << after;
  }
}

TEST(ChangedLines, OfALongListOnlyWhatIsNewOrGone) {
  std::string before;
  std::string after;
  for (int i = 0; i < 2000; ++i) {
    before += std::to_string(i) + '\n';
    after += std::to_string(i % 2 == 0 ? 1998 - i : i + 2000) + '\n';
  }
  EXPECT_EQ(diff_lines(before, after), (LineDiff{1000, 1000}));
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

bool all_told(const std::string& before, const std::string& after) {
  return shows_all(changed_lines(before, after), before, after);
}

// A text has as many changes as it has lines, and all of them are told.
TEST(ChangedLines, AreAllUnlessLinesOnlyMoved) {
  EXPECT_TRUE(all_told("", ""));
  EXPECT_TRUE(all_told("a\nb\nc\n", "b\na\nc\nc\n"));
  EXPECT_TRUE(all_told("a\n", "a")) << "the end of the last line is told apart";
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::string texts[2];
    for (std::string& text : texts) {
      for (auto lines = random() % 12; lines > 0; --lines) {
        text += std::string(1, static_cast<char>('a' + random() % 4)) + '\n';
      }
    }
    EXPECT_TRUE(all_told(texts[0], texts[1])) << texts[0] << "to\n" << texts[1];
    EXPECT_EQ(shows_all({}, texts[0], texts[1]), texts[0] == texts[1]);
  }
  std::string rules;
  std::string turned;
  for (int i = 0; i < 600; ++i) {
    rules += "rule " + std::to_string(i) + "\n";
    turned = "rule " + std::to_string(i) + "\n" + turned;
  }
  EXPECT_TRUE(changed_lines(rules, turned).empty());
  EXPECT_FALSE(all_told(rules, turned));
}

}  // namespace
}  // namespace postern::ctl::line_diff_test
