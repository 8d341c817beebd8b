#include "server/config/rollback_mark.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>

#include "common/base/fingerprint.h"
#include "common/os/atomic_file.h"
#include "common/os/file_place.h"
#include "common/os/text_file.h"
#include "common/os/way_trust.h"

namespace postern::config {
namespace {

// One line: `generation 11 files 0123456789abcdef0123456789abcdef`
constexpr std::string_view kBegin = "generation ";
constexpr std::string_view kBeforeSeal = " files ";
constexpr std::size_t kMaxBytes = 200;

// Equal for the same texts in the same files. A device may have another number after a boot, and
// what renames a file or gives it another owner sets its change time.
std::string seal_of(const std::vector<SourceFile>& files) {
  std::vector<std::string> parts;
  parts.reserve(files.size());
  for (const SourceFile& file : files) {
    parts.push_back(fingerprint_of(file.text).to_string() + ' ' +
                    std::to_string(file.identity.inode) + ' ' +
                    std::to_string(file.identity.modified_ns) + '\n');
  }
  std::sort(parts.begin(), parts.end());
  std::string all;
  for (const std::string& part : parts) all += part;
  return fingerprint_of(all).to_string();
}

}  // namespace

std::string rollback_mark_path(const std::string& rules_file) {
  const std::filesystem::path path(rules_file);
  return (path.parent_path() / ("." + path.filename().string() + ".rollback")).string();
}

Result<void> write_rollback_mark(const std::vector<SourceFile>& files, std::uint64_t number) {
  std::string text(kBegin);
  text += std::to_string(number);
  text += kBeforeSeal;
  text += seal_of(files) + '\n';
  return os::replace_file(rollback_mark_path(files.front().path), text);
}

void remove_rollback_mark(const std::string& rules_file) {
  const std::filesystem::path mark(rollback_mark_path(rules_file));
  const auto place =
      os::FilePlace::in_folder(mark.parent_path().string(), mark.filename().string());
  if (place && os::refuse_strangers_as_root(*place, "remove")) place->remove();
}

std::optional<std::uint64_t> restored_generation(const std::vector<SourceFile>& files) {
  const bool all_there = std::all_of(files.begin(), files.end(),
                                     [](const SourceFile& file) { return file.identity.there; });
  if (files.empty() || !all_there) return std::nullopt;
  const auto text = os::read_text_file(rollback_mark_path(files.front().path), kMaxBytes);
  if (!text || !text->starts_with(kBegin)) return std::nullopt;
  const char* const end = text->data() + text->size();
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text->data() + kBegin.size(), end, number);
  if (error != std::errc() || number == 0) return std::nullopt;
  const std::string_view behind(rest, static_cast<std::size_t>(end - rest));
  if (behind != std::string(kBeforeSeal) + seal_of(files) + '\n') return std::nullopt;
  return number;
}

}  // namespace postern::config
