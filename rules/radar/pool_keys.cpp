#include "rules/radar/pool_keys.h"

#include <algorithm>
#include <cstddef>

namespace postern::radar {
namespace {

constexpr std::size_t kMappedOctets = 12;  // in front of the four of IPv4
constexpr int kOctetBits = 8;
constexpr std::size_t kMaxWord = 128;

}  // namespace

IpAddress network_of(const IpAddress& address, int v4_bits, int v6_bits) {
  IpAddress::Bytes bytes = address.bytes();
  const int octets = (address.is_v4() ? v4_bits : v6_bits) / kOctetBits;
  const std::size_t kept = static_cast<std::size_t>(octets) + (address.is_v4() ? kMappedOctets : 0);
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(kept), bytes.end(), std::uint8_t{0});
  return IpAddress(bytes);
}

std::string network_text(const IpAddress& address) {
  return network_of(address, 24, 64).to_string() + (address.is_v4() ? "/24" : "/64");
}

bool is_below(std::string_view name, std::string_view domain) {
  if (!name.ends_with(domain)) return false;
  return name.size() == domain.size() || name[name.size() - domain.size() - 1] == '.';
}

bool is_plain_word(std::string_view text) {
  const auto is_plain = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '.' ||
           letter == '_' || letter == '-';
  };
  return !text.empty() && text.size() <= kMaxWord && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), is_plain);
}

}  // namespace postern::radar
