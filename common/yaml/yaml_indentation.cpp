#include "common/yaml/yaml_indentation.h"

#include <algorithm>
#include <vector>

namespace postern::yaml {
namespace {

struct Line {
  std::string_view text;
  int number = 0;
};

// Those with something in them, up to the one of that number.
std::vector<Line> content_up_to(std::string_view text, int last) {
  std::vector<Line> lines;
  for (int number = 1; number <= last && !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first != std::string_view::npos && line[first] != '#') lines.push_back({line, number});
  }
  return lines;
}

std::size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

// A column in which something begins: a key, or an entry of a sequence with its dash.
struct Level {
  std::size_t column = 0;  // from 0
  int line = 0;
};

// Of one line, the innermost first: `- - a` begins in three.
std::vector<Level> levels_of(const Line& line) {
  std::vector<Level> levels;
  std::size_t column = indent_of(line.text);
  levels.push_back({column, line.number});
  while (column + 1 < line.text.size() && line.text[column] == '-' &&
         line.text[column + 1] == ' ') {
    column = std::min(line.text.find_first_not_of(' ', column + 1), line.text.size());
    levels.insert(levels.begin(), {column, line.number});
  }
  return levels;
}

// What a line below `lines` may belong to.
std::vector<Level> open_levels(const std::vector<Line>& lines) {
  std::vector<Level> open;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    for (const Level& level : levels_of(*line)) {
      if (open.empty() || level.column < open.back().column) open.push_back(level);
    }
    if (open.back().column == 0) break;
  }
  return open;
}

// `key:` or `-`, below which something may begin further to the right; or a text that goes on.
bool may_have_children(std::string_view line) {
  while (line.ends_with(' ') || line.ends_with('\r')) line.remove_suffix(1);
  return line.ends_with(':') || line.ends_with('-') || line.ends_with('|') || line.ends_with('>');
}

std::string column_text(const Level& level) {
  return std::to_string(level.column + 1) + " (line " + std::to_string(level.line) + ")";
}

}  // namespace

std::optional<std::string> find_tab_fault(std::string_view text, int line) {
  const auto lines = content_up_to(text, line);
  for (std::size_t back = 0; back < 2 && back < lines.size(); ++back) {
    const Line& one = lines[lines.size() - 1 - back];
    const std::size_t tab = one.text.find('\t');
    if (tab > one.text.find_first_not_of(" \t")) continue;
    return "found a tab in column " + std::to_string(tab + 1) + " of line " +
           std::to_string(one.number) + ", which is indented; want blanks";
  }
  return std::nullopt;
}

std::optional<std::string> find_indentation_fault(std::string_view text, int line) {
  auto lines = content_up_to(text, line);
  if (lines.size() < 2 || lines.back().number != line) return std::nullopt;
  const std::size_t column = indent_of(lines.back().text);
  lines.pop_back();
  const auto open = open_levels(lines);
  const bool fits = std::any_of(open.begin(), open.end(),
                                [&](const Level& level) { return level.column == column; });
  const bool is_child = column > open.front().column && may_have_children(lines.back().text);
  if (fits || is_child) return std::nullopt;
  std::string columns;
  for (std::size_t i = 0; i < open.size(); ++i) {
    if (i > 0) columns += i + 1 == open.size() ? " or " : ", ";
    columns += column_text(open[i]);
  }
  return "the line begins in column " + std::to_string(column + 1) +
         ", and what it may belong to in column " + columns + "; want one of these";
}

}  // namespace postern::yaml
