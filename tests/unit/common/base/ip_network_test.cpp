#include "common/base/ip_network.h"

#include <gtest/gtest.h>

#include <ostream>

namespace postern::ip_network_test {
namespace {

IpAddress address(std::string_view text) {
  return IpAddress::parse(text).value();
}

struct Network {
  const char* text;
  int mapped_length;
  const char* first;
  const char* last;
  const char* printed;
  friend std::ostream& operator<<(std::ostream& out, const Network& n) { return out << n.text; }
};

class IpNetworkAccepts : public testing::TestWithParam<Network> {};

TEST_P(IpNetworkAccepts, AndKnowsItsRange) {
  const Network& expected = GetParam();
  const auto network = IpNetwork::parse(expected.text);
  ASSERT_TRUE(network.has_value()) << network.error().text;
  EXPECT_EQ(network->mapped_prefix_length(), expected.mapped_length);
  EXPECT_EQ(network->first(), address(expected.first));
  EXPECT_EQ(network->last(), address(expected.last));
  EXPECT_TRUE(network->contains(network->first()));
  EXPECT_TRUE(network->contains(network->last()));
  EXPECT_EQ(network->to_string(), expected.printed);
  EXPECT_EQ(IpNetwork::parse(network->to_string()), *network);
}

INSTANTIATE_TEST_SUITE_P(
    Networks, IpNetworkAccepts,
    testing::Values(
        Network{"192.0.2.0/24", 120, "192.0.2.0", "192.0.2.255", "192.0.2.0/24"},
        Network{"192.0.2.1", 128, "192.0.2.1", "192.0.2.1", "192.0.2.1"},
        Network{"192.0.2.1/32", 128, "192.0.2.1", "192.0.2.1", "192.0.2.1"},
        Network{"192.0.2.4/31", 127, "192.0.2.4", "192.0.2.5", "192.0.2.4/31"},
        Network{"198.18.0.0/15", 111, "198.18.0.0", "198.19.255.255", "198.18.0.0/15"},
        Network{"0.0.0.0/0", 96, "0.0.0.0", "255.255.255.255", "0.0.0.0/0"},
        Network{"::ffff:192.0.2.0/120", 120, "192.0.2.0", "192.0.2.255", "192.0.2.0/24"},
        Network{"2001:db8::/32", 32, "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
                "2001:db8::/32"},
        Network{"2001:db8::1", 128, "2001:db8::1", "2001:db8::1", "2001:db8::1"},
        Network{"fc00::/7", 7, "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fc00::/7"},
        Network{"2000::/3", 3, "2000::", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::/3"}));

TEST(IpNetwork, ContainsItsRangeAndNothingBeside) {
  const auto network = IpNetwork::parse("192.0.2.64/26");
  ASSERT_TRUE(network.has_value());
  EXPECT_TRUE(network->contains(address("192.0.2.100")));
  EXPECT_TRUE(network->contains(address("::ffff:192.0.2.100")));
  EXPECT_FALSE(network->contains(address("192.0.2.63")));
  EXPECT_FALSE(network->contains(address("192.0.2.128")));
  EXPECT_FALSE(network->contains(address("::192.0.2.100")));
}

TEST(IpNetwork, NamesTheNetworkThatWasMeant) {
  EXPECT_EQ(IpNetwork::parse("192.0.2.17/24").error().text,
            "bits set behind the prefix in 192.0.2.17/24; the network is 192.0.2.0/24");
  EXPECT_EQ(IpNetwork::parse("2001:db8::1/32").error().text,
            "bits set behind the prefix in 2001:db8::1/32; the network is 2001:db8::/32");
}

TEST(IpNetwork, RefusesIpv6ThatWouldHoldAllOfIpv4) {
  for (const char* text : {"::/0", "::/64", "::/80"}) {
    EXPECT_FALSE(IpNetwork::parse(text).has_value()) << text;
  }
  EXPECT_TRUE(IpNetwork::parse("::ffff:0:0/96").has_value());
  EXPECT_TRUE(IpNetwork::parse("8000::/1").has_value());
}

TEST(IpNetwork, RefusesBadLengths) {
  for (const char* text :
       {"192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/+24", "192.0.2.0/24 ",
        "192.0.2.0/ 24", "192.0.2.0/024", "192.0.2.0/24/24", "192.0.2.0/255.255.255.0",
        "192.0.2.0/99999999999999999999", "2001:db8::/129", "2001:db8::/a"}) {
    const auto network = IpNetwork::parse(text);
    ASSERT_FALSE(network.has_value()) << text;
    EXPECT_NE(network.error().text.find("prefix length"), std::string::npos) << text;
  }
  EXPECT_FALSE(IpNetwork::parse(std::string_view("192.0.2.0/24\0", 13)).has_value());
}

TEST(IpNetwork, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "/", "/24", "192.0.2/24", "example.org", "192.0.2.0 /24"}) {
    const auto network = IpNetwork::parse(text);
    ASSERT_FALSE(network.has_value()) << text;
    EXPECT_NE(network.error().text.find("not an IP address"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace postern::ip_network_test
