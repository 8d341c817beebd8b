#include "ctl/line_diff.h"

#include <algorithm>
#include <unordered_map>

namespace postern {
namespace {

std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// What both begin with, in whole lines: of a list of a million one line is new.
void drop_common_beginning(std::string_view& one, std::string_view& other) {
  const auto differ =
      std::mismatch(one.begin(), one.end(), other.begin(), other.end()).first - one.begin();
  const std::size_t line = one.substr(0, static_cast<std::size_t>(differ)).rfind('\n');
  if (line == std::string_view::npos) return;
  one.remove_prefix(line + 1);
  other.remove_prefix(line + 1);
}

}  // namespace

std::string LineDiff::to_string() const {
  return "+" + std::to_string(added) + "/-" + std::to_string(removed) + " lines";
}

LineDiff diff_lines(std::string_view before, std::string_view after) {
  drop_common_beginning(before, after);
  std::unordered_map<std::string_view, std::size_t> left;
  while (!before.empty()) ++left[next_line(before)];
  LineDiff diff;
  while (!after.empty()) {
    const auto found = left.find(next_line(after));
    if (found == left.end() || found->second == 0) {
      ++diff.added;
    } else {
      --found->second;
    }
  }
  for (const auto& [line, count] : left) diff.removed += count;
  return diff;
}

}  // namespace postern
