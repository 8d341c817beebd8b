#include "milter/peer_sockets.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "common/os/unique_fd.h"

namespace postern::milter::peer_sockets_test {
namespace {

sockaddr_storage from(const char* text) {
  sockaddr_storage name{};
  const IpAddress address = IpAddress::parse(text).value();
  if (address.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(name);
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(address.v4());
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(name);
    v6.sin6_family = AF_INET6;
    std::copy(address.bytes().begin(), address.bytes().end(), v6.sin6_addr.s6_addr);
  }
  return name;
}

class Sockets : public testing::Test {
 protected:
  static constexpr std::size_t kMost = 3;
  // The socket, if it may stay.
  std::optional<os::UniqueFd> take(const sockaddr_storage& peer) {
    os::UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
    if (!peers_.take(fd.get(), peer, kMost)) return std::nullopt;
    return fd;
  }
  std::size_t open_all(const char* peer, std::size_t number) {
    const std::size_t before = open_.size();
    for (std::size_t i = 0; i < number; ++i) {
      if (auto fd = take(from(peer))) open_.push_back(std::move(*fd));
    }
    return open_.size() - before;
  }

  PeerSockets peers_;
  std::vector<os::UniqueFd> open_;
};

TEST_F(Sockets, AnAddressHasSoManyAndLeavesTheRest) {
  EXPECT_EQ(open_all("192.0.2.1", 10), kMost);
  EXPECT_EQ(open_all("192.0.2.2", 10), kMost);
  EXPECT_EQ(open_all("2001:db8::1", 10), kMost);
  EXPECT_EQ(open_all("2001:db8::2", 10), 0U) << "of the same /64";
}

TEST_F(Sockets, WhatWasClosedMakesRoom) {
  ASSERT_EQ(open_all("192.0.2.1", kMost), kMost);
  ASSERT_EQ(open_all("192.0.2.1", 1), 0U);
  open_.erase(open_.begin());
  EXPECT_EQ(open_all("192.0.2.1", 10), 1U);
}

TEST_F(Sockets, ADescriptorThatIsAnothersNowIsNotCounted) {
  ASSERT_EQ(open_all("192.0.2.1", kMost), kMost);
  open_.clear();
  EXPECT_EQ(open_all("192.0.2.2", kMost), kMost);
  EXPECT_EQ(open_all("192.0.2.1", 10), kMost);
}

TEST_F(Sockets, ThisMachinesOwnHaveNoEnd) {
  EXPECT_EQ(open_all("127.0.0.1", 20), 20U);
  EXPECT_EQ(open_all("::1", 20), 20U);
  sockaddr_storage unix_name{};
  unix_name.ss_family = AF_UNIX;
  EXPECT_TRUE(take(unix_name));
}

}  // namespace
}  // namespace postern::milter::peer_sockets_test
