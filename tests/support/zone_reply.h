// From the bytes of a query to what a server of a ZoneMap does about it. Pure: the sockets, the
// delays and the counting are in zone_server.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tests/support/zone_map.h"

namespace postern {

enum class Transport { udp, tcp };

struct ZoneQuery {
  std::uint16_t id = 0;
  bool recursion_desired = false;
  std::string name;                    // lower case, no final dot
  DnsType type = DnsType::a;           // may have any value
  std::vector<std::uint8_t> question;  // as it came: its letters may be of either case
  bool edns = false;
  std::size_t payload = 512;  // octets that a UDP reply may have
};

// Nothing when the bytes are no query with one question.
std::optional<ZoneQuery> parse_query(std::span<const std::uint8_t> wire);

struct ZoneReply {
  enum class Kind {
    send,
    send_from_other_port,
    nothing,
    reset,  // of the TCP connection
  } kind = Kind::nothing;
  std::vector<std::uint8_t> wire;
  std::chrono::milliseconds delay{0};
};

// `asked_before`: how often the same name and type has been asked for already.
ZoneReply reply_to(const ZoneMap& zone, const ZoneQuery& query, Transport transport,
                   int asked_before);

}  // namespace postern
