// A network in CIDR notation (RFC 4632): an address whose host bits are zero, and a prefix length.
// A value; no I/O.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "common/base/ip_address.h"
#include "common/base/result.h"

namespace postern {

class IpNetwork {
 public:
  // Accepts `192.0.2.0/24`, `2001:db8::/32` and single addresses (a /32 or /128).
  // Errors: not an address, prefix length out of range, host bits set (the error names the network
  // that was probably meant), an IPv6 network that all of IPv4 would be in by its mapped form.
  static Result<IpNetwork> parse(std::string_view text);

  // The network of which `address` is one, with so many bits of the 128-bit form, 0 to 128. Error:
  // the last one of parse().
  static Result<IpNetwork> around(const IpAddress& address, int mapped_prefix_length);

  // Lowest and highest address of the network, both inside it.
  [[nodiscard]] const IpAddress& first() const { return first_; }
  [[nodiscard]] IpAddress last() const;
  // Bits counted in the 128-bit form: an IPv4 /24 is 120.
  [[nodiscard]] int mapped_prefix_length() const { return mapped_prefix_length_; }
  [[nodiscard]] bool contains(const IpAddress& address) const;
  // Whether one of the two holds the other.
  [[nodiscard]] bool overlaps(const IpNetwork& other) const;
  // Whether it is larger than any that a registry has handed out to one holder: of IPv4 wider than
  // /8, of IPv6 than /19.
  [[nodiscard]] bool is_broad() const;
  // `192.0.2.0/24`; single addresses are printed without a length.
  [[nodiscard]] std::string to_string() const;

  friend auto operator<=>(const IpNetwork&, const IpNetwork&) = default;

 private:
  IpNetwork(const IpAddress& first, int mapped_prefix_length)
      : first_(first), mapped_prefix_length_(mapped_prefix_length) {}

  IpAddress first_;
  int mapped_prefix_length_ = 128;
};

}  // namespace postern
