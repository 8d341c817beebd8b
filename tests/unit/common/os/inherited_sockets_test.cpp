// Each case in a process of its own: descriptors have numbers, and the environment is one for all.
#include "common/os/systemd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <vector>

#include "common/os/listener.h"
#include "tests/support/temporary_folder.h"

namespace postern::os::inherited_sockets_test {
namespace {

ListenAddress inet(const std::string& ip, std::uint16_t port) {
  ListenAddress address;
  address.address = IpAddress::parse(ip).value_or(IpAddress{});
  address.port = port;
  return address;
}

ListenAddress unix_path(const std::string& path) {
  ListenAddress address;
  address.kind = ListenAddress::Kind::unix_socket;
  address.path = path;
  return address;
}

void tell(const std::string& count, const std::string& names = "",
          const std::string& pid = std::to_string(::getpid())) {
  ::setenv("LISTEN_PID", pid.c_str(), 1);
  ::setenv("LISTEN_FDS", count.c_str(), 1);
  ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
}

// What `body` says on stderr when it ends.
#define IN_A_PROCESS(body, says) \
  EXPECT_EXIT(                   \
      {                          \
        std::cerr << body();     \
        std::_Exit(0);           \
      },                         \
      testing::ExitedWithCode(0), says)

// As a service manager hands them over: from 3 on, and open in the child.
void hand_over(const std::vector<int>& sockets) {
  std::vector<int> copies;
  for (const int fd : sockets) copies.push_back(::fcntl(fd, F_DUPFD, 100));
  for (std::size_t i = 0; i < copies.size(); ++i) ::dup2(copies[i], static_cast<int>(3 + i));
}

std::string error_of_environment() {
  const auto inherited = InheritedSockets::from_environment();
  return inherited ? "none" : inherited.error().text;
}

TEST(InheritedSockets, AreFoundByTheirAddressInAnyOrder) {
  const TemporaryFolder folder;
  const auto run = [&folder]() -> std::string {
    const auto tcp = Listener::open(inet("127.0.0.1", 0));
    const auto file = Listener::open(unix_path(folder.path("policy")));
    if (!tcp || !file) return "cannot listen";
    hand_over({file->fd(), tcp->fd()});
    ::fcntl(4, F_SETFL, 0);
    tell("2", "a:b");
    auto inherited = InheritedSockets::from_environment();
    if (!inherited) return inherited.error().text;
    const std::vector<ListenAddress> wanted{tcp->address(), file->address()};
    if (inherited->require_none_left(wanted)) return "none left too early";
    const UniqueFd first = inherited->take(tcp->address());
    const UniqueFd again = inherited->take(tcp->address());
    const UniqueFd second = inherited->take(file->address());
    const bool all = first.get() == 4 && !again.is_open() && second.get() == 3;
    const bool free = (::fcntl(4, F_GETFL) & O_NONBLOCK) != 0 && ::fcntl(4, F_GETFD) == FD_CLOEXEC;
    if (!inherited->require_none_left(wanted)) return "one is left";
    return all && free && std::getenv("LISTEN_FDS") == nullptr ? "as they should be" : "wrong";
  };
  IN_A_PROCESS(run, "^as they should be$");
}

TEST(InheritedSockets, KnowIpv6) {
  const auto run = []() -> std::string {
    const auto tcp = Listener::open(inet("::1", 0));
    if (!tcp) return "found";  // no IPv6 here
    hand_over({tcp->fd()});
    tell("1");
    auto inherited = InheritedSockets::from_environment();
    if (!inherited) return inherited.error().text;
    return inherited->take(tcp->address()).is_open() ? "found" : "not found";
  };
  IN_A_PROCESS(run, "^found$");
}

TEST(InheritedSockets, OneThatNobodyAsksForIsAnErrorThatNamesBoth) {
  const TemporaryFolder folder;
  const auto run = [&folder]() -> std::string {
    const auto file = Listener::open(unix_path(folder.path("old")));
    hand_over({file->fd()});
    tell("1", "postern-policyd.socket");
    const auto inherited = InheritedSockets::from_environment();
    if (!inherited) return inherited.error().text;
    const auto all = inherited->require_none_left({inet("127.0.0.1", 10040), unix_path("/new")});
    return all ? "no error" : all.error().text;
  };
  IN_A_PROCESS(run, "listens on unix:" + folder.path("old") +
                        " .postern-policyd.socket., but `listen:` says inet:127.0.0.1:10040, "
                        "unix:/new");
}

TEST(InheritedSockets, OfAnotherProcessAreNotOurs) {
  const auto run = []() -> std::string {
    tell("1", "", "1");
    auto inherited = InheritedSockets::from_environment();
    if (!inherited) return inherited.error().text;
    return inherited->require_none_left({}) && std::getenv("LISTEN_PID") == nullptr ? "none"
                                                                                    : "one";
  };
  IN_A_PROCESS(run, "^none$");
  IN_A_PROCESS(error_of_environment, "^none$");
}

TEST(InheritedSockets, WhatIsNoListenerIsAnError) {
  const auto datagrams = []() -> std::string {
    hand_over({::socket(AF_INET, SOCK_DGRAM, 0)});
    tell("1", "mine");
    return error_of_environment();
  };
  IN_A_PROCESS(datagrams, "descriptor 3 .mine. is no listening stream socket");
  const auto idle = []() -> std::string {
    hand_over({::socket(AF_INET, SOCK_STREAM, 0)});
    tell("1");
    return error_of_environment();
  };
  IN_A_PROCESS(idle, "descriptor 3 is no listening stream socket");
  const auto closed = []() -> std::string {
    ::close(3);
    tell("1");
    return error_of_environment();
  };
  IN_A_PROCESS(closed, "descriptor 3: Bad file descriptor");
  for (const char* count : {"", "x", "-1", "1x", "65", "99999999999999999999"}) {
    const auto odd = [count]() -> std::string {
      tell(count);
      return error_of_environment();
    };
    IN_A_PROCESS(odd, "found LISTEN_FDS=.*want 0 to 64");
  }
}

TEST(InheritedSockets, AdoptedByAListenerKeepTheirFile) {
  const TemporaryFolder folder;
  const std::string path = folder.path("socket");
  auto opened = Listener::open(unix_path(path));
  ASSERT_TRUE(opened) << opened.error().text;
  UniqueFd copy(::fcntl(opened->fd(), F_DUPFD_CLOEXEC, 3));
  {
    const Listener adopted = Listener::adopt(unix_path(path), std::move(copy));
    EXPECT_TRUE(adopted.is_adopted());
    EXPECT_FALSE(opened->is_adopted());
    EXPECT_TRUE(adopted.connect());
  }
  EXPECT_TRUE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace postern::os::inherited_sockets_test
