#include "common/ip_scope.h"

#include <gtest/gtest.h>

#include <ostream>

namespace postern {
namespace {

struct ScopeCase {
  const char* address;
  IpScope scope;
  friend std::ostream& operator<<(std::ostream& out, const ScopeCase& c) {
    return out << c.address;
  }
};

class ScopeOf : public testing::TestWithParam<ScopeCase> {};

TEST_P(ScopeOf, Address) {
  const auto address = IpAddress::parse(GetParam().address);
  ASSERT_TRUE(address.has_value());
  EXPECT_EQ(to_string(scope_of(*address)), to_string(GetParam().scope));
}

// The first and last address of each block, and the neighbours outside it.
INSTANTIATE_TEST_SUITE_P(
    V4, ScopeOf,
    testing::Values(
        ScopeCase{"0.0.0.0", IpScope::unspecified},
        ScopeCase{"0.255.255.255", IpScope::unspecified}, ScopeCase{"1.0.0.0", IpScope::global},
        ScopeCase{"9.255.255.255", IpScope::global}, ScopeCase{"10.0.0.0", IpScope::private_use},
        ScopeCase{"10.255.255.255", IpScope::private_use}, ScopeCase{"11.0.0.0", IpScope::global},
        ScopeCase{"100.63.255.255", IpScope::global}, ScopeCase{"100.64.0.0", IpScope::private_use},
        ScopeCase{"100.127.255.255", IpScope::private_use},
        ScopeCase{"100.128.0.0", IpScope::global}, ScopeCase{"126.255.255.255", IpScope::global},
        ScopeCase{"127.0.0.0", IpScope::loopback}, ScopeCase{"127.255.255.255", IpScope::loopback},
        ScopeCase{"128.0.0.0", IpScope::global}, ScopeCase{"169.253.255.255", IpScope::global},
        ScopeCase{"169.254.0.0", IpScope::link_local},
        ScopeCase{"169.254.255.255", IpScope::link_local},
        ScopeCase{"169.255.0.0", IpScope::global}, ScopeCase{"172.15.255.255", IpScope::global},
        ScopeCase{"172.16.0.0", IpScope::private_use},
        ScopeCase{"172.31.255.255", IpScope::private_use}, ScopeCase{"172.32.0.0", IpScope::global},
        ScopeCase{"191.255.255.255", IpScope::global}, ScopeCase{"192.0.0.0", IpScope::reserved},
        ScopeCase{"192.0.0.255", IpScope::reserved}, ScopeCase{"192.0.1.0", IpScope::global},
        ScopeCase{"192.0.2.0", IpScope::documentation},
        ScopeCase{"192.0.2.255", IpScope::documentation}, ScopeCase{"192.0.3.0", IpScope::global},
        ScopeCase{"192.167.255.255", IpScope::global},
        ScopeCase{"192.168.0.0", IpScope::private_use},
        ScopeCase{"192.168.255.255", IpScope::private_use},
        ScopeCase{"192.169.0.0", IpScope::global}, ScopeCase{"198.17.255.255", IpScope::global},
        ScopeCase{"198.18.0.0", IpScope::reserved}, ScopeCase{"198.19.255.255", IpScope::reserved},
        ScopeCase{"198.20.0.0", IpScope::global}));

INSTANTIATE_TEST_SUITE_P(V4Rest, ScopeOf,
                         testing::Values(ScopeCase{"198.51.99.255", IpScope::global},
                                         ScopeCase{"198.51.100.0", IpScope::documentation},
                                         ScopeCase{"198.51.100.255", IpScope::documentation},
                                         ScopeCase{"198.51.101.0", IpScope::global},
                                         ScopeCase{"203.0.112.255", IpScope::global},
                                         ScopeCase{"203.0.113.0", IpScope::documentation},
                                         ScopeCase{"203.0.113.255", IpScope::documentation},
                                         ScopeCase{"203.0.114.0", IpScope::global},
                                         ScopeCase{"223.255.255.255", IpScope::global},
                                         ScopeCase{"224.0.0.0", IpScope::multicast},
                                         ScopeCase{"239.255.255.255", IpScope::multicast},
                                         ScopeCase{"240.0.0.0", IpScope::reserved},
                                         ScopeCase{"255.255.255.255", IpScope::reserved}));

INSTANTIATE_TEST_SUITE_P(
    V6, ScopeOf,
    testing::Values(
        ScopeCase{"::", IpScope::unspecified}, ScopeCase{"::1", IpScope::loopback},
        ScopeCase{"::2", IpScope::global}, ScopeCase{"::ffff:127.0.0.1", IpScope::loopback},
        ScopeCase{"::ffff:8.8.8.8", IpScope::global},
        ScopeCase{"64:ff9b::127.0.0.1", IpScope::global},  // NAT64
        ScopeCase{"2002:7f00:1::", IpScope::global},       // 6to4
        ScopeCase{"100::", IpScope::reserved},
        ScopeCase{"100::ffff:ffff:ffff:ffff", IpScope::reserved},
        ScopeCase{"100:0:0:1::", IpScope::global}, ScopeCase{"2001:db7:ffff::", IpScope::global},
        ScopeCase{"2001:db8::", IpScope::documentation},
        ScopeCase{"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", IpScope::documentation},
        ScopeCase{"2001:db9::", IpScope::global}, ScopeCase{"3ffe:ffff::", IpScope::global},
        ScopeCase{"3fff::", IpScope::documentation},
        ScopeCase{"3fff:fff::", IpScope::documentation}, ScopeCase{"3fff:1000::", IpScope::global},
        ScopeCase{"fbff::", IpScope::global}, ScopeCase{"fc00::", IpScope::private_use},
        ScopeCase{"fdff::1", IpScope::private_use}, ScopeCase{"fe00::", IpScope::global},
        ScopeCase{"fe7f::", IpScope::global}, ScopeCase{"fe80::1", IpScope::link_local},
        ScopeCase{"febf:ffff::", IpScope::link_local}, ScopeCase{"fec0::", IpScope::global},
        ScopeCase{"ff00::", IpScope::multicast}, ScopeCase{"ff02::1", IpScope::multicast}));

}  // namespace
}  // namespace postern
