// Where an MTA connects to, as its files write it, and whether Postern listens there. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/listen_address.h"

namespace postern::doctor {

struct Endpoint {
  ListenAddress::Kind kind = ListenAddress::Kind::tcp;
  std::string host;  // a name or an address
  std::uint16_t port = 0;
  std::string path;  // unix; may be relative
  std::string text;  // as it is written
};

// `inet:host:port`, `unix:path`; Postfix takes `inet:port@host` for milters too.
std::optional<Endpoint> parse_postfix_endpoint(std::string_view text);
// `inet:port@host`, `inet6:port@host`, `unix:path`, `local:path`, `path`.
std::optional<Endpoint> parse_sendmail_endpoint(std::string_view text);

// How Postfix and sendmail write the address of one of our sockets.
std::string postfix_endpoint_text(const ListenAddress& address);
std::string sendmail_endpoint_text(const ListenAddress& address);

// Whether the host is a name that only a lookup makes an address of.
bool has_host_name(const Endpoint& endpoint);

// Whether who connects there gets to that socket. `path`: of the socket file, as the kernel sees
// it. A host name gets nowhere.
bool leads_to(const Endpoint& endpoint, const std::string& path, const ListenAddress& address);

}  // namespace postern::doctor
