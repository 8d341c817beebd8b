// The data section of a MaxMind DB: fields one behind the other, maps of them, and pointers among
// them. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::mmdb {

// https://maxmind.github.io/MaxMind-DB/#output-data-section
enum class FieldType : std::uint8_t {
  extended = 0,
  pointer = 1,
  text = 2,
  uint16 = 5,
  uint32 = 6,
  map = 7,
  uint64 = 9,
  uint128 = 10,
  array = 11,
  boolean = 14,
};

struct Field {
  FieldType type = FieldType::extended;
  std::size_t size = 0;     // bytes, or of a map or an array how much stands in it
  std::size_t payload = 0;  // where it begins
};

// Reads fields of `section`, from which pointers count and which it never leaves. Good for
// `max_fields` altogether: what is asked afterwards is not there.
class FieldReader {
 public:
  FieldReader(std::string_view section, std::size_t max_fields)
      : section_(section), left_(max_fields) {}

  // The field there, behind its pointer if it is one. `next` (may be null) becomes where the field
  // after it begins; of a map or an array, what stands in it. Nothing: there is no sound one.
  std::optional<Field> read(std::size_t at, std::size_t* next);
  // Where the field after the one there begins, with all that stands in it.
  std::optional<std::size_t> skip(std::size_t at);
  // What stands under `key` of a map: where its field begins.
  std::optional<std::size_t> find(const Field& map, std::string_view key);

  [[nodiscard]] std::string_view text(const Field& field) const {
    return section_.substr(field.payload, field.size);
  }
  // REQUIRES: is_number().
  [[nodiscard]] std::uint64_t number(const Field& field) const;

 private:
  std::optional<Field> read_here(std::size_t at);
  [[nodiscard]] bool is_there(std::size_t at, std::size_t bytes) const {
    return at <= section_.size() && bytes <= section_.size() - at;
  }

  std::string_view section_;
  std::size_t left_;
};

// Unsigned, of at most 64 bits.
bool is_number(const Field& field);

}  // namespace postern::mmdb
