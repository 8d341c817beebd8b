// What a state folder says of a generation: refused, or the same when it is written again, with
// copies nowhere but in that folder. And files of any names are kept under names of their own.
#include "server/config/generation_manifest.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "server/config/configuration.h"
#include "tests/fuzz/require.h"

namespace postern::generation_manifest_fuzz {
namespace {

void require_inside(const std::string& name) {
  const std::filesystem::path path(name);
  require(path.is_relative() && !path.empty());
  for (const auto& part : path) require(part != ".." && part != ".");
}

void check_manifest(std::string_view text) {
  const auto generation = config::parse_manifest(text);
  if (!generation) {
    require(!generation.error().text.empty());
    return;
  }
  require(!generation->files.empty());
  std::set<std::string> paths;
  std::size_t bytes = 0;
  for (const config::StoredFile& file : generation->files) {
    require(file.path.starts_with('/') && file.path.find('\0') == std::string::npos);
    require(file.fingerprint.size() == 32 && paths.insert(file.path).second);
    require(file.bytes <= config::kMaxListFile);
    bytes += file.bytes;
    require_inside(file.stored);
  }
  require(bytes <= config::kMaxGeneration && generation->files.size() <= config::kMaxFiles);
  const auto again = config::parse_manifest(config::format_manifest(*generation));
  require(again.has_value() && again->number == generation->number);
  require(again->rollback_of == generation->rollback_of);
  require(!again->rollback_of || *again->rollback_of < again->number);
  require(again->since == generation->since && again->files.size() == generation->files.size());
  for (std::size_t i = 0; i < again->files.size(); ++i) {
    require(again->files[i].path == generation->files[i].path);
    require(again->files[i].stored == generation->files[i].stored);
    require(again->files[i].bytes == generation->files[i].bytes);
  }
}

// The lines of the text as absolute paths, each once, as the files of a generation are.
void check_names(std::string_view text) {
  std::vector<std::string> paths;
  std::set<std::string> seen;
  while (!text.empty() && paths.size() < 20) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto path = std::filesystem::path("/" + std::string(line)).lexically_normal().string();
    if (line.find('\0') == std::string_view::npos && seen.insert(path).second) {
      paths.push_back(path);
    }
  }
  const auto names = config::stored_names(paths);
  require(names.size() == paths.size());
  require(std::set<std::string>(names.begin(), names.end()).size() == names.size());
  for (const std::string& name : names) require_inside(name);
}

}  // namespace
}  // namespace postern::generation_manifest_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postern::generation_manifest_fuzz::check_manifest(postern::as_text(data, size));
  postern::generation_manifest_fuzz::check_names(postern::as_text(data, size));
  return 0;
}
