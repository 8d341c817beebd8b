#include "common/base/compact_bytes.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace postern {

CompactBytes::~CompactBytes() {
  if (is_block()) delete[] block().data;
}

std::string_view CompactBytes::view() const {
  if (!is_block()) return {room_.data(), size_};
  const Block in_block = block();
  return {in_block.data, in_block.size};
}

void CompactBytes::append(std::string_view more) {
  const std::string_view before = view();
  const std::size_t size = before.size() + more.size();
  if (size <= kInPlace) {
    std::copy(more.begin(), more.end(), room_.begin() + size_);
    size_ = static_cast<std::uint8_t>(size);
    return;
  }
  const Block grown{new char[size], size};
  std::copy(more.begin(), more.end(), std::copy(before.begin(), before.end(), grown.data));
  if (is_block()) delete[] before.data();
  std::memcpy(room_.data(), &grown, sizeof grown);
  size_ = kIsBlock;
}

CompactBytes::Block CompactBytes::block() const {
  Block block;
  std::memcpy(&block, room_.data(), sizeof block);
  return block;
}

void CompactBytes::swap(CompactBytes& other) noexcept {
  std::swap(room_, other.room_);
  std::swap(size_, other.size_);
}

}  // namespace postern
