// Where a daemon listens: a TCP port or a unix socket.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/ip_address.h"

namespace postern {

// One listening socket of a daemon.
struct ListenAddress {
  enum class Kind { tcp, unix_socket } kind = Kind::tcp;
  IpAddress address;
  std::uint16_t port = 0;
  std::string path;   // unix only from here on
  std::string owner;  // empty: left as created
  std::string group;
  std::uint32_t mode = 0660;  // permission bits
  // `inet:127.0.0.1:10040` or `unix:/var/spool/postfix/postern/policy`
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

}  // namespace postern
