#include "common/base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cassert>
#include <charconv>

#include "common/base/escape.h"

namespace postern {
namespace {

constexpr std::size_t kV4Offset = 12;  // RFC 4291 2.5.5.2: ten zero octets, two of ff, then these

bool take_ipv6_tag(std::string_view& text) {
  constexpr std::string_view kTag = "ipv6:";
  if (text.size() < kTag.size()) return false;
  const bool same = std::equal(kTag.begin(), kTag.end(), text.begin(), [](char tag, char c) {
    return c == tag || (c >= 'A' && c <= 'Z' && c - 'A' + 'a' == tag);
  });
  if (same) text.remove_prefix(kTag.size());
  return same;
}

// Its end. Not inet_ntop(): that goes through printf(), and every log line has a client.
char* write_quad(const std::uint8_t* octets, char* out) {
  for (int i = 0; i < 4; ++i) {
    if (i > 0) *out++ = '.';
    out = std::to_chars(out, out + 3, octets[i]).ptr;
  }
  return out;
}

}  // namespace

IpAddress IpAddress::from_v4(std::uint32_t host_order) {
  Bytes bytes{};
  bytes[10] = bytes[11] = 0xff;
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[kV4Offset + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  }
  return IpAddress(bytes);
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  std::string_view bare = text;
  const bool tagged = take_ipv6_tag(bare);
  // inet_pton() takes a C string: nothing behind a NUL may be lost.
  if (bare.size() < INET6_ADDRSTRLEN && bare.find('\0') == std::string_view::npos) {
    const std::string terminated(bare);
    in_addr v4{};
    if (!tagged && inet_pton(AF_INET, terminated.c_str(), &v4) == 1) {
      return from_v4(ntohl(v4.s_addr));
    }
    Bytes bytes{};
    if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return IpAddress(bytes);
  }
  std::string found;
  append_log_value(found, text, INET6_ADDRSTRLEN);
  return failure(found + " is not an IP address; write it as 192.0.2.1 or 2001:db8::1");
}

std::uint32_t IpAddress::v4() const {
  assert(is_v4());
  std::uint32_t value = 0;
  for (std::size_t i = kV4Offset; i < bytes_.size(); ++i) value = value << 8 | bytes_[i];
  return value;
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (is_v4()) {
    return {buffer.data(), write_quad(bytes_.data() + kV4Offset, buffer.data())};
  }
  inet_ntop(AF_INET6, bytes_.data(), buffer.data(), static_cast<socklen_t>(buffer.size()));
  return buffer.data();
}

}  // namespace postern
