#include "common/base/holder_network.h"

#include <gtest/gtest.h>

namespace postern::holder_network_test {
namespace {

IpAddress address(const char* text) {
  return IpAddress::parse(text).value();
}

TEST(HolderNetwork, IsWhatOneCustomerHas) {
  EXPECT_EQ(network_text(address("192.0.2.77")), "192.0.2.0/24");
  EXPECT_EQ(network_text(address("2001:db8:1:2:3:4:5:6")), "2001:db8:1:2::/64");
  EXPECT_EQ(network_text(address("::ffff:192.0.2.77")), "192.0.2.0/24");
}

TEST(HolderNetwork, IsThereForEachAddress) {
  EXPECT_EQ(network_text(address("::1")), "::/64");
  EXPECT_EQ(network_text(address("0.0.0.9")), "0.0.0.0/24");
  EXPECT_EQ(network_text(address("255.255.255.255")), "255.255.255.0/24");
}

TEST(HolderNetwork, HasAsManyBitsAsAreAskedFor) {
  EXPECT_EQ(network_text(address("192.0.2.77"), {.v4 = 16, .v6 = 48}), "192.0.0.0/16");
  EXPECT_EQ(network_text(address("2001:db8:1:2::1"), {.v4 = 16, .v6 = 48}), "2001:db8:1::/48");
  EXPECT_EQ(network_text(address("192.0.2.77"), {.v4 = 27, .v6 = 64}), "192.0.2.64/27");
  EXPECT_EQ(network_of(address("192.0.2.77"), {.v4 = 32, .v6 = 64}), address("192.0.2.77"));
  EXPECT_EQ(network_of(address("192.0.2.77"), {.v4 = 0, .v6 = 0}), address("0.0.0.0"));
  EXPECT_EQ(network_of(address("2001:db8::1"), {.v4 = 0, .v6 = 0}), IpAddress());
}

}  // namespace
}  // namespace postern::holder_network_test
