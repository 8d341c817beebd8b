#include "common/base/ip_scope.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace postern {
namespace {

// The bits of an IPv6 address.
struct V6Bits {
  std::uint64_t upper = 0;
  std::uint64_t lower = 0;
};

struct V4Block {
  std::uint32_t first;
  int prefix_length;
  IpScope scope;

  [[nodiscard]] constexpr bool contains(std::uint32_t address) const {
    return ((address ^ first) >> (32 - prefix_length)) == 0;
  }
};

struct V6Block {
  V6Bits first;
  int prefix_length;
  IpScope scope;

  [[nodiscard]] constexpr bool contains(const V6Bits& address) const {
    const std::uint64_t upper = address.upper ^ first.upper;
    const std::uint64_t lower = address.lower ^ first.lower;
    if (prefix_length == 0) return true;
    if (prefix_length <= 64) return (upper >> (64 - prefix_length)) == 0;
    return upper == 0 && (lower >> (128 - prefix_length)) == 0;
  }
};

// The rows of the registry, and multicast. What lies inside of another row stands before it.
constexpr std::array<V4Block, 20> kV4Blocks{{
    {0x00000000, 8, IpScope::unspecified},     // 0.0.0.0/8, RFC 791, RFC 1122
    {0x0a000000, 8, IpScope::private_use},     // 10.0.0.0/8, RFC 1918
    {0x64400000, 10, IpScope::private_use},    // 100.64.0.0/10, RFC 6598
    {0x7f000000, 8, IpScope::loopback},        // 127.0.0.0/8, RFC 1122
    {0xa9fe0000, 16, IpScope::link_local},     // 169.254.0.0/16, RFC 3927
    {0xac100000, 12, IpScope::private_use},    // 172.16.0.0/12, RFC 1918
    {0xc0000009, 32, IpScope::global},         // 192.0.0.9, RFC 7723
    {0xc000000a, 32, IpScope::global},         // 192.0.0.10, RFC 8155
    {0xc0000000, 24, IpScope::reserved},       // 192.0.0.0/24, RFC 6890, 7335, 7600, 8880
    {0xc0000200, 24, IpScope::documentation},  // 192.0.2.0/24, RFC 5737
    {0xc01fc400, 24, IpScope::global},         // 192.31.196.0/24, RFC 7535
    {0xc034c100, 24, IpScope::global},         // 192.52.193.0/24, RFC 7450
    {0xc0586300, 24, IpScope::reserved},       // 192.88.99.0/24, deprecated, RFC 7526, 6751
    {0xc0a80000, 16, IpScope::private_use},    // 192.168.0.0/16, RFC 1918
    {0xc0af3000, 24, IpScope::global},         // 192.175.48.0/24, RFC 7534
    {0xc6120000, 15, IpScope::reserved},       // 198.18.0.0/15, RFC 2544
    {0xc6336400, 24, IpScope::documentation},  // 198.51.100.0/24, RFC 5737
    {0xcb007100, 24, IpScope::documentation},  // 203.0.113.0/24, RFC 5737
    {0xe0000000, 4, IpScope::multicast},       // 224.0.0.0/4, RFC 5771
    {0xf0000000, 4, IpScope::reserved},        // 240.0.0.0/4, RFC 1112, RFC 919
}};

// The same. What is in none of these, and outside of 2000::/3, is not given out to anybody
// (RFC 4291 2.4): 100::/64 (RFC 6666), 100:0:0:1::/64 (RFC 9780), 5f00::/16 (RFC 9602) and the
// IPv4-compatible addresses, ::/96.
constexpr std::array<V6Block, 19> kV6Blocks{{
    {{0, 0}, 128, IpScope::unspecified},                    // ::, RFC 4291
    {{0, 1}, 128, IpScope::loopback},                       // ::1, RFC 4291
    {{0x0064ff9b00010000, 0}, 48, IpScope::private_use},    // 64:ff9b:1::/48, RFC 8215
    {{0x2001000100000000, 1}, 128, IpScope::global},        // 2001:1::1, RFC 7723
    {{0x2001000100000000, 2}, 128, IpScope::global},        // 2001:1::2, RFC 8155
    {{0x2001000100000000, 3}, 128, IpScope::global},        // 2001:1::3, RFC 9665
    {{0x2001000300000000, 0}, 32, IpScope::global},         // 2001:3::/32, RFC 7450
    {{0x2001000401120000, 0}, 48, IpScope::global},         // 2001:4:112::/48, RFC 7535
    {{0x2001002000000000, 0}, 28, IpScope::global},         // 2001:20::/28, RFC 7343
    {{0x2001003000000000, 0}, 28, IpScope::global},         // 2001:30::/28, RFC 9374
    {{0x2001000000000000, 0}, 23, IpScope::reserved},       // 2001::/23, RFC 2928, 4843, 5180
    {{0x20010db800000000, 0}, 32, IpScope::documentation},  // 2001:db8::/32, RFC 3849
    {{0x3fff000000000000, 0}, 20, IpScope::documentation},  // 3fff::/20, RFC 9637
    {{0x2000000000000000, 0}, 3, IpScope::global},          // also 2620:4f:8000::/48, RFC 7534
    {{0xfc00000000000000, 0}, 7, IpScope::private_use},     // fc00::/7, RFC 4193
    {{0xfe80000000000000, 0}, 10, IpScope::link_local},     // fe80::/10, RFC 4291
    {{0xfec0000000000000, 0}, 10, IpScope::private_use},    // fec0::/10, RFC 3879
    {{0xff00000000000000, 0}, 8, IpScope::multicast},       // ff00::/8, RFC 4291
    {{0, 0}, 0, IpScope::reserved},
}};

// The first row that has addresses with this first octet; most have none.
constexpr auto kFirstV4Block = [] {
  std::array<std::uint8_t, 256> first{};
  for (std::uint32_t octet = 0; octet < first.size(); ++octet) {
    const auto has_octet = [&](const V4Block& block) {
      return block.contains(octet << 24) || block.first >> 24 == octet;
    };
    const auto* const block = std::find_if(kV4Blocks.begin(), kV4Blocks.end(), has_octet);
    first[octet] = static_cast<std::uint8_t>(block - kV4Blocks.begin());
  }
  return first;
}();

template <class Blocks, class Bits>
IpScope scope_in(const Blocks& blocks, const Bits& bits) {
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

V6Bits bits_of(const IpAddress& address) {
  return {big_endian(address.bytes(), 0), big_endian(address.bytes(), 8)};
}

bool is_public(IpScope scope) {
  return scope == IpScope::global || scope == IpScope::documentation;
}

}  // namespace

std::optional<IpAddress> embedded_v4(const IpAddress& address) {
  const auto [upper, lower] = bits_of(address);
  if (upper == 0x0064ff9b00000000 && lower >> 32 == 0) {  // 64:ff9b::/96, RFC 6052 2.1
    return IpAddress::from_v4(static_cast<std::uint32_t>(lower));
  }
  if (upper >> 48 == 0x2002) {  // 2002::/16, RFC 3056 2
    return IpAddress::from_v4(static_cast<std::uint32_t>(upper >> 16));
  }
  if (upper >> 32 == 0x20010000) {  // 2001::/32, RFC 4380 4: the bits of the client, inverted
    return IpAddress::from_v4(~static_cast<std::uint32_t>(lower));
  }
  return std::nullopt;
}

IpScope scope_of(const IpAddress& address) {
  if (address.is_v4()) {
    const std::uint32_t quad = address.v4();
    return scope_in(std::span(kV4Blocks).subspan(kFirstV4Block[quad >> 24]), quad);
  }
  if (const auto inner = embedded_v4(address)) {
    const IpScope scope = scope_of(*inner);
    return is_public(scope) ? scope : IpScope::reserved;
  }
  return scope_in(kV6Blocks, bits_of(address));
}

bool is_public(const IpAddress& address) {
  return is_public(scope_of(address));
}

}  // namespace postern
