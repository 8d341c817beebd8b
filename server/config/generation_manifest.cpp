#include "server/config/generation_manifest.h"

#include <algorithm>
#include <boost/json.hpp>
#include <climits>
#include <filesystem>
#include <set>

#include "common/base/fingerprint.h"
#include "common/json/parse_json.h"
#include "server/config/configuration.h"

namespace postern::config {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFormat = 1;
constexpr const char* kElsewhere = "elsewhere";
constexpr std::size_t kFingerprintDigits = 32;  // common/base/fingerprint.h
constexpr std::size_t kMaxNameBytes = 100;      // of a file name, which may have 255

json::object to_json(const StoredFile& file) {
  return {{"path", file.path},
          {"stored", file.stored},
          {"bytes", file.bytes},
          {"fingerprint", file.fingerprint}};
}

bool stays_inside(const fs::path& path) {
  return !path.empty() && path.is_relative() &&
         std::none_of(path.begin(), path.end(),
                      [](const fs::path& part) { return part == ".." || part == "."; });
}

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(*text);
}

std::optional<std::uint64_t> number_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  boost::system::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  if (error) return std::nullopt;
  return number;
}

// As a path stands in the file system: a byte 0 would end it there, and not here.
bool is_path(const std::string& text) {
  return text.size() < PATH_MAX && text.find('\0') == std::string::npos;
}

bool is_fingerprint(std::string_view text) {
  return text.size() == kFingerprintDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<StoredFile> file_of(const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr) return failure("found a file that is no object");
  StoredFile file{text_of(*object, "path"), text_of(*object, "stored"), 0,
                  text_of(*object, "fingerprint")};
  const auto bytes = number_of(*object, "bytes");
  const bool stood = file.path.starts_with('/') && is_path(file.path) &&
                     fs::path(file.path).lexically_normal().string() == file.path;
  const bool is_kept = stays_inside(file.stored) && is_path(file.stored);
  if (!stood || !is_kept || !bytes || !is_fingerprint(file.fingerprint)) {
    return failure("found a file without path, stored, bytes or fingerprint");
  }
  file.bytes = *bytes;
  return file;
}

// What could not have been read as rules and lists is no generation of them.
Result<void> check_sizes(const std::vector<StoredFile>& files) {
  std::set<std::string_view> places;
  std::set<std::string_view> copies;
  std::size_t bytes = 0;
  for (const StoredFile& file : files) {
    const std::size_t most = places.empty() ? kMaxRuleFile : kMaxListFile;
    if (file.bytes > most) {
      return failure("found " + std::to_string(file.bytes) + " bytes of " + file.path +
                     ", want at most " + std::to_string(most));
    }
    bytes += file.bytes;
    if (!places.insert(file.path).second || !copies.insert(file.stored).second) {
      return failure("found " + file.path + " twice, or its copy");
    }
  }
  if (bytes > kMaxGeneration) {
    return failure("found " + std::to_string(bytes) + " bytes in all, want at most " +
                   std::to_string(kMaxGeneration));
  }
  return {};
}

std::string name_elsewhere(const std::string& path) {
  std::string name = fs::path(path).filename().string();
  if (name.size() > kMaxNameBytes) name.resize(kMaxNameBytes);
  return std::string(kElsewhere) + '/' + fingerprint_of(path).to_string() + '-' + name;
}

}  // namespace

// One file a line, for who reads it.
std::string format_manifest(const StoredGeneration& generation) {
  std::string text = "{\n  \"format\": " + std::to_string(kFormat) +
                     ",\n  \"number\": " + std::to_string(generation.number) +
                     ",\n  \"since\": \"" + format_utc(generation.since) + "\",";
  if (generation.rollback_of) {
    text += "\n  \"rollback_of\": " + std::to_string(*generation.rollback_of) + ",";
  }
  text += "\n  \"files\": [";
  const char* separator = "\n    ";
  for (const StoredFile& file : generation.files) {
    text += separator + json::serialize(to_json(file));
    separator = ",\n    ";
  }
  return text + "\n  ]\n}\n";
}

Result<StoredGeneration> parse_manifest(std::string_view text) {
  if (!text.ends_with('\n')) return failure("found no end of the last line");
  const auto value = json::parse_json(text);
  if (!value) return tl::unexpected(value.error());
  const json::object* object = value->if_object();
  if (object == nullptr || number_of(*object, "format") != kFormat) {
    return failure("found no format " + std::to_string(kFormat));
  }
  const auto number = number_of(*object, "number");
  const auto since = parse_expiry(text_of(*object, "since"));
  const json::value* files = object->if_contains("files");
  if (!number || !since || files == nullptr || !files->is_array() || files->get_array().empty()) {
    return failure("found no number, since or files");
  }
  if (files->get_array().size() > kMaxFiles) {
    return failure("found " + std::to_string(files->get_array().size()) + " files, want at most " +
                   std::to_string(kMaxFiles));
  }
  StoredGeneration generation{*number, *since, {}, number_of(*object, "rollback_of")};
  const bool says = object->contains("rollback_of");
  if (says && (!generation.rollback_of || *generation.rollback_of >= *number)) {
    return failure("found a rollback_of that is no earlier generation");
  }
  for (const json::value& one : files->get_array()) {
    auto file = file_of(one);
    if (!file) return tl::unexpected(file.error());
    generation.files.push_back(std::move(*file));
  }
  if (auto sizes = check_sizes(generation.files); !sizes) return tl::unexpected(sizes.error());
  return generation;
}

std::vector<std::string> stored_names(const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  const fs::path base = paths.empty() ? fs::path() : fs::path(paths.front()).parent_path();
  for (const std::string& path : paths) {
    const fs::path relative = fs::path(path).lexically_relative(base);
    const bool free = stays_inside(relative) && *relative.begin() != kElsewhere &&
                      *relative.begin() != kManifestName;
    names.push_back(free ? relative.string() : name_elsewhere(path));
  }
  return names;
}

}  // namespace postern::config
