// Bytes in 24 bytes of room: up to 23 of them lie in it, more in one block of exactly their size.
// For what is kept by the hundred thousand and seldom grows. A value; empty after a move.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postern {

class CompactBytes {
 public:
  static constexpr std::size_t kInPlace = 23;

  CompactBytes() = default;
  CompactBytes(const CompactBytes& other) { append(other.view()); }
  CompactBytes(CompactBytes&& other) noexcept { swap(other); }
  CompactBytes& operator=(CompactBytes other) noexcept {
    swap(other);
    return *this;
  }
  ~CompactBytes();

  // Valid until the next change or move.
  [[nodiscard]] std::string_view view() const;
  // REQUIRES: `more` is not part of it.
  void append(std::string_view more);

  // The size of the block; 0: there is none.
  [[nodiscard]] std::size_t block_size() const { return is_block() ? block().size : 0; }

  friend bool operator==(const CompactBytes& left, const CompactBytes& right) {
    return left.view() == right.view();
  }

 private:
  struct Block {
    char* data = nullptr;
    std::size_t size = 0;
  };
  static constexpr std::uint8_t kIsBlock = 255;

  [[nodiscard]] bool is_block() const { return size_ == kIsBlock; }
  [[nodiscard]] Block block() const;
  void swap(CompactBytes& other) noexcept;

  alignas(Block) std::array<char, kInPlace> room_{};  // the bytes, or a Block
  std::uint8_t size_ = 0;
};

static_assert(sizeof(CompactBytes) == CompactBytes::kInPlace + 1);

}  // namespace postern
