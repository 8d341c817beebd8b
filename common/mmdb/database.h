// A MaxMind DB (format 2), read by libmaxminddb: which value belongs to an address. Who made the
// bytes is not trusted: no read leaves them, and each look-up is bounded. Immutable; any thread may
// ask. Touches no file: the library maps a sealed copy of the bytes in memory.
//
// https://maxmind.github.io/MaxMind-DB/
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "common/base/ip_address.h"
#include "common/base/result.h"

// NOLINTNEXTLINE(readability-identifier-naming): the library's
struct MMDB_s;

namespace postern::mmdb {

// A text views the copy that the database has.
using Value = std::variant<std::string_view, std::uint64_t>;

// The keys of maps within maps: `country`, `iso_code`.
using Path = std::initializer_list<const char*>;

// A value somewhere in a database.
using Offset = std::uint32_t;

class Database {
 public:
  // Of the whole of a file, less than 4 GiB, of which it keeps a copy. Errors: its end is missing,
  // it is of another format, its tree names a place that is none, or there is no memory for the
  // copy.
  static Result<Database> of(std::string_view bytes);

  // Where the record of the address is; nothing: there is none. An IPv6 address is in no database
  // of IPv4 alone.
  [[nodiscard]] std::optional<Offset> find(const IpAddress& address) const;
  // A text or an unsigned number at `path` of a record; nothing: there is none, or the record is
  // damaged, or larger than kMaxFields.
  [[nodiscard]] std::optional<Value> value(Offset record, Path path) const;
  // Calls `visit(record)` for records of the tree in their order, some of them several times, until
  // it returns true. Returns whether it did.
  bool any_record(const std::function<bool(Offset)>& visit) const;

  // Of a record, or of the metadata.
  static constexpr std::size_t kMaxFields = 4096;

 private:
  struct Close {
    void operator()(MMDB_s* opened) const noexcept;
  };
  explicit Database(std::unique_ptr<MMDB_s, Close> opened) : opened_(std::move(opened)) {}

  std::unique_ptr<MMDB_s, Close> opened_;
};

}  // namespace postern::mmdb
