// Where a webhook is sent: an address on the web, in its parts. A
// value; pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace postern {

struct WebAddress {
  bool is_tls = true;
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 443;
  std::string target = "/";  // path and query

  // `https://alerts.example.org/postern?to=mail`, `https://[2001:db8::1]:8443/x`; over plain HTTP
  // only to a loopback address: `http://127.0.0.1:8080/x`. Without a user, a fragment, blanks and
  // what is not ASCII. Error: what would be right.
  static Result<WebAddress> parse(std::string_view text);
};

}  // namespace postern
