// Replaces three functions of libc for libmilter: accept, sigwait and time. The linker binds the
// program's functions first, so the replacement holds for the whole process.
//
// The functions below set how libmilter accepts connections. The main thread calls them once each,
// in this order, before smfi_main(). libmilter's threads use what they are given until the process
// ends.
#pragma once

#include <atomic>
#include <cstdint>

#include "common/os/accept_shortage.h"
#include "milter/peer_sockets.h"
#include "milter/stop_flag.h"
#include "server/config/in_force.h"

namespace postern::milter {

// When the process has no descriptors (it keeps some back) or no memory for a connection to this
// socket, libmilter waits a moment and reports to `shortage`. Without this call libmilter retries
// at once, uses a whole core, and reports nothing. `shortage` outlives libmilter's threads.
void pause_at_shortage(int listening_fd, os::AcceptShortage& shortage);

// Closes a connection at once when its address already has its share of `milter.max_connections`;
// the MTA then goes on without the filter. `closed` counts these connections. REQUIRES:
// pause_at_shortage() was called; all three arguments live as long as `shortage`.
void share_among_peers(const config::LiveSettings& settings, PeerSockets& peers,
                       std::atomic<std::uint64_t>& closed);

// Once `stopping` is set, libmilter accepts no more connections: they wait in the kernel's queue
// for the next daemon, because systemd keeps the socket open. libmilter's listening thread then
// waits for the end of the process. REQUIRES: share_among_peers() was called; `stopping` lives as
// long as `shortage`.
void leave_waiting_when(const StopFlag& stopping);

}  // namespace postern::milter
