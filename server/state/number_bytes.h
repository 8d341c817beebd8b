// Numbers as bytes of a file, the lowest first, on every machine. Pure.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace postern::state {

// The number that has these bytes in memory, and the other way round.
inline std::uint64_t lowest_first(std::uint64_t number) {
  return std::endian::native == std::endian::big ? __builtin_bswap64(number) : number;
}
// REQUIRES: `size` is eight at most, and so many bytes are there.
inline std::uint64_t number_at(const void* bytes, std::size_t size) {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes, size);
  return lowest_first(number);
}

class NumberWriter {
 public:
  // The low bytes of `value`.
  template <std::size_t bytes>
  void number(std::uint64_t value) {
    static_assert(bytes <= sizeof value);
    const std::uint64_t first = lowest_first(value);
    out_.append(reinterpret_cast<const char*>(&first), bytes);
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

class NumberReader {
 public:
  explicit NumberReader(std::string_view bytes) : rest_(bytes) {}
  // REQUIRES: so many are left.
  template <std::size_t bytes>
  std::uint64_t number() {
    static_assert(bytes <= sizeof(std::uint64_t));
    const std::uint64_t value = number_at(rest_.data(), bytes);
    rest_.remove_prefix(bytes);
    return value;
  }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
};

}  // namespace postern::state
