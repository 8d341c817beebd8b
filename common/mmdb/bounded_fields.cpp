#include "common/mmdb/bounded_fields.h"

namespace postern::mmdb {
namespace {

bool is_container(const MMDB_entry_data_s& field) {
  return field.type == MMDB_DATA_TYPE_MAP || field.type == MMDB_DATA_TYPE_ARRAY;
}

// https://maxmind.github.io/MaxMind-DB/#pointer---1
std::uint32_t pointer_bytes(std::uint8_t control) {
  return 2U + (control >> 3U & 3U);
}

}  // namespace

std::optional<std::uint64_t> number_of(const MMDB_entry_data_s& field) {
  switch (field.type) {
    case MMDB_DATA_TYPE_UINT16:
      return field.uint16;
    case MMDB_DATA_TYPE_UINT32:
      return field.uint32;
    case MMDB_DATA_TYPE_UINT64:
      return field.uint64;
    default:
      return std::nullopt;
  }
}

std::optional<MMDB_entry_data_s> BoundedFields::get(std::uint32_t at, const char* key) const {
  MMDB_entry_s from{&database_, at};
  const char* const path[] = {key, nullptr};
  MMDB_entry_data_s field{};
  if (MMDB_aget_value(&from, &field, path) != MMDB_SUCCESS) return std::nullopt;
  return field;
}

std::optional<MMDB_entry_data_s> BoundedFields::read(std::uint32_t at) const {
  return get(at, nullptr);
}

bool BoundedFields::pass(std::uint32_t at, Pointers pointers) {
  for (std::size_t open = 1; open > 0; --open) {
    const auto field = left_ == 0 ? std::nullopt : read(at);
    if (!field) return false;
    --left_;
    if (field->offset != at) {  // the library has followed a pointer
      if (pointers == Pointers::to_plain_values && is_container(*field)) return false;
      at += pointer_bytes(database_.data_section[at]);
      continue;
    }
    at = field->offset_to_next;
    if (!is_container(*field)) continue;
    // More than what is left cannot stand there.
    if (field->data_size > left_) return false;
    const std::size_t each = field->type == MMDB_DATA_TYPE_MAP ? 2 : 1;
    open += each * field->data_size;
  }
  return true;
}

std::optional<MMDB_entry_data_s> BoundedFields::find(std::uint32_t at, const char* key) {
  return pass(at, Pointers::to_anything) ? get(at, key) : std::nullopt;
}

}  // namespace postern::mmdb
