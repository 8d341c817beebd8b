// What a server of a ZoneMap does about a query. Pure: the sockets, the delays and the counting are
// in zone_server.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "tests/support/zone_map.h"
#include "tests/support/zone_message.h"

namespace postern {

enum class Transport { udp, tcp };

struct ZoneReply {
  enum class Kind {
    send,
    send_from_other_port,
    nothing,
    stall,  // nothing, and nothing more on that TCP connection
    reset,  // of the TCP connection
  } kind = Kind::nothing;
  std::vector<std::uint8_t> wire;
  std::chrono::milliseconds delay{0};
};

// `asked_before`: how often the same name and type has been asked for already.
ZoneReply reply_to(const ZoneMap& zone, const ZoneQuery& query, Transport transport,
                   int asked_before);

}  // namespace postern
