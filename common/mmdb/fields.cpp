#include "common/mmdb/fields.h"

namespace postern::mmdb {
namespace {

constexpr std::size_t kOneByteSize = 29;  // here and above, the size stands in bytes of its own

bool is_container(const Field& field) {
  return field.type == FieldType::map || field.type == FieldType::array;
}

// What it takes beside its own beginning.
std::size_t payload_bytes(const Field& field) {
  return is_container(field) || field.type == FieldType::boolean ? 0 : field.size;
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8U | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

bool is_number(const Field& field) {
  switch (field.type) {
    case FieldType::uint16:
    case FieldType::uint32:
    case FieldType::uint64:
      return field.size <= sizeof(std::uint64_t);
    default:
      return false;
  }
}

std::uint64_t FieldReader::number(const Field& field) const {
  return big_endian(text(field));
}

// Of a pointer, `size` is where it points to, and `payload` where the field after it begins.
std::optional<Field> FieldReader::read_here(std::size_t at) {
  if (left_ == 0 || !is_there(at, 1)) return std::nullopt;
  --left_;
  const auto control = static_cast<unsigned char>(section_[at++]);
  Field field{static_cast<FieldType>(control >> 5U), control & 0x1FU, at};
  if (field.type == FieldType::pointer) {
    constexpr std::size_t kBeyond[] = {0, 2048, 526336, 0};
    const std::size_t form = field.size >> 3U;
    const std::size_t high = form == 3 ? 0 : field.size & 7U;
    if (!is_there(at, form + 1)) return std::nullopt;
    const auto low = static_cast<std::size_t>(big_endian(section_.substr(at, form + 1)));
    field.size = (high << 8U * (form + 1)) + low + kBeyond[form];
    field.payload = at + form + 1;
    return field;
  }
  if (field.type == FieldType::extended) {
    if (!is_there(at, 1)) return std::nullopt;
    field.type = static_cast<FieldType>(7 + (static_cast<unsigned char>(section_[at++]) & 0x7FU));
  }
  if (field.size >= kOneByteSize) {
    constexpr std::size_t kBeyond[] = {29, 285, 65821};
    const std::size_t form = field.size - kOneByteSize;
    if (!is_there(at, form + 1)) return std::nullopt;
    field.size =
        static_cast<std::size_t>(big_endian(section_.substr(at, form + 1))) + kBeyond[form];
    at += form + 1;
  }
  field.payload = at;
  if (!is_there(at, payload_bytes(field))) return std::nullopt;
  return field;
}

std::optional<Field> FieldReader::read(std::size_t at, std::size_t* next) {
  auto field = read_here(at);
  if (!field) return field;
  const bool is_pointer = field->type == FieldType::pointer;
  if (next != nullptr) *next = field->payload + (is_pointer ? 0 : payload_bytes(*field));
  if (is_pointer) field = read_here(field->size);
  // A pointer to another one is against the format.
  if (field && field->type == FieldType::pointer) return std::nullopt;
  return field;
}

std::optional<std::size_t> FieldReader::skip(std::size_t at) {
  for (std::size_t open = 1; open > 0; --open) {
    const auto field = read_here(at);
    // More than what is left cannot stand there.
    if (!field || (is_container(*field) && field->size > left_)) return std::nullopt;
    at = field->payload;
    if (field->type == FieldType::pointer) continue;
    at += payload_bytes(*field);
    if (is_container(*field)) open += field->type == FieldType::map ? 2 * field->size : field->size;
  }
  return at;
}

std::optional<std::size_t> FieldReader::find(const Field& map, std::string_view key) {
  if (map.type != FieldType::map) return std::nullopt;
  std::size_t at = map.payload;
  for (std::size_t i = 0; i < map.size; ++i) {
    std::size_t value = 0;
    const auto name = read(at, &value);
    if (!name || name->type != FieldType::text) return std::nullopt;
    if (text(*name) == key) return value;
    const auto next = skip(value);
    if (!next) return std::nullopt;
    at = *next;
  }
  return std::nullopt;
}

}  // namespace postern::mmdb
