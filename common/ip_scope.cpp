#include "common/ip_scope.h"

#include <array>
#include <cstdint>

namespace postern {
namespace {

// The leading bits of an address: 32 of IPv4, the upper 64 of IPv6.
template <class Bits>
struct Block {
  Bits first;
  int prefix_length;
  IpScope scope;

  [[nodiscard]] constexpr bool contains(Bits bits) const {
    constexpr int kWidth = static_cast<int>(sizeof(Bits) * 8);
    return ((bits ^ first) >> (kWidth - prefix_length)) == 0;
  }
};

constexpr std::array<Block<std::uint32_t>, 14> kV4Blocks{{
    {0x00000000, 8, IpScope::unspecified},     // 0.0.0.0/8
    {0x7f000000, 8, IpScope::loopback},        // 127.0.0.0/8
    {0x0a000000, 8, IpScope::private_use},     // 10.0.0.0/8
    {0xac100000, 12, IpScope::private_use},    // 172.16.0.0/12
    {0xc0a80000, 16, IpScope::private_use},    // 192.168.0.0/16
    {0x64400000, 10, IpScope::private_use},    // 100.64.0.0/10
    {0xa9fe0000, 16, IpScope::link_local},     // 169.254.0.0/16
    {0xe0000000, 4, IpScope::multicast},       // 224.0.0.0/4
    {0xc0000200, 24, IpScope::documentation},  // 192.0.2.0/24
    {0xc6336400, 24, IpScope::documentation},  // 198.51.100.0/24
    {0xcb007100, 24, IpScope::documentation},  // 203.0.113.0/24
    {0xf0000000, 4, IpScope::reserved},        // 240.0.0.0/4
    {0xc0000000, 24, IpScope::reserved},       // 192.0.0.0/24
    {0xc6120000, 15, IpScope::reserved},       // 198.18.0.0/15
}};

constexpr std::array<Block<std::uint64_t>, 6> kV6Blocks{{
    {0xfc00000000000000, 7, IpScope::private_use},     // fc00::/7
    {0xfe80000000000000, 10, IpScope::link_local},     // fe80::/10
    {0xff00000000000000, 8, IpScope::multicast},       // ff00::/8
    {0x20010db800000000, 32, IpScope::documentation},  // 2001:db8::/32
    {0x3fff000000000000, 20, IpScope::documentation},  // 3fff::/20, RFC 9637
    {0x0100000000000000, 64, IpScope::reserved},       // 100::/64
}};

template <class Blocks, class Bits>
IpScope scope_in(const Blocks& blocks, Bits bits) {
  for (const auto& block : blocks) {
    if (block.contains(bits)) return block.scope;
  }
  return IpScope::global;
}

std::uint64_t big_endian(const IpAddress::Bytes& bytes, std::size_t start) {
  std::uint64_t value = 0;
  for (std::size_t i = start; i < start + 8; ++i) value = value << 8 | bytes[i];
  return value;
}

}  // namespace

IpScope scope_of(const IpAddress& address) {
  if (address.is_v4()) return scope_in(kV4Blocks, address.v4());
  const std::uint64_t upper = big_endian(address.bytes(), 0);
  const std::uint64_t lower = big_endian(address.bytes(), 8);
  if (upper == 0 && lower == 0) return IpScope::unspecified;
  if (upper == 0 && lower == 1) return IpScope::loopback;
  return scope_in(kV6Blocks, upper);
}

std::string_view to_string(IpScope scope) {
  switch (scope) {
    case IpScope::global:
      return "global";
    case IpScope::unspecified:
      return "unspecified";
    case IpScope::loopback:
      return "loopback";
    case IpScope::private_use:
      return "private_use";
    case IpScope::link_local:
      return "link_local";
    case IpScope::multicast:
      return "multicast";
    case IpScope::documentation:
      return "documentation";
    case IpScope::reserved:
      return "reserved";
  }
  return "?";
}

}  // namespace postern
