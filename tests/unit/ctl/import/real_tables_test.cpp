// Tables written by others, where they are at hand: what becomes of every line, as docs/import.md
// shows it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ctl/import/table_lines.h"
#include "tests/unit/ctl/import/imported_rules.h"

namespace postern::import::real_tables_test {
namespace {

namespace fs = std::filesystem;

const fs::path kTables = fs::path(POSTERN_SOURCE_DIR) / ".." / "shared" / "data" / "maps";
const fs::path kPage = fs::path(POSTERN_SOURCE_DIR) / "docs" / "import.md";

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

Imported import_file(const fs::path& path, const std::string& text, const ImportFormat& format) {
  ImportRequest request;
  request.text = text;
  request.file = path.filename().string();
  request.name = "t";
  return import_table(format, request);
}

// What is no table: every line of it that is not a comment is refused.
Imported refused(const std::string& text) {
  Imported result;
  for (const TableLine& line : plain_lines(text)) {
    const std::string_view content = trimmed(line.text);
    const bool comment = content.empty() || content.front() == '#';
    result.lines.push_back({comment ? LineStatus::comment : LineStatus::refused, "no table"});
  }
  return result;
}

// One row of the table in docs/import.md.
std::string row_of(const fs::path& path, const std::string& text) {
  const std::string file = path.filename().string();
  const auto guess = guess_format(file, text);
  const Imported imported = guess ? import_file(path, text, *guess->format) : refused(text);
  const std::string format = guess ? "`" + std::string(guess->format->name) + "`" : "none";
  std::string row = "| `" + file + "` | " + format + " | " + std::to_string(imported.lines.size());
  for (LineStatus status : {LineStatus::comment, LineStatus::imported, LineStatus::repeated,
                            LineStatus::idle, LineStatus::refused}) {
    row += " | " + std::to_string(imported.count(status));
  }
  return row + " | " + std::to_string(imported.entries()) + " | " +
         std::to_string(imported.rules.size()) + " |";
}

class RealTables : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kTables)) GTEST_SKIP() << "no tables written by others here";
    for (const auto& entry : fs::directory_iterator(kTables)) tables_.push_back(entry.path());
    std::sort(tables_.begin(), tables_.end());
  }
  std::vector<fs::path> tables_;
};

TEST_F(RealTables, EveryLineIsAccountedFor) {
  for (const fs::path& path : tables_) {
    const std::string text = text_of(path);
    const auto guess = guess_format(path.filename().string(), text);
    if (!guess) continue;
    const Imported imported = import_file(path, text, *guess->format);
    const auto lines = plain_lines(text);
    ASSERT_EQ(imported.lines.size(), lines.size()) << path;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string_view content = trimmed(lines[i].text);
      const bool comment = content.empty() || content.front() == '#';
      const LineRecord& line = imported.lines[i];
      EXPECT_EQ(line.status == LineStatus::comment, comment) << path << ":" << i + 1;
      const bool explained = line.status != LineStatus::refused && line.status != LineStatus::idle;
      EXPECT_TRUE(explained || !line.why.empty()) << path << ":" << i + 1;
    }
    EXPECT_EQ(load_fault(rule_files(imported, "t")), "") << path;
  }
}

TEST_F(RealTables, ThePageSaysWhatBecameOfThem) {
  const std::string page = text_of(kPage);
  for (const fs::path& path : tables_) {
    const std::string row = row_of(path, text_of(path));
    EXPECT_NE(page.find(row), std::string::npos) << "docs/import.md wants\n" << row;
  }
}

}  // namespace
}  // namespace postern::import::real_tables_test
