// What lies in the folder of a journal, as records: of a segment that is there twice, open and
// compressed, the compressed one.
#pragma once

#include <gtest/gtest.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "rules/journal/journal_line.h"
#include "rules/journal/segment_name.h"

namespace postern::journal {

inline std::string segment_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (path.extension() != ".zst") return bytes;
  constexpr std::size_t kMost = std::size_t{1} << 24;
  std::string text(kMost, '\0');
  const std::size_t size = ZSTD_decompress(text.data(), text.size(), bytes.data(), bytes.size());
  EXPECT_EQ(ZSTD_isError(size), 0U) << path;
  text.resize(ZSTD_isError(size) != 0 ? 0 : size);
  return text;
}

// By their names, so by time.
inline std::vector<std::filesystem::path> segments_in(const std::string& folder) {
  std::map<std::string, std::filesystem::path> found;
  if (!std::filesystem::exists(folder)) return {};
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto name = parse_segment_name(entry.path().filename().string());
    if (!name) continue;
    SegmentName open = *name;
    open.packed = false;
    auto& path = found[open.to_string()];
    if (path.empty() || name->packed) path = entry.path();
  }
  std::vector<std::filesystem::path> paths;
  paths.reserve(found.size());
  for (const auto& [name, path] : found) paths.push_back(path);
  return paths;
}

inline std::vector<JournalLine> lines_in(const std::string& folder) {
  std::vector<JournalLine> lines;
  for (const auto& path : segments_in(folder)) {
    std::istringstream text(segment_text(path));
    for (std::string line; std::getline(text, line);) {
      auto read = read_line(line);
      EXPECT_TRUE(read) << path << ": " << line;
      if (read) lines.push_back(std::move(*read));
    }
  }
  return lines;
}

inline std::vector<JournalRecord> records_in(const std::string& folder) {
  std::vector<JournalRecord> records;
  for (JournalLine& line : lines_in(folder)) {
    if (auto* record = std::get_if<JournalRecord>(&line)) records.push_back(std::move(*record));
  }
  return records;
}

// By which tests tell records from one another.
inline std::vector<std::string> queue_ids_in(const std::string& folder) {
  std::vector<std::string> ids;
  for (const JournalRecord& record : records_in(folder)) {
    ids.push_back(record.transaction.queue_id);
  }
  return ids;
}

}  // namespace postern::journal
