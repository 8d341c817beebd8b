#include "milter/libmilter_overrides.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <thread>

#include "common/os/descriptor_reserve.h"
#include "server/service/client_shares.h"

namespace postern::milter {
namespace {

// Connections wait this much longer than they have to.
constexpr std::chrono::milliseconds kPause{100};

// Whoever calls accept(2) has no data of ours; set once, before libmilter runs.
struct Watched {
  int listening_fd = -1;
  os::AcceptShortage* shortage = nullptr;
  const StopFlag* stopping = nullptr;              // null: connections are taken to the end
  const config::LiveSettings* settings = nullptr;  // null: nobody has a share
  PeerSockets* peers = nullptr;
  std::atomic<std::uint64_t>* closed = nullptr;
  os::DescriptorReserve reserve;  // of libmilter's listening thread
};
Watched watched;

bool is_within_share(int fd, const sockaddr* peer, socklen_t length) {
  if (watched.settings == nullptr) return true;
  sockaddr_storage from{};
  std::memcpy(&from, peer, std::min<std::size_t>(length, sizeof from));
  const std::size_t max = watched.settings->current().milter.max_connections;
  return watched.peers->take(fd, from, service::share_of_one_host(max));
}

// The connection, or -1 with errno.
int take_connection(sockaddr* peer, socklen_t* length) {
  if (!watched.reserve.has_room(watched.listening_fd)) {
    errno = EMFILE;
    return -1;
  }
  const int taken = ::accept4(watched.listening_fd, peer, length, 0);
  if (taken < 0) return taken;
  watched.reserve.taken(taken);
  if (is_within_share(taken, peer, *length)) return taken;
  ::close(taken);
  ++*watched.closed;
  errno = ECONNABORTED;  // as if the peer had hung up before its turn
  return -1;
}

}  // namespace

void pause_at_shortage(int listening_fd, os::AcceptShortage& shortage) {
  watched.listening_fd = listening_fd;
  watched.shortage = &shortage;
}

void share_among_peers(const config::LiveSettings& settings, PeerSockets& peers,
                       std::atomic<std::uint64_t>& closed) {
  watched.closed = &closed;
  watched.peers = &peers;
  watched.settings = &settings;
}

void leave_waiting_when(const StopFlag& stopping) {
  watched.stopping = &stopping;
}

}  // namespace postern::milter

// What else calls it gets what it always got.
extern "C" int accept(int listening_fd, sockaddr* peer, socklen_t* length) {
  using postern::milter::watched;
  if (listening_fd != watched.listening_fd) return ::accept4(listening_fd, peer, length, 0);
  while (watched.stopping != nullptr && watched.stopping->is_set()) ::pause();
  const int taken = postern::milter::take_connection(peer, length);
  if (taken >= 0) return taken;
  const int error = errno;
  if (postern::os::AcceptShortage::is_shortage(error)) {
    watched.shortage->note(error, std::chrono::steady_clock::now());
    std::this_thread::sleep_for(postern::milter::kPause);
  }
  errno = error;
  return -1;
}

// libmilter has a thread that waits with sigwait(3) for SIGHUP, SIGTERM and SIGINT, and takes each
// for an order to stop, SIGHUP too; there is no way to tell it not to. The kernel gives a signal of
// the process to the main thread, unless that blocks it, which it does while it is in the handler
// of another one: then the signal goes to whoever waits for it. So nobody else does: libmilter is
// the only one in the process that calls this function. Its thread has all signals blocked
// (MilterServer::run_filter), so that nothing ends the pause.
extern "C" int sigwait(const sigset_t* /*signals*/, int* /*signal*/) {
  for (;;) ::pause();
}

// libmilter (worker.c) measures with time(2) how long a session has said nothing, and closes those
// that were silent for two hours: a wall clock that is set forward by more than that, as on a
// machine that began with a wrong one, would end every session that is open, and the MTA would go
// on without a filter. So it gets a clock that nobody sets. It only ever looks at differences, and
// nothing else in the process asks time(2) what day it is: C++ has clocks of its own.
extern "C" std::time_t time(std::time_t* result) noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  if (result != nullptr) *result = now.tv_sec;
  return now.tv_sec;
}
