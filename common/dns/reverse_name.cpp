#include "common/dns/reverse_name.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

namespace postern::dns {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kV4Offset = 12;  // of its octets in an IpAddress
constexpr std::size_t kLongest = 64;   // `f.` for each nibble of an IPv6 address

}  // namespace

std::string reversed_labels(const IpAddress& address) {
  std::array<char, kLongest> labels{};
  char* end = labels.data();
  const std::size_t first = address.is_v4() ? kV4Offset : 0;
  for (std::size_t at = address.bytes().size(); at-- > first;) {
    const std::uint8_t octet = address.bytes()[at];
    if (address.is_v4()) {
      end = std::to_chars(end, labels.data() + labels.size(), octet).ptr;
    } else {
      *end++ = kHexDigits[octet & 0xf];
      *end++ = '.';
      *end++ = kHexDigits[octet >> 4];
    }
    *end++ = '.';
  }
  return {labels.data(), end - 1};
}

DnsName reverse_name(const IpAddress& address) {
  const std::string_view zone = address.is_v4() ? ".in-addr.arpa" : ".ip6.arpa";
  return DnsName(reversed_labels(address).append(zone));
}

DnsName reversed(const IpAddress& address) {
  return DnsName(reversed_labels(address));
}

}  // namespace postern::dns
