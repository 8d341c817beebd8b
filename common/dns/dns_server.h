// Where a DNS server listens, and how people write that. A value; no I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip_address.h"

namespace postern::dns {

struct DnsServer {
  IpAddress address;
  std::uint16_t port = 53;
  // Of a link-local address (RFC 4007 11): the name of the interface that leads there, or its
  // number. Other addresses have none: they do not need it.
  std::string zone = {};

  // `127.0.0.1`, `127.0.0.1:5353`, `::1`, `[::1]:5353`, with `#` in place of the colon before the
  // port as well; `fe80::53%eth0`, `[fe80::53%eth0]:5353`. The addresses that mean any of this
  // machine, `0.0.0.0` and `::`, are read as its loopback ones: so connect(2) takes them. Nothing
  // when it is none of these, or the port is 0.
  static std::optional<DnsServer> parse(std::string_view text);

  // Link-local without a zone: the address alone does not say where to send.
  [[nodiscard]] bool lacks_zone() const;

  // `127.0.0.1:53`, `[2001:db8::1]:53`, `[fe80::53%eth0]:53`
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const DnsServer&, const DnsServer&) = default;
};

// Servers that are as good as each other; the next group is asked when this one gives no answer.
using DnsServerGroup = std::vector<DnsServer>;

}  // namespace postern::dns
