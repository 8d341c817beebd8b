// A MaxMind DB (format 2): which value belongs to an address, out of the bytes of such a file. Who
// made the bytes is not trusted: no read leaves them, and each look-up is bounded. Immutable; any
// thread may ask.
//
// https://maxmind.github.io/MaxMind-DB/
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/ip_address.h"
#include "common/base/result.h"

namespace postern::mmdb {

// A text views the bytes of the database.
using Value = std::variant<std::string_view, std::uint64_t>;

// The keys of maps within maps: `country`, `iso_code`.
using Path = std::initializer_list<std::string_view>;

// A value somewhere in a file, as an offset from its beginning.
using Offset = std::size_t;

class Database {
 public:
  // Takes over the whole of a file. Errors: its end is missing, it is of another format, or its
  // tree names a place that is none.
  static Result<Database> of(std::string bytes);

  // Where the record of the address is; nothing: there is none. An IPv6 address is in no database
  // of IPv4 alone.
  [[nodiscard]] std::optional<Offset> find(const IpAddress& address) const;
  // A text or an unsigned number at `path` of a record; nothing: there is none, or the record is
  // damaged, or larger than kMaxFields.
  [[nodiscard]] std::optional<Value> value(Offset record, Path path) const;
  // Calls `visit(record)` for records of the tree in their order, some of them several times, until
  // it returns true. Returns whether it did.
  template <class Visit>
  bool any_record(Visit visit) const {
    for (std::uint64_t node = 0; node < nodes_; ++node) {
      for (const unsigned side : {0U, 1U}) {
        const std::uint64_t next = child(node, side);
        if (next > nodes_ && visit(data_offset(next))) return true;
      }
    }
    return false;
  }

  // That one look-up passes over or enters.
  static constexpr std::size_t kMaxFields = 4096;

 private:
  Database() = default;
  [[nodiscard]] std::uint64_t child(std::uint64_t node, unsigned side) const;
  [[nodiscard]] Offset data_offset(std::uint64_t child) const {
    return static_cast<Offset>(tree_bytes_ + (child - nodes_));
  }
  Result<void> read_metadata();
  Result<void> check_tree() const;
  void find_v4_root();

  std::string bytes_;
  std::uint64_t nodes_ = 0;
  std::uint64_t tree_bytes_ = 0;
  Offset data_begin_ = 0;  // what pointers count from
  Offset data_end_ = 0;
  unsigned record_bits_ = 0;
  unsigned ip_version_ = 0;
  std::uint64_t v4_root_ = 0;  // below which IPv4 addresses are
};

}  // namespace postern::mmdb
