#include "common/mmdb/file_check.h"

#include <string>

#include "common/mmdb/bounded_fields.h"

namespace postern::mmdb {
namespace {

constexpr std::string_view kMetadataMark = "\xab\xcd\xefMaxMind.com";
constexpr std::size_t kMaxMetadata = std::size_t{128} * 1024;
constexpr std::size_t kMinSection = 3;  // the library counts on it

// The metadata as a data section, as which the library reads them.
MMDB_s section_of(std::string_view metadata) {
  MMDB_s section{};
  section.data_section = reinterpret_cast<const std::uint8_t*>(metadata.data());
  section.data_section_size = static_cast<std::uint32_t>(metadata.size());
  return section;
}

struct Tree {
  std::uint64_t nodes;
  std::uint64_t node_bytes;
};

Result<Tree> tree_by(std::string_view metadata, std::size_t max_fields) {
  const MMDB_s section = section_of(metadata);
  const auto number = [&](const char* key) -> std::optional<std::uint64_t> {
    const auto field = BoundedFields(section, max_fields).find(0, key);
    return field ? number_of(*field) : std::nullopt;
  };
  if (metadata.size() < kMinSection ||
      !BoundedFields(section, max_fields).pass(0, Pointers::to_plain_values)) {
    return other_form();
  }
  const auto nodes = number("node_count");
  const auto bits = number("record_size");
  const auto ip_version = number("ip_version");
  if (number("binary_format_major_version") != 2U || !nodes || !bits || !ip_version) {
    return other_form();
  }
  const bool is_size = *bits == 24 || *bits == 28 || *bits == 32;
  if (!is_size || (*ip_version != 4 && *ip_version != 6)) {
    return failure("found records of " + std::to_string(*bits) + " bits for IP version " +
                   std::to_string(*ip_version) + ", want 24, 28 or 32, for 4 or 6");
  }
  return Tree{*nodes, *bits / 4};
}

}  // namespace

tl::unexpected<Error> other_form() {
  return failure("found metadata of another form, want those of a MaxMind DB of format 2");
}

Result<std::size_t> data_bytes_of(std::string_view bytes, std::size_t max_fields) {
  const std::size_t from = bytes.size() > kMaxMetadata ? bytes.size() - kMaxMetadata : 0;
  const std::size_t mark = bytes.substr(from).rfind(kMetadataMark);
  if (mark == std::string_view::npos) {
    return failure("found no metadata at its end, want a whole MaxMind DB");
  }
  const std::size_t end = from + mark;
  const auto tree = tree_by(bytes.substr(end + kMetadataMark.size()), max_fields);
  if (!tree) return tl::unexpected(tree.error());
  if (tree->nodes == 0 || end < kSeparator || tree->nodes > (end - kSeparator) / tree->node_bytes) {
    return failure("found room for no tree of " + std::to_string(tree->nodes) +
                   " nodes, want a whole MaxMind DB");
  }
  const std::size_t tree_bytes = tree->nodes * tree->node_bytes;
  for (const char c : bytes.substr(tree_bytes, kSeparator)) {
    if (c != 0) return failure("found no end of its tree, want a whole MaxMind DB");
  }
  return end - kSeparator - tree_bytes;
}

}  // namespace postern::mmdb
