#include "common/base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cassert>
#include <charconv>

#include "common/base/escape.h"

namespace postern {
namespace {

constexpr std::size_t kV4Offset = 12;  // RFC 4291 2.5.5.2: ten zero octets, two of ff, then these

void take_ipv6_tag(std::string_view& text) {
  constexpr std::string_view kTag = "ipv6:";
  if (text.size() < kTag.size()) return;
  const bool same = std::equal(kTag.begin(), kTag.end(), text.begin(), [](char tag, char c) {
    return c == tag || (c >= 'A' && c <= 'Z' && c - 'A' + 'a' == tag);
  });
  if (same) text.remove_prefix(kTag.size());
}

// Not inet_pton(): that wants a C string, and every SPF record has quads.
std::optional<std::uint32_t> read_quad(std::string_view text) {
  std::uint32_t value = 0;  // of the octets that are over
  std::uint32_t octet = 0;
  int digits = 0;  // of it
  int dots = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      const bool has_leading_zero = digits > 0 && octet == 0;
      octet = octet * 10 + static_cast<std::uint32_t>(c - '0');
      ++digits;
      if (has_leading_zero || octet > 0xff) return std::nullopt;
    } else if (c == '.' && digits > 0 && dots < 3) {
      value = value << 8 | octet;
      octet = 0;
      digits = 0;
      ++dots;
    } else {
      return std::nullopt;
    }
  }
  return dots == 3 && digits > 0 ? std::optional(value << 8 | octet) : std::nullopt;
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

std::optional<IpAddress> IpAddress::from_text(std::string_view text) {
  if (const auto quad = read_quad(text)) return from_v4(*quad);
  take_ipv6_tag(text);
  // inet_pton() takes a C string: nothing behind a NUL may be lost.
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::copy(text.begin(), text.end(), terminated.begin());
  Bytes bytes{};
  if (inet_pton(AF_INET6, terminated.data(), bytes.data()) != 1) return std::nullopt;
  return IpAddress(bytes);
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  if (const auto address = from_text(text)) return *address;
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
