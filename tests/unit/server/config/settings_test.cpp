#include "server/config/settings.h"

#include <gtest/gtest.h>

namespace postern::config::settings_test {
namespace {

IpAddress address(std::string_view text) {
  return IpAddress::parse(text).value();
}

TEST(DnsServer, Prints) {
  EXPECT_EQ((dns::DnsServer{address("127.0.0.1"), 53}.to_string()), "127.0.0.1:53");
  EXPECT_EQ((dns::DnsServer{address("2001:db8::1"), 5353}.to_string()), "[2001:db8::1]:5353");
  EXPECT_EQ((dns::DnsServer{address("fe80::1"), 53, "eth0"}.to_string()), "[fe80::1%eth0]:53");
}

TEST(ListenAddress, Prints) {
  ListenAddress tcp;
  tcp.address = address("127.0.0.1");
  tcp.port = 10040;
  EXPECT_EQ(tcp.to_string(), "inet:127.0.0.1:10040");
  tcp.address = address("::1");
  EXPECT_EQ(tcp.to_string(), "inet:[::1]:10040");

  ListenAddress unix_socket;
  unix_socket.kind = ListenAddress::Kind::unix_socket;
  unix_socket.path = "/run/postern/policy";
  EXPECT_EQ(unix_socket.to_string(), "unix:/run/postern/policy");
}

}  // namespace
}  // namespace postern::config::settings_test
