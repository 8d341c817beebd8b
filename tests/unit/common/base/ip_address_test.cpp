#include "common/base/ip_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace postern::ip_address_test {
namespace {

std::string round_trip(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? address->to_string() : "error: " + address.error().text;
}

TEST(IpAddress, DefaultIsTheUnspecifiedAddress) {
  EXPECT_EQ(IpAddress().to_string(), "::");
  EXPECT_EQ(IpAddress::parse("::"), IpAddress());
}

TEST(IpAddress, ReadsAndPrintsDottedQuads) {
  EXPECT_EQ(round_trip("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(round_trip("0.0.0.0"), "0.0.0.0");
  EXPECT_EQ(round_trip("255.255.255.255"), "255.255.255.255");
}

// Each text of up to six of these pieces.
TEST(IpAddress, ReadsTheSameQuadsAsTheLibrary) {
  const std::array<std::string, 6> pieces = {"0", "07", "255", "256", ".", "9."};
  std::vector<std::string> texts = {""};
  for (int length = 0; length < 6; ++length) {
    std::vector<std::string> longer;
    for (const std::string& text : texts) {
      for (const std::string& piece : pieces) longer.push_back(text + piece);
    }
    texts = std::move(longer);
    for (const std::string& text : texts) {
      in_addr quad{};
      const bool is_quad = inet_pton(AF_INET, text.c_str(), &quad) == 1;
      const auto address = IpAddress::from_text(text);
      ASSERT_EQ(address.has_value(), is_quad) << text;
      if (!is_quad) continue;
      ASSERT_EQ(address->v4(), ntohl(quad.s_addr)) << text;
    }
  }
}

TEST(IpAddress, PrintsIpv6AsRfc5952Says) {
  EXPECT_EQ(round_trip("2001:0DB8:0:0:0:0:0:1"), "2001:db8::1");
  EXPECT_EQ(round_trip("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");  // 4.2.2
  EXPECT_EQ(round_trip("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");           // 4.2.3, the longest
  EXPECT_EQ(round_trip("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");     // 4.2.3, the first
  EXPECT_EQ(round_trip("::1"), "::1");
  EXPECT_EQ(round_trip("1::"), "1::");
  EXPECT_EQ(round_trip("64:ff9b::192.0.2.1"), "64:ff9b::c000:201");
}

TEST(IpAddress, MappedIpv4IsTheIpv4Address) {
  const auto v4 = IpAddress::parse("192.0.2.1");
  EXPECT_EQ(IpAddress::parse("::ffff:192.0.2.1"), v4);
  EXPECT_EQ(IpAddress::parse("::ffff:c000:0201"), v4);
  EXPECT_EQ(IpAddress::parse("0:0:0:0:0:FFFF:192.0.2.1"), v4);
  EXPECT_EQ(IpAddress::from_v4(0xc0000201), *v4);
  EXPECT_TRUE(v4->is_v4());
  EXPECT_EQ(v4->v4(), 0xc0000201U);
  EXPECT_EQ(v4->bytes(), (IpAddress::Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1}));
}

TEST(IpAddress, OtherIpv6IsNotIpv4) {
  EXPECT_FALSE(IpAddress::parse("::192.0.2.1")->is_v4());
  EXPECT_FALSE(IpAddress::parse("::fffe:c000:201")->is_v4());
  EXPECT_FALSE(IpAddress::parse("1::ffff:c000:201")->is_v4());
  EXPECT_FALSE(IpAddress::parse("::")->is_v4());
}

TEST(IpAddress, TakesTheTagOfAddressLiterals) {
  EXPECT_EQ(round_trip("IPv6:2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(round_trip("ipv6:::1"), "::1");
  EXPECT_EQ(round_trip("IPv6:::ffff:192.0.2.1"), "192.0.2.1");
}

TEST(IpAddress, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      " ",
                                      "192.0.2",
                                      "192.0.2.",
                                      ".192.0.2.1",
                                      "192.0.2.1.5",
                                      "192.0.2.256",
                                      "192.0.2.01",
                                      "192.0.2.1 ",
                                      " 192.0.2.1",
                                      "0x7f.0.0.1",
                                      "3221225985",
                                      "192.0.2.-1",
                                      "1..2.3",
                                      "2001:db8::1::2",
                                      "2001:db8:1",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1:2:3:4:5:6:7:",
                                      ":1:2:3:4:5:6:7:8",
                                      "12345::",
                                      "g::",
                                      ":::",
                                      ":",
                                      "fe80::1%eth0",
                                      "[::1]",
                                      "[192.0.2.1]",
                                      "::192.0.2.256",
                                      "IPv6:",
                                      "IPv6:192.0.2.1",
                                      "IPv4:192.0.2.1",
                                      "IPv6:IPv6:::1",
                                      "IPv6 ::1",
                                      "unknown",
                                      "1:2:3:4:5:6:7:192.0.2.1"}) {
    EXPECT_FALSE(IpAddress::parse(text).has_value()) << text;
  }
}

TEST(IpAddress, RefusesHiddenAndHugeText) {
  EXPECT_FALSE(IpAddress::parse(std::string_view("192.0.2.1\0", 10)).has_value());
  EXPECT_FALSE(IpAddress::parse(std::string_view("192.0.2.1\0.example", 18)).has_value());
  EXPECT_FALSE(IpAddress::parse(std::string(100000, '1')).has_value());
}

TEST(IpAddress, ErrorSaysWhatWasFoundAndWhatWouldBeRight) {
  EXPECT_EQ(IpAddress::parse("a b").error().text,
            "\"a b\" is not an IP address; write it as 192.0.2.1 or 2001:db8::1");
}

TEST(IpAddress, OrdersByNumber) {
  EXPECT_LT(IpAddress::from_v4(1), IpAddress::from_v4(256));
  EXPECT_LT(*IpAddress::parse("::1"), IpAddress::from_v4(0));
  EXPECT_LT(IpAddress::from_v4(0xffffffff), *IpAddress::parse("2001:db8::"));
}

}  // namespace
}  // namespace postern::ip_address_test
