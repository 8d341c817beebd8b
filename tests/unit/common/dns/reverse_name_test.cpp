#include "common/dns/reverse_name.h"

#include <gtest/gtest.h>

namespace postern::dns::reverse_name_test {
namespace {

IpAddress address(std::string_view text) {
  return IpAddress::parse(text).value();
}

constexpr std::string_view kNibbles =
    "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4";

// RFC 3596 2.5 has this address.
TEST(ReverseName, OfIpv6HasItsNibbles) {
  const IpAddress v6 = address("4321:0:1:2:3:4:567:89ab");
  EXPECT_EQ(reversed_labels(v6), kNibbles);
  EXPECT_EQ(reverse_name(v6).text(), std::string(kNibbles) + ".ip6.arpa");
}

TEST(ReverseName, OfIpv4HasItsOctets) {
  EXPECT_EQ(reversed_labels(address("192.0.2.1")), "1.2.0.192");
  EXPECT_EQ(reverse_name(address("192.0.2.255")).text(), "255.2.0.192.in-addr.arpa");
  EXPECT_EQ(reverse_name(address("::ffff:10.52.0.129")).text(), "129.0.52.10.in-addr.arpa");
}

// RFC 5782 2.1 and 2.4.
TEST(ReverseName, InTheZoneOfAList) {
  const DnsName zone = DomainName::parse("bad.example.com").value();
  EXPECT_EQ(reversed(address("192.0.2.99")).under(zone)->text(), "99.2.0.192.bad.example.com");
  EXPECT_EQ(reversed(address("4321:0:1:2:3:4:567:89ab")).under(zone)->text(),
            std::string(kNibbles) + ".bad.example.com");
}

TEST(ReverseName, IsNoneWhereAZoneLeavesNoRoom) {
  const std::string label(63, 'z');
  const DnsName zone =
      DomainName::parse(label + "." + label + "." + label + "." + std::string(50, 'z')).value();
  EXPECT_FALSE(reversed(address("2001:db8::1")).under(zone).has_value());
  EXPECT_TRUE(reversed(address("1.2.3.4")).under(zone).has_value());
}

}  // namespace
}  // namespace postern::dns::reverse_name_test
