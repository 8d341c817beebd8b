#include "ctl/import/prefix_set.h"

#include <algorithm>

namespace postern::import {
namespace {

constexpr int kMappedBits = 96;

bool bit_of(const IpAddress& address, int bit) {
  const auto index = static_cast<std::size_t>(bit) / 8;
  return (address.bytes()[index] >> (7 - bit % 8) & 1) != 0;
}

IpAddress with_bit(const IpAddress& address, int bit) {
  IpAddress::Bytes bytes = address.bytes();
  const auto index = static_cast<std::size_t>(bit) / 8;
  bytes[index] = static_cast<std::uint8_t>(bytes[index] | 1U << (7 - bit % 8));
  return IpAddress(bytes);
}

IpAddress masked(const IpAddress& address, int length) {
  IpAddress::Bytes bytes = address.bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int bits = std::clamp(length - 8 * static_cast<int>(i), 0, 8);
    bytes[i] = static_cast<std::uint8_t>(bytes[i] & (0xff00 >> bits));
  }
  return IpAddress(bytes);
}

}  // namespace

bool Prefix::contains(const Prefix& other) const {
  return length <= other.length && masked(other.first, length) == first;
}

std::string Prefix::to_string() const {
  if (length == 128) return first.to_string();
  const bool v4 = first.is_v4() && length >= kMappedBits;
  return first.to_string() + "/" + std::to_string(v4 ? length - kMappedBits : length);
}

std::vector<Prefix> every_address(Family family) {
  const Prefix all_v4{IpAddress::from_v4(0), kMappedBits};
  if (family == Family::v4) return {all_v4};
  return difference({Prefix{}}, all_v4);
}

std::vector<Prefix> intersection(const std::vector<Prefix>& one, const std::vector<Prefix>& other) {
  std::vector<Prefix> result;
  for (const Prefix& a : one) {
    for (const Prefix& b : other) {
      if (a.contains(b)) {
        result.push_back(b);
      } else if (b.contains(a)) {
        result.push_back(a);
      }
    }
  }
  return result;
}

std::vector<Prefix> difference(const std::vector<Prefix>& one, const Prefix& other) {
  std::vector<Prefix> result;
  for (const Prefix& a : one) {
    if (other.contains(a)) continue;
    if (!a.contains(other)) {
      result.push_back(a);
      continue;
    }
    // On the way down to `other`, the half that it is not in stays.
    for (int length = a.length; length < other.length; ++length) {
      IpAddress half = masked(other.first, length);
      if (!bit_of(other.first, length)) half = with_bit(half, length);
      result.push_back({half, length + 1});
    }
  }
  return result;
}

std::optional<std::size_t> SeenPrefixes::holder_of(const Prefix& prefix) const {
  for (int length = 0; length <= prefix.length; ++length) {
    if (!used_[length]) continue;
    const auto found = numbers_.find(key_of({masked(prefix.first, length), length}));
    if (found != numbers_.end()) return found->second;
  }
  return std::nullopt;
}

void SeenPrefixes::add(const Prefix& prefix, std::size_t number) {
  numbers_.emplace(key_of(prefix), number);
  used_[prefix.length] = true;
}

std::string SeenPrefixes::key_of(const Prefix& prefix) {
  const auto& bytes = prefix.first.bytes();
  std::string key(bytes.begin(), bytes.end());
  return key + static_cast<char>(prefix.length);
}

}  // namespace postern::import
