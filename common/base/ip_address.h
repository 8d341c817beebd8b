// An IPv4 or IPv6 address as a value of 16 bytes.
//
// IPv4 is kept as IPv4-mapped IPv6 (RFC 4291 2.5.5.2), so that `192.0.2.1` and `::ffff:192.0.2.1`
// are one address: a client is the same client through either socket family. Immutable, no I/O.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace postern {

class IpAddress {
 public:
  using Bytes = std::array<std::uint8_t, 16>;

  constexpr IpAddress() = default;  // `::`
  constexpr explicit IpAddress(const Bytes& bytes) : bytes_(bytes) {}
  static IpAddress from_v4(std::uint32_t host_order);

  // Accepts dotted quads (four decimal parts, no leading zeros), RFC 4291 text, and the `IPv6:`
  // prefix of RFC 5321 4.1.3, which sendmail also uses for clients. No zone index, no brackets.
  static Result<IpAddress> parse(std::string_view text);
  // The same for texts that need not be one: nothing is said about what is wrong.
  static std::optional<IpAddress> from_text(std::string_view text);

  [[nodiscard]] constexpr bool is_v4() const {
    return std::equal(kMapped.begin(), kMapped.end(), bytes_.begin());
  }
  // REQUIRES: is_v4().
  [[nodiscard]] std::uint32_t v4() const;
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  // RFC 5952 form; IPv4 as a dotted quad.
  [[nodiscard]] std::string to_string() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  static constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0,    0,
                                                           0, 0, 0, 0, 0xff, 0xff};

  Bytes bytes_{};
};

}  // namespace postern
