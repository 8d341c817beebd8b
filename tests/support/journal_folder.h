// What lies in the folder of a journal, as records, and what tests put there.
#pragma once

#include <gtest/gtest.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "rules/journal/journal_line.h"
#include "server/journal/segment_list.h"

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

inline std::string zstd_of(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), ZSTD_CLEVEL_DEFAULT);
  EXPECT_EQ(ZSTD_isError(size), 0U);
  packed.resize(ZSTD_isError(size) != 0 ? 0 : size);
  return packed;
}

// When the journals of tests begin, and of what was begun so long after it the name.
inline constexpr JournalTime kJournalStart =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 29) + std::chrono::hours(18);
inline std::string segment_begun(std::chrono::seconds begun, Door door = Door::policy) {
  return SegmentName{kJournalStart + begun, door, "mx1", 7, false}.to_string();
}

// A record that its queue ID tells from others.
inline std::string record_line(const std::string& id, std::chrono::seconds time = {}) {
  JournalRecord record;
  record.time = kJournalStart + time;
  record.transaction.queue_id = id;
  std::string line;
  append_line(line, record);
  return line;
}

inline std::vector<std::filesystem::path> segment_files_in(const std::string& folder) {
  const auto segments = whole_segments_in(folder);
  EXPECT_TRUE(segments);
  std::vector<std::filesystem::path> paths;
  for (const SegmentPlace& segment : segments.value_or(std::vector<SegmentPlace>{})) {
    paths.emplace_back(segment.path);
  }
  return paths;
}

inline std::vector<JournalLine> lines_in(const std::string& folder) {
  std::vector<JournalLine> lines;
  for (const auto& path : segment_files_in(folder)) {
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
