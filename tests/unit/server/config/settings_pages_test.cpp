// The man page and the file that ships have a line for each row of the table of settings. When they
// differ, POSTERN_WRITE_DOCS=1 writes them; more about a new key is for a person to write.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <sstream>

#include "tests/unit/server/config/settings_texts.h"

namespace postern::config::settings_pages_test {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string joined(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

std::string heading_of(const Row& row) {
  std::string line = "*" + row.key + ":* " + row.type;
  if (!row.range.empty()) line += ", " + row.range;
  if (!row.standard.empty()) {
    line += ", default " + (row.range.empty() ? italic(row.standard) : row.standard);
  }
  if (row.taken == Taken::at_restart) line += ", taken at the next start";
  return line;
}

// `# DNS`, `## Cache`
std::string title_of(const std::string& section) {
  if (section.empty()) return "# TOP LEVEL";
  const auto dot = section.rfind('.');
  if (dot == std::string::npos) {
    std::string title = "# ";
    for (const char c : section) title += static_cast<char>(std::toupper(c));
    return title;
  }
  std::string title = section.substr(dot + 1);
  title[0] = static_cast<char>(std::toupper(title[0]));
  return "## " + title;
}

// The key that a line of the man page begins to tell of; empty: none.
std::string key_of(const std::string& line) {
  const auto end = line.find(":* ");
  return line.starts_with('*') && end != std::string::npos ? line.substr(1, end - 1) : "";
}

TEST(SettingsPages, TheManPageHasEveryKey) {
  const std::string file = "docs/postern.yaml.5.scd";
  Lines lines = lines_of(source_text(file));
  const auto rows = all_rows();
  for (const std::string& section : sections_of(rows)) {
    auto at = std::find(lines.begin(), lines.end(), title_of(section));
    ASSERT_NE(at, lines.end()) << title_of(section);
    const auto is_next = [&](const std::string& line) {
      return line.starts_with('#') || !key_of(line).empty();
    };
    for (const Row& row : rows) {
      if (row.section != section) continue;
      at = std::find_if(at + 1, lines.end(), is_next);
      if (at != lines.end() && key_of(*at) == "version")
        at = std::find_if(at + 1, lines.end(), is_next);
      if (at != lines.end() && key_of(*at) == row.key) {
        *at = heading_of(row);
      } else {
        at = lines.insert(at, {heading_of(row), "\t" + row.help + ".", ""});
      }
    }
    at = std::find_if(at + 1, lines.end(), is_next);
    EXPECT_TRUE(at == lines.end() || key_of(*at).empty()) << *at << ": no such key, or not there";
  }
  expect_is(file, joined(lines));
}

// The key of a line, commented out or not: `#   key: value`.
std::string shipped_key(const std::string& line) {
  const auto begin = line.find_first_not_of("# ");
  const auto end = line.find(':');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return "";
  return line.substr(begin, end - begin);
}

// Its default stands behind the key, whatever is said about it then.
void put_default(std::string& line, const Row& row) {
  const auto value = line.find(':') + 2;
  const auto end = std::min(line.find(' ', value), line.size());
  if (line.find('#') < line.find(row.key)) line.replace(value, end - value, row.standard);
}

TEST(SettingsPages, TheFileThatShipsShowsEveryDefault) {
  const std::string file = "conf/postern.yaml";
  Lines lines = lines_of(source_text(file));
  auto at = lines.begin();
  std::string section;
  for (const Row& row : all_rows()) {
    if (row.section != section) {
      section = row.section;
      const std::string name = section.substr(section.rfind('.') + 1);
      at = std::find_if(at, lines.end(),
                        [&](const auto& line) { return shipped_key(line) == name; });
      ASSERT_NE(at, lines.end()) << section;
    }
    const bool is_first = at == lines.begin();
    const auto next = is_first ? at : at + 1;
    const auto end = std::find_if(next, lines.end(), [](const auto& line) { return line.empty(); });
    auto found = std::find_if(next, section.empty() ? lines.end() : end,
                              [&](const auto& line) { return shipped_key(line) == row.key; });
    if (found == lines.end() || (found == end && !section.empty())) {
      const std::string before = at->substr(0, at->find_first_not_of("# "));
      found = lines.insert(next, (before.empty() ? "  # " : before) + row.key + ": " +
                                     row.standard + "  # " + row.help);
    }
    at = found;
    if (!row.standard.empty()) put_default(*at, row);
  }
  expect_is(file, joined(lines));
}

}  // namespace
}  // namespace postern::config::settings_pages_test
