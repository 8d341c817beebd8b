// Three functions of libc that libmilter gets from here: accept, sigwait and time. The program's
// come first when symbols are bound. This is for the whole process.
//
// What can be set is how libmilter takes connections when there are no descriptors left for them,
// and when it is not to take any more.
#pragma once

#include <atomic>
#include <cstdint>

#include "common/os/accept_shortage.h"
#include "milter/peer_sockets.h"
#include "milter/stop_flag.h"
#include "server/config/in_force.h"

namespace postern::milter {

// From now on libmilter waits a moment whenever a connection to this socket cannot be taken for
// want of descriptors (some are kept back) or memory, and `shortage` hears of it; by itself it
// would try again at once, on a whole core, and tell nobody. For the whole process, like libmilter:
// call it once, before smfi_main(). `shortage` outlives libmilter's threads.
void pause_at_shortage(int listening_fd, os::AcceptShortage& shortage);

// From now on what one address over the network has beyond its share of `milter.max_connections` is
// closed at once, and the MTA there does without. After the function above; all three live as long
// as `shortage`. `closed` counts.
void share_among_peers(const config::LiveSettings& settings, PeerSockets& peers,
                       std::atomic<std::uint64_t>& closed);

// Once `stopping` is set, connections to that socket are taken no more, and wait in the system's
// queue for the next daemon: for a socket that somebody else keeps open. After the function above;
// `stopping` lives as long as `shortage`. libmilter's listening thread then waits for the end of
// the process.
void leave_waiting_when(const StopFlag& stopping);

}  // namespace postern::milter
