#include "milter/accept.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace postern {
namespace {

// Connections wait this much longer than they have to.
constexpr std::chrono::milliseconds kPause{100};

// Whoever calls accept(2) has no data of ours; set once, before libmilter runs.
struct Watched {
  int listening_fd = -1;
  AcceptShortage* shortage = nullptr;
  const StopFlag* stopping = nullptr;  // null: connections are taken to the end
};
Watched watched;

}  // namespace

void pause_at_shortage(int listening_fd, AcceptShortage& shortage) {
  watched = {listening_fd, &shortage, nullptr};
}

void leave_waiting_when(const StopFlag& stopping) {
  watched.stopping = &stopping;
}

}  // namespace postern

// libmilter calls this function instead of libc's, because the program's come first when symbols
// are bound (as in milter/sigwait.cpp). What else calls it gets what it always got.
extern "C" int accept(int listening_fd, sockaddr* peer, socklen_t* length) {
  const auto& [watched_fd, shortage, stopping] = postern::watched;
  const bool is_watched = listening_fd == watched_fd;
  while (is_watched && stopping != nullptr && stopping->is_set()) ::pause();
  const int taken = ::accept4(listening_fd, peer, length, 0);
  if (taken >= 0 || !is_watched) return taken;
  const int error = errno;
  if (postern::AcceptShortage::is_shortage(error)) {
    shortage->note(error, std::chrono::steady_clock::now());
    std::this_thread::sleep_for(postern::kPause);
  }
  errno = error;
  return taken;
}
