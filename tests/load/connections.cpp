#include "tests/load/connections.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace postern {
namespace {

constexpr std::size_t kChunk = std::size_t{64} << 10;

os::UniqueFd connect_to(const sockaddr* address, socklen_t length) {
  os::UniqueFd fd(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open() || ::connect(fd.get(), address, length) != 0) return {};
  const int on = 1;
  if (address->sa_family != AF_UNIX) {
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (::fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) return {};
  return fd;
}

// Blocks: a daemon whose queue is full is to be waited for.
os::UniqueFd connect_to(const ListenAddress& where) {
  if (where.kind == ListenAddress::Kind::unix_socket) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, where.path.c_str(), sizeof address.sun_path - 1);
    return connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(where.port);
  ::inet_pton(AF_INET, where.address.to_string().c_str(), &address.sin_addr);
  return connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

}  // namespace

struct Connections::One {
  os::UniqueFd fd;
  std::unique_ptr<Dialogue> dialogue;
  std::string in;
  std::string out;
  std::size_t said = 0;  // of out
};

Connections::Connections(ListenAddress where, std::size_t count, MakeDialogue make)
    : where_(std::move(where)), make_(std::move(make)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  for (std::size_t i = 0; i < count; ++i) {
    all_.push_back(std::make_unique<One>());
    if (open(*all_.back())) continue;
    if (alive_ == 0) throw std::runtime_error("cannot connect to " + where_.to_string());
  }
}

Connections::~Connections() = default;

// False: nothing more to ask, or no connection.
bool Connections::open(One& one) {
  one.dialogue = make_();
  if (!one.dialogue) return false;
  one.fd = connect_to(where_);
  if (!one.fd.is_open()) {
    ++broken_;
    return false;
  }
  one.in.clear();
  one.out.clear();
  one.said = 0;
  one.dialogue->begin(one.out);
  watch(one, EPOLL_CTL_ADD);
  ++alive_;
  return true;
}

void Connections::watch(One& one, int operation) const {
  epoll_event event{};
  event.events = one.out.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT;
  event.data.ptr = &one;
  ::epoll_ctl(epoll_.get(), operation, one.fd.get(), &event);
}

void Connections::run(std::chrono::seconds patience) {
  std::array<epoll_event, 256> events{};
  while (alive_ > 0) {
    const auto wait = static_cast<int>(std::chrono::milliseconds(patience).count());
    const int ready =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait);
    if (ready == 0) return;
    for (int i = 0; i < ready; ++i) {
      auto& one = *static_cast<One*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (one.fd.is_open()) serve(one);
    }
  }
}

void Connections::serve(One& one) {
  const bool was_waiting = !one.out.empty();
  if (!say(one) || !hear(one) || !say(one)) return;
  if (one.dialogue->is_over() && one.out.empty()) {
    close(one);
    static_cast<void>(open(one));
  } else if (was_waiting || !one.out.empty()) {
    watch(one, EPOLL_CTL_MOD);
  }
}

// False: the connection is broken, and done with.
bool Connections::say(One& one) {
  while (one.said < one.out.size()) {
    const ssize_t sent =
        ::send(one.fd.get(), one.out.data() + one.said, one.out.size() - one.said, MSG_NOSIGNAL);
    if (sent > 0) {
      one.said += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN) {
      return true;
    } else {
      broke(one);
      return false;
    }
  }
  one.out.clear();
  one.said = 0;
  return true;
}

// The same. Whether there is more, the next turn tells.
bool Connections::hear(One& one) {
  const std::size_t before = one.in.size();
  one.in.resize(before + kChunk);
  const ssize_t got = ::recv(one.fd.get(), one.in.data() + before, kChunk, 0);
  const int error = errno;
  one.in.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got == 0 || (got < 0 && error != EAGAIN)) {
    broke(one);
    return false;
  }
  if (got > 0) one.in.erase(0, one.dialogue->hear(one.in, one.out));
  return true;
}

void Connections::close(One& one) {
  one.fd.reset();
  --alive_;
}

void Connections::broke(One& one) {
  ++broken_;
  lost_ += one.dialogue->open();
  close(one);
}

std::uint64_t Connections::unanswered() const {
  std::uint64_t sum = lost_;
  for (const auto& one : all_) {
    if (one->fd.is_open() && one->dialogue) sum += one->dialogue->open();
  }
  return sum;
}

}  // namespace postern
