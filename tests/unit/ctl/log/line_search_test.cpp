#include "ctl/log/line_search.h"

#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "common/base/line_splitter.h"
#include "ctl/log/log_line.h"

namespace postern::ctl::line_search_test {
namespace {

std::vector<std::string> found(const std::string& text, const std::vector<std::string>& needles) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  EXPECT_TRUE(find_lines(in, needles, [&](std::string_view line) { lines.emplace_back(line); }));
  return lines;
}

using Lines = std::vector<std::string>;

TEST(LineSearch, EachLineOnceInItsOrder) {
  EXPECT_EQ(found("one x y x\ntwo\nthree y\nfour x", {"x", "y"}),
            (Lines{"one x y x", "three y", "four x"}));
  EXPECT_EQ(found("x\n", {"x"}), Lines{"x"});
  EXPECT_EQ(found("", {"x"}), Lines{});
  EXPECT_EQ(found("\n\nx\n\n", {"x"}), Lines{"x"});
}

TEST(LineSearch, ALineThatIsTooLongIsPassedOver) {
  const std::string longest(kMaxLogLine, 'x');
  EXPECT_EQ(found(longest + "\n", {"x"}).size(), 1U);
  const std::string beyond(3U << 20, 'x');
  EXPECT_EQ(found("a x\n" + beyond + "\nb x\n" + beyond, {"x"}), (Lines{"a x", "b x"}));
}

// As if every line had been looked at, wherever blocks of the log begin.
TEST(LineSearch, AgreesWithReadingEveryLine) {
  std::mt19937 random(4711);
  for (int round = 0; round < 20; ++round) {
    std::string text;
    while (text.size() < (5U << 18)) {
      const std::size_t length = random() % 20 == 0 ? random() % 200000 : random() % 300;
      for (std::size_t i = 0; i < length; ++i) text += static_cast<char>('a' + random() % 26);
      text += '\n';
    }
    const Lines needles{"abc", "zz"};
    Lines expected;
    std::istringstream in(text);
    read_lines(
        in, kMaxLogLine,
        [&](std::string_view line) {
          const bool hit = line.find("abc") != std::string_view::npos ||
                           line.find("zz") != std::string_view::npos;
          if (hit) expected.emplace_back(line);
        },
        [] {});
    EXPECT_EQ(found(text, needles), expected);
  }
}

}  // namespace
}  // namespace postern::ctl::line_search_test
