#include "common/mmdb/database.h"

#include <utility>

#include "common/mmdb/fields.h"

namespace postern::mmdb {
namespace {

constexpr std::string_view kMetadataMark = "\xab\xcd\xefMaxMind.com";
constexpr std::size_t kMaxMetadata = std::size_t{128} * 1024;
constexpr std::size_t kSeparator = 16;  // between tree and data
constexpr unsigned kV4Depth = 96;       // of IPv4 in a tree of IPv6

std::optional<Value> value_at(FieldReader& reader, std::size_t at, Path path) {
  auto field = reader.read(at, nullptr);
  for (const std::string_view key : path) {
    if (!field) return std::nullopt;
    const auto inner = reader.find(*field, key);
    if (!inner) return std::nullopt;
    field = reader.read(*inner, nullptr);
  }
  if (!field) return std::nullopt;
  if (field->type == FieldType::text) return reader.text(*field);
  if (is_number(*field)) return reader.number(*field);
  return std::nullopt;
}

std::optional<std::uint64_t> number_at(std::string_view metadata, std::string_view key) {
  FieldReader reader(metadata, Database::kMaxFields);
  const auto value = value_at(reader, 0, {key});
  const auto* number = value ? std::get_if<std::uint64_t>(&*value) : nullptr;
  return number == nullptr ? std::nullopt : std::optional(*number);
}

}  // namespace

Result<Database> Database::of(std::string bytes) {
  Database database;
  database.bytes_ = std::move(bytes);
  if (auto read = database.read_metadata(); !read) return tl::unexpected(read.error());
  if (auto checked = database.check_tree(); !checked) return tl::unexpected(checked.error());
  database.find_v4_root();
  return database;
}

Result<void> Database::read_metadata() {
  const std::string_view all = bytes_;
  const std::size_t from = all.size() > kMaxMetadata ? all.size() - kMaxMetadata : 0;
  const std::size_t mark = all.substr(from).rfind(kMetadataMark);
  if (mark == std::string_view::npos) {
    return failure("found no metadata at its end, want a whole MaxMind DB");
  }
  data_end_ = from + mark;
  const std::string_view metadata = all.substr(data_end_ + kMetadataMark.size());
  const auto version = number_at(metadata, "binary_format_major_version");
  const auto nodes = number_at(metadata, "node_count");
  const auto bits = number_at(metadata, "record_size");
  const auto ip_version = number_at(metadata, "ip_version");
  if (version != 2U || !nodes || !bits || !ip_version) {
    return failure("found metadata of another form, want those of a MaxMind DB of format 2");
  }
  if ((bits != 24U && bits != 28U && bits != 32U) || (ip_version != 4U && ip_version != 6U)) {
    return failure("found records of " + std::to_string(*bits) + " bits for IP version " +
                   std::to_string(*ip_version) + ", want 24, 28 or 32, for 4 or 6");
  }
  record_bits_ = static_cast<unsigned>(*bits);
  ip_version_ = static_cast<unsigned>(*ip_version);
  nodes_ = *nodes;
  const std::uint64_t node_bytes = *bits / 4;
  if (nodes_ == 0 || data_end_ < kSeparator || nodes_ > (data_end_ - kSeparator) / node_bytes) {
    return failure("found room for no tree of " + std::to_string(nodes_) +
                   " nodes, want a whole MaxMind DB");
  }
  tree_bytes_ = nodes_ * node_bytes;
  data_begin_ = static_cast<Offset>(tree_bytes_) + kSeparator;
  return {};
}

// So that what was cut, or half written over another, is seen when it is read.
Result<void> Database::check_tree() const {
  for (const char c : std::string_view(bytes_).substr(tree_bytes_, kSeparator)) {
    if (c != 0) return failure("found no end of its tree, want a whole MaxMind DB");
  }
  for (std::uint64_t node = 0; node < nodes_; ++node) {
    for (const unsigned side : {0U, 1U}) {
      const std::uint64_t next = child(node, side);
      if (next <= nodes_) continue;
      const Offset at = data_offset(next);
      if (at < data_begin_ || at >= data_end_) {
        return failure("found a tree that leads out of the data, want a whole MaxMind DB");
      }
    }
  }
  return {};
}

// https://maxmind.github.io/MaxMind-DB/#ipv4-addresses-in-an-ipv6-tree
void Database::find_v4_root() {
  if (ip_version_ == 4) return;
  for (unsigned depth = 0; depth < kV4Depth && v4_root_ < nodes_; ++depth) {
    v4_root_ = child(v4_root_, 0);
  }
}

// https://maxmind.github.io/MaxMind-DB/#node-layout
std::uint64_t Database::child(std::uint64_t node, unsigned side) const {
  const std::size_t record_bytes = record_bits_ / 8;
  const std::size_t at = static_cast<std::size_t>(node) * record_bits_ / 4;
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes_[at + i]));
  };
  const bool shares_byte = record_bits_ == 28;
  std::uint64_t value = 0;
  if (shares_byte) value = side == 0 ? byte(3) >> 4U : byte(3) & 0xFU;
  const std::size_t begin = side * (record_bytes + (shares_byte ? 1 : 0));
  for (std::size_t i = begin; i < begin + record_bytes; ++i) value = value << 8U | byte(i);
  return value;
}

std::optional<Offset> Database::find(const IpAddress& address) const {
  const bool is_v4 = address.is_v4();
  if (!is_v4 && ip_version_ == 4) return std::nullopt;
  std::uint64_t at = is_v4 ? v4_root_ : 0;
  for (unsigned bit = is_v4 ? kV4Depth : 0; bit < 128 && at < nodes_; ++bit) {
    at = child(at, address.bytes()[bit / 8] >> (7 - bit % 8) & 1U);
  }
  if (at <= nodes_) return std::nullopt;
  return data_offset(at);
}

std::optional<Value> Database::value(Offset record, Path path) const {
  const std::string_view data =
      std::string_view(bytes_).substr(data_begin_, data_end_ - data_begin_);
  FieldReader reader(data, kMaxFields);
  return value_at(reader, record - data_begin_, path);
}

}  // namespace postern::mmdb
