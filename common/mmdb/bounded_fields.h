// Fields of a MaxMind DB through libmaxminddb, which enters maps within maps by recursion, however
// deep they are, and passes over millions of fields: what it is asked to look through is walked
// before, with a bound. Pure.
#pragma once

#include <maxminddb.h>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace postern::mmdb {

enum class Pointers : std::uint8_t {
  to_anything,
  to_plain_values,  // and to no map or array: nothing can be met twice
};

// Good for `max_fields` altogether: what is asked afterwards is not there.
class BoundedFields {
 public:
  // `database` outlives this object; of it, the data section and its size count, which is 3 or
  // more.
  BoundedFields(const MMDB_s& database, std::size_t max_fields)
      : database_(database), left_(max_fields) {}

  // The field there, behind its pointer if it is one. Nothing: there is no sound one.
  [[nodiscard]] std::optional<MMDB_entry_data_s> read(std::uint32_t at) const;
  // Whether the field there is whole, with all that stands in it, and has only such pointers. What
  // pointers lead to is not looked at further.
  bool pass(std::uint32_t at, Pointers pointers);
  // What stands under `key` of the map there, behind its pointer; nothing: there is none, or the
  // map is not whole.
  std::optional<MMDB_entry_data_s> find(std::uint32_t at, const char* key);

 private:
  [[nodiscard]] std::optional<MMDB_entry_data_s> get(std::uint32_t at, const char* key) const;

  const MMDB_s& database_;
  std::size_t left_;
};

// Of an unsigned number of at most 64 bits; nothing: the field is none.
std::optional<std::uint64_t> number_of(const MMDB_entry_data_s& field);

}  // namespace postern::mmdb
