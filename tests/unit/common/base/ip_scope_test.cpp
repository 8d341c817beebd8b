#include "common/base/ip_scope.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace postern::ip_scope_test {
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
  EXPECT_EQ(scope_of(*address), GetParam().scope);
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
        ScopeCase{"192.0.0.8", IpScope::reserved}, ScopeCase{"192.0.0.9", IpScope::global},
        ScopeCase{"192.0.0.10", IpScope::global}, ScopeCase{"192.0.0.11", IpScope::reserved},
        ScopeCase{"192.0.0.170", IpScope::reserved}, ScopeCase{"192.0.0.255", IpScope::reserved},
        ScopeCase{"192.0.1.0", IpScope::global}, ScopeCase{"192.0.2.0", IpScope::documentation},
        ScopeCase{"192.0.2.255", IpScope::documentation}, ScopeCase{"192.0.3.0", IpScope::global},
        ScopeCase{"192.167.255.255", IpScope::global}, ScopeCase{"192.31.196.1", IpScope::global},
        ScopeCase{"192.52.193.1", IpScope::global}, ScopeCase{"192.88.98.255", IpScope::global},
        ScopeCase{"192.88.99.0", IpScope::reserved}, ScopeCase{"192.88.99.255", IpScope::reserved},
        ScopeCase{"192.88.100.0", IpScope::global}, ScopeCase{"192.175.48.1", IpScope::global},
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
        ScopeCase{"::2", IpScope::reserved}, ScopeCase{"::ffff:127.0.0.1", IpScope::loopback},
        ScopeCase{"::ffff:8.8.8.8", IpScope::global},
        ScopeCase{"::8.8.8.8", IpScope::reserved},         // IPv4-compatible
        ScopeCase{"::127.0.0.1", IpScope::reserved},       // not this machine
        ScopeCase{"::ffff:0:8.8.8.8", IpScope::reserved},  // IPv4-translated, RFC 2765
        ScopeCase{"100::", IpScope::reserved},
        ScopeCase{"100::ffff:ffff:ffff:ffff", IpScope::reserved},
        ScopeCase{"100:0:0:1::", IpScope::reserved}, ScopeCase{"1fff:ffff::", IpScope::reserved},
        ScopeCase{"2000::", IpScope::global}, ScopeCase{"3fff:ffff::", IpScope::global},
        ScopeCase{"4000::", IpScope::reserved}, ScopeCase{"5f00::1", IpScope::reserved},
        ScopeCase{"2001:db7:ffff::", IpScope::global},
        ScopeCase{"2001:db8::", IpScope::documentation},
        ScopeCase{"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", IpScope::documentation},
        ScopeCase{"2001:db9::", IpScope::global}, ScopeCase{"3ffe:ffff::", IpScope::global},
        ScopeCase{"3fff::", IpScope::documentation},
        ScopeCase{"3fff:fff::", IpScope::documentation}, ScopeCase{"3fff:1000::", IpScope::global},
        ScopeCase{"fbff::", IpScope::reserved}, ScopeCase{"fc00::", IpScope::private_use},
        ScopeCase{"fdff::1", IpScope::private_use}, ScopeCase{"fe00::", IpScope::reserved},
        ScopeCase{"fe7f::", IpScope::reserved}, ScopeCase{"fe80::1", IpScope::link_local},
        ScopeCase{"febf:ffff::", IpScope::link_local}, ScopeCase{"fec0::", IpScope::private_use},
        ScopeCase{"feff:ffff::", IpScope::private_use}, ScopeCase{"ff00::", IpScope::multicast},
        ScopeCase{"ff02::1", IpScope::multicast}));

INSTANTIATE_TEST_SUITE_P(
    InsideOf2001, ScopeOf,
    testing::Values(
        ScopeCase{"2001:1::", IpScope::reserved}, ScopeCase{"2001:1::1", IpScope::global},
        ScopeCase{"2001:1::2", IpScope::global}, ScopeCase{"2001:1::3", IpScope::global},
        ScopeCase{"2001:1::4", IpScope::reserved}, ScopeCase{"2001:1::1:0:0:1", IpScope::reserved},
        ScopeCase{"2001:2::1", IpScope::reserved}, ScopeCase{"2001:3::1", IpScope::global},
        ScopeCase{"2001:4:111:ffff::", IpScope::reserved},
        ScopeCase{"2001:4:112::1", IpScope::global}, ScopeCase{"2001:4:113::", IpScope::reserved},
        ScopeCase{"2001:10::1", IpScope::reserved}, ScopeCase{"2001:1f:ffff::", IpScope::reserved},
        ScopeCase{"2001:20::1", IpScope::global}, ScopeCase{"2001:3f:ffff::", IpScope::global},
        ScopeCase{"2001:40::", IpScope::reserved}, ScopeCase{"2001:1ff:ffff::", IpScope::reserved},
        ScopeCase{"2001:200::", IpScope::global},
        ScopeCase{"2001:4860:4860::8888", IpScope::global},
        ScopeCase{"2620:4f:8000::1", IpScope::global}));

// What holds an IPv4 address leads there, and is not that machine or network.
INSTANTIATE_TEST_SUITE_P(
    WithV4Inside, ScopeOf,
    testing::Values(ScopeCase{"64:ff9b::8.8.8.8", IpScope::global},
                    ScopeCase{"64:ff9b::127.0.0.1", IpScope::reserved},
                    ScopeCase{"64:ff9b::10.0.0.1", IpScope::reserved},
                    ScopeCase{"64:ff9b::0.0.0.0", IpScope::reserved},
                    ScopeCase{"64:ff9b::224.0.0.1", IpScope::reserved},
                    ScopeCase{"64:ff9b::192.0.0.9", IpScope::global},
                    ScopeCase{"64:ff9b::198.51.100.1", IpScope::documentation},
                    ScopeCase{"64:ff9b::1:8.8.8.8", IpScope::reserved},  // beside the /96
                    ScopeCase{"64:ff9a::8.8.8.8", IpScope::reserved},
                    ScopeCase{"64:ff9b:1::8.8.8.8", IpScope::private_use},
                    ScopeCase{"64:ff9b:1:ffff::7f00:1", IpScope::private_use},
                    ScopeCase{"64:ff9b:2::", IpScope::reserved},
                    ScopeCase{"2002:808:808::1", IpScope::global},
                    ScopeCase{"2002:7f00:1::1", IpScope::reserved},
                    ScopeCase{"2002:a00:1::1", IpScope::reserved},
                    ScopeCase{"2002:c633:6401::1", IpScope::documentation},
                    ScopeCase{"2003:7f00:1::1", IpScope::global},
                    ScopeCase{"2001:0:c000:201:0:63bf:f7f7:f7f7", IpScope::global},    // 8.8.8.8
                    ScopeCase{"2001:0:c000:201:0:63bf:80ff:fffe", IpScope::reserved},  // 127.0.0.1
                    ScopeCase{"2001:0:c000:201:0:63bf:3fff:fdfe",
                              IpScope::documentation},  // 192.0.2.1
                    // ISATAP is where its prefix is.
                    ScopeCase{"2a00:1450::5efe:10.0.0.1", IpScope::global},
                    ScopeCase{"fe80::5efe:8.8.8.8", IpScope::link_local}));

TEST(IsPublic, WhatTheInternetReachesAndWhatStandsForThat) {
  for (const char* text : {"8.8.8.8", "192.0.2.1", "2a00:1450::1", "2001:db8::1",
                           "64:ff9b::8.8.8.8", "::ffff:203.0.113.7"}) {
    EXPECT_TRUE(is_public(IpAddress::parse(text).value())) << text;
  }
  for (const char* text :
       {"0.0.0.0", "127.0.0.1", "10.0.0.1", "100.64.0.1", "169.254.0.1", "224.0.0.1", "240.0.0.1",
        "::", "::1", "fe80::1", "fd00::1", "ff02::1", "4000::1", "64:ff9b::10.0.0.1"}) {
    EXPECT_FALSE(is_public(IpAddress::parse(text).value())) << text;
  }
}

TEST(EmbeddedV4, IsWhereThePacketsGo) {
  const auto inner = [](const char* text) {
    const auto v4 = embedded_v4(IpAddress::parse(text).value());
    return v4 ? v4->to_string() : std::string("-");
  };
  EXPECT_EQ(inner("64:ff9b::c000:201"), "192.0.2.1");
  EXPECT_EQ(inner("2002:c000:201::1"), "192.0.2.1");
  EXPECT_EQ(inner("2001:0:808:808:0:63bf:3fff:fdfe"), "192.0.2.1");
  EXPECT_EQ(inner("64:ff9b:1::c000:201"), "-");
  EXPECT_EQ(inner("2001:db8::c000:201"), "-");
  EXPECT_EQ(inner("::c000:201"), "-");
  EXPECT_EQ(inner("192.0.2.1"), "-");
}

}  // namespace
}  // namespace postern::ip_scope_test
