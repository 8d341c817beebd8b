#include "ctl/import/address_word.h"

#include <gtest/gtest.h>

namespace postern::import::address_word_test {
namespace {

TEST(AddressWord, WhatHasNoLetterBehindItsLastDot) {
  for (const char* word :
       {"192.0.2.", "192.0.2", "192.0.2.1-9", "192.0.2.1-192.0.2.9", "192.0.2.*", "192.0.*.*",
        "192.0.2.x", "192.0.*.x", "192.0.*.", "192.0.2.0/24", "192.0.2.0/255.255.255.0", "7",
        "1.2.3.4.5", ".0.2", "*.2.0.192", "a.example.7", "10.*"}) {
    EXPECT_TRUE(is_meant_as_addresses(word)) << word;
  }
  for (const char* word : {"", "-", "*", ".", "a.example", "1.2.3.4.example", "163.com", "mx.*",
                           "1and1", "192.0.2.in-addr.arpa", "fe80", "a.xn--p1ai"}) {
    EXPECT_FALSE(is_meant_as_addresses(word)) << word;
  }
}

TEST(AddressWord, TheNetworkThatIsMeant) {
  EXPECT_EQ(network_meant_by("198.51.100."), "198.51.100.0/24");
  EXPECT_EQ(network_meant_by("192.0."), "192.0.0.0/16");
  EXPECT_EQ(network_meant_by("10."), "10.0.0.0/8");
  EXPECT_EQ(network_meant_by("198.51.100.*"), "198.51.100.0/24");
  EXPECT_EQ(network_meant_by("198.51.*.*"), "198.51.0.0/16");
  EXPECT_EQ(network_meant_by("192.0.2.128/255.255.255.128"), "192.0.2.128/25");
  EXPECT_EQ(network_meant_by("0.0.0.0/0.0.0.0"), "0.0.0.0/0");
  EXPECT_EQ(network_meant_by("192.0.2.1/255.255.255.255"), "192.0.2.1/32");
}

TEST(AddressWord, WhatProgramsReadDifferentlyIsNone) {
  for (const char* word :
       {"192.0.2", "192.0.2.1", "192.0.2.1.", "192.0.2.0/24", "192.0.2.0/255.0.255.0", "300.1.",
        "10.*.1", "10.1.*.*.*", "192.0.2.1-9", "*.*", ".", "", "a.example.",
        "2001:db8::/ffff::", "01.2.", "192.0.2/255.255.255.0"}) {
    EXPECT_FALSE(network_meant_by(word)) << word;
  }
}

TEST(AddressWord, TheNetworkAroundAnAddress) {
  EXPECT_EQ(network_around("192.0.2.9/24"), "192.0.2.0/24");
  EXPECT_EQ(network_around("2001:db8::1/32"), "2001:db8::/32");
  EXPECT_EQ(network_around("192.0.2.9"), "192.0.2.9");
  EXPECT_EQ(network_around("192.0.2.9/33"), "192.0.2.9/33");
  EXPECT_EQ(network_around("a.example/24"), "a.example/24");
}

}  // namespace
}  // namespace postern::import::address_word_test
