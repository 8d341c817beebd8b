#include "policyd/acceptor.h"

#include <cerrno>
#include <chrono>
#include <utility>

namespace postern::policyd {
namespace {

// So many at a time, that a flood of connections leaves time for those that are there.
constexpr int kBurst = 64;
// Without descriptors or memory the connections that wait have to wait a little longer.
constexpr std::chrono::milliseconds kPause{1000};

}  // namespace

Acceptor::Acceptor(boost::asio::io_context& context, int listening_fd, os::AcceptShortage& shortage,
                   Taken taken)
    : listening_(context, listening_fd),
      pause_(context),
      shortage_(shortage),
      taken_(std::move(taken)) {}

Acceptor::~Acceptor() {
  static_cast<void>(listening_.release());
}

void Acceptor::start() {
  listening_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                        [this](boost::system::error_code error) {
                          if (!error && !stopped_) accept_waiting();
                        });
}

void Acceptor::stop() {
  if (std::exchange(stopped_, true)) return;
  pause_.cancel();
  static_cast<void>(listening_.release());
}

void Acceptor::accept_waiting() {
  for (int i = 0; i < kBurst; ++i) {
    switch (accept_one()) {
      case Outcome::taken:
        break;
      case Outcome::none_waiting:
        start();
        return;
      case Outcome::exhausted:
        pause();
        return;
    }
  }
  start();
}

Acceptor::Outcome Acceptor::accept_one() {
  if (!reserve_.has_room(listening_.native_handle())) {
    shortage_.note(EMFILE, std::chrono::steady_clock::now());
    return Outcome::exhausted;
  }
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  os::UniqueFd fd(::accept4(listening_.native_handle(), reinterpret_cast<sockaddr*>(&peer), &length,
                            SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd.is_open()) {
    reserve_.taken(fd.get());
    taken_(std::move(fd), peer);
    return Outcome::taken;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) return Outcome::none_waiting;
  // The client hung up before its turn, or the network below failed for it alone (accept(2)).
  if (!os::AcceptShortage::is_shortage(errno)) return Outcome::taken;
  shortage_.note(errno, std::chrono::steady_clock::now());
  return Outcome::exhausted;
}

void Acceptor::pause() {
  pause_.expires_after(kPause);
  pause_.async_wait([this](boost::system::error_code error) {
    if (!error && !stopped_) accept_waiting();
  });
}

}  // namespace postern::policyd
