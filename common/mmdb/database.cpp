#include "common/mmdb/database.h"

#include <netinet/in.h>

#include <cstring>
#include <string>

#include "common/mmdb/bounded_fields.h"
#include "common/mmdb/file_check.h"
#include "common/mmdb/sealed_copy.h"

namespace postern::mmdb {
namespace {

// Calls `visit` for what each node leads to, until it returns true. Returns whether it did.
template <class Visit>
bool any_child(const MMDB_s& opened, Visit visit) {
  for (std::uint32_t at = 0; at < opened.metadata.node_count; ++at) {
    MMDB_search_node_s node{};
    MMDB_read_node(&opened, at, &node);
    if (visit(node.left_record) || visit(node.right_record)) return true;
  }
  return false;
}

// So that what was cut, or half written over another, is seen when it is read.
bool tree_leads_out(const MMDB_s& opened, std::size_t data_bytes) {
  const std::uint64_t first = opened.metadata.node_count + kSeparator;
  return any_child(opened, [&](std::uint64_t child) {
    return child > opened.metadata.node_count && (child < first || child - first >= data_bytes);
  });
}

tl::unexpected<Error> not_opened(int status) {
  switch (status) {
    case MMDB_FILE_OPEN_ERROR:
    case MMDB_IO_ERROR:
    case MMDB_OUT_OF_MEMORY_ERROR:
      return failure(std::string("cannot be opened in memory: ") + MMDB_strerror(status));
    default:
      return other_form();
  }
}

}  // namespace

void Database::Close::operator()(MMDB_s* opened) const noexcept {
  MMDB_close(opened);
  delete opened;
}

Result<Database> Database::of(std::string_view bytes) {
  const auto data_bytes = data_bytes_of(bytes, kMaxFields);
  if (!data_bytes) return tl::unexpected(data_bytes.error());
  const auto copy = SealedCopy::of(bytes);
  if (!copy) return tl::unexpected(copy.error());
  auto fresh = std::make_unique<MMDB_s>();
  const int status = MMDB_open(copy->path().c_str(), MMDB_MODE_MMAP, fresh.get());
  if (status != MMDB_SUCCESS) return not_opened(status);
  Database database(std::unique_ptr<MMDB_s, Close>(fresh.release()));
  if (tree_leads_out(*database.opened_, *data_bytes)) {
    return failure("found a tree that leads out of the data, want a whole MaxMind DB");
  }
  return database;
}

std::optional<Offset> Database::find(const IpAddress& address) const {
  const auto& bytes = address.bytes();
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  std::memcpy(&v6.sin6_addr, bytes.data(), sizeof v6.sin6_addr);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  std::memcpy(&v4.sin_addr, bytes.data() + bytes.size() - sizeof v4.sin_addr, sizeof v4.sin_addr);
  const auto* name = address.is_v4() ? reinterpret_cast<const sockaddr*>(&v4)
                                     : reinterpret_cast<const sockaddr*>(&v6);
  int status = MMDB_SUCCESS;
  const auto result = MMDB_lookup_sockaddr(opened_.get(), name, &status);
  if (status != MMDB_SUCCESS || !result.found_entry) return std::nullopt;
  return result.entry.offset;
}

std::optional<Value> Database::value(Offset record, Path path) const {
  BoundedFields fields(*opened_, kMaxFields);
  auto field = fields.read(record);
  for (const char* key : path) {
    if (field) field = fields.find(field->offset, key);
  }
  if (!field) return std::nullopt;
  if (field->type == MMDB_DATA_TYPE_UTF8_STRING) {
    return std::string_view(field->utf8_string, field->data_size);
  }
  return number_of(*field);
}

bool Database::any_record(const std::function<bool(Offset)>& visit) const {
  const std::uint64_t nodes = opened_->metadata.node_count;
  return any_child(*opened_, [&](std::uint64_t child) {
    return child > nodes && visit(static_cast<Offset>(child - nodes - kSeparator));
  });
}

}  // namespace postern::mmdb
