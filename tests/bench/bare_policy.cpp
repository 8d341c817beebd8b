// bare_policy unix:/PATH|inet:ADDRESS:PORT: the least that answers Postfix's policy protocol. An
// epoll loop on one thread that finds the empty line and answers DUNNO. What the socket itself
// costs.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tests/bench/endpoint.h"

namespace postern {
namespace {

constexpr std::string_view kReply = "action=DUNNO\n\n";
constexpr std::string_view kEmptyLine = "\n\n";

struct Peer {
  os::UniqueFd fd;
  std::string in;  // of a request that is not whole
};

class BarePolicy {
 public:
  explicit BarePolicy(const Endpoint& where)
      : listener_(listen_at(where)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    watch(listener_.get(), nullptr);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events{};
    for (;;) {
      const int ready =
          ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i) {
        auto* const peer = static_cast<Peer*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (peer == nullptr) {
          accept_all();
        } else if (!serve(*peer)) {
          peers_.erase(peer->fd.get());
        }
      }
    }
  }

 private:
  void watch(int fd, Peer* peer) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = peer;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }

  void accept_all() {
    for (;;) {
      const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      Peer& peer = peers_[fd];
      peer.fd = os::UniqueFd(fd);
      watch(fd, &peer);
    }
  }

  // False: the other side is done.
  bool serve(Peer& peer) {
    const ssize_t got = ::recv(peer.fd.get(), buffer_.data(), buffer_.size(), 0);
    if (got <= 0) return false;
    std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
    if (!peer.in.empty()) bytes = peer.in.append(bytes);
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = bytes.find(kEmptyLine, begin)) != std::string_view::npos;) {
      begin = end + kEmptyLine.size();
      if (::send(peer.fd.get(), kReply.data(), kReply.size(), MSG_NOSIGNAL) < 0) return false;
    }
    peer.in = std::string(bytes.substr(begin));
    return true;
  }

  os::UniqueFd listener_;
  os::UniqueFd epoll_;
  std::unordered_map<int, Peer> peers_;
  std::array<char, 16384> buffer_{};
};

}  // namespace
}  // namespace postern

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw std::runtime_error("usage: bare_policy unix:/PATH|inet:ADDRESS:PORT");
    postern::BarePolicy(postern::Endpoint::parse(argv[1])).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bare_policy: %s\n", error.what());
    return 1;
  }
}
