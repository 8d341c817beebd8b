// Which addresses a DNS list answers with mean what a rule is about: `127.0.0.[2..11]` as in
// postscreen_dnsbl_sites(5) of Postfix, `127.0.0.&8` for lists that add up bits. A value; pure.
#pragma once

#include <array>
#include <bitset>
#include <string_view>

#include "common/base/ip_address.h"
#include "common/base/result.h"

namespace postern::checks {

class ListCodes {
 public:
  // Four octets with dots between them, of which the first is 127 (RFC 5782 2.1). An octet is a
  // number; or numbers and ranges in brackets, `[2;4..11]`; or `&` and a number: all its bits are
  // set. Errors: anything else, a range that ends before it begins, `&0`.
  static Result<ListCodes> parse(std::string_view text);

  [[nodiscard]] bool has(const IpAddress& code) const;

 private:
  using Octet = std::bitset<256>;  // the values that it may have
  static bool take_octet(std::string_view& text, Octet& octet);

  std::array<Octet, 4> octets_;
};

}  // namespace postern::checks
