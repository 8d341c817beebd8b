#include "common/resolver/resolv_conf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace postern::resolver::resolv_conf_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct Read {
  std::vector<std::string> servers;
  std::vector<std::string> said;  // `2:12: warning: ...`
};

Read read(std::string_view text) {
  Read result;
  Diagnostics diagnostics;
  for (const dns::DnsServer& server : parse_resolv_conf(text, "r", diagnostics)) {
    result.servers.push_back(server.to_string());
  }
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    EXPECT_EQ(diagnostic.severity, Severity::warning);
    result.said.push_back(diagnostic.to_string());
  }
  return result;
}

struct Case {
  const char* name;
  const char* text;
  std::vector<std::string> servers;
};

class ResolvConf : public testing::TestWithParam<Case> {};

TEST_P(ResolvConf, IsUsedWithoutAWord) {
  const Read result = read(GetParam().text);
  EXPECT_EQ(result.servers, GetParam().servers);
  EXPECT_THAT(result.said, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ResolvConf,
    testing::Values(
        Case{"Empty", "", {}},
        Case{"InOrder",
             "nameserver 192.0.2.1\nsearch example\nnameserver 2001:db8::1\n",
             {"192.0.2.1:53", "[2001:db8::1]:53"}},
        Case{"BlanksAndTabs", "\n  nameserver\t192.0.2.1   \r\n", {"192.0.2.1:53"}},
        Case{"NoNewlineAtTheEnd", "nameserver 192.0.2.1", {"192.0.2.1:53"}},
        Case{"Comments",
             "# nameserver 192.0.2.1\n;nameserver 192.0.2.2\n  # x\nnameserver 192.0.2.3 # local\n"
             "nameserver 192.0.2.4\t; other\n",
             {"192.0.2.3:53", "192.0.2.4:53"}},
        Case{"EachOnce", "nameserver 192.0.2.1\nnameserver 192.0.2.1:53\n", {"192.0.2.1:53"}},
        Case{"MoreThanThree",
             "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n"
             "nameserver 192.0.2.4\n",
             {"192.0.2.1:53", "192.0.2.2:53", "192.0.2.3:53", "192.0.2.4:53"}},
        Case{
            "LinkLocal",
            "nameserver fe80::53%eth0\nnameserver fe80::53%2\nnameserver [fe80::1%wlan0]:5353\n"
            "nameserver FE80::2%eth0#54\n",
            {"[fe80::53%eth0]:53", "[fe80::53%2]:53", "[fe80::1%wlan0]:5353", "[fe80::2%eth0]:54"}},
        Case{"AZoneThatIsNotNeeded", "nameserver 2001:db8::1%eth0\n", {"[2001:db8::1]:53"}},
        Case{"ThisHost", "nameserver 0.0.0.0\nnameserver ::\n", {"127.0.0.1:53", "[::1]:53"}},
        Case{"Ports",
             "nameserver 192.0.2.1#5353\nnameserver 192.0.2.1:5354\nnameserver 2001:db8::1#55\n"
             "nameserver [2001:db8::1]:56\nnameserver [2001:db8::2]\nnameserver [::1]#57\n",
             {"192.0.2.1:5353", "192.0.2.1:5354", "[2001:db8::1]:55", "[2001:db8::1]:56",
              "[2001:db8::2]:53", "[::1]:57"}},
        Case{"AsSystemdResolvedWritesIt",
             "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n",
             {"127.0.0.53:53"}},
        Case{"WhatMakesNoDifference",
             "domain a.example\nsortlist 192.0.2.0/255.255.255.0\noptions ndots:5 rotate debug\n"
             "options\nnameserver 192.0.2.1\n",
             {"192.0.2.1:53"}}),
    [](const auto& tested) { return std::string(tested.param.name); });

struct OddCase {
  const char* name;
  const char* line;
  const char* said;
};

class OddResolvConf : public testing::TestWithParam<OddCase> {};

TEST_P(OddResolvConf, IsSaidAtItsPlace) {
  const Read result =
      read("nameserver 192.0.2.1\n" + std::string(GetParam().line) + "\nnameserver 192.0.2.2\n");
  EXPECT_THAT(result.servers, ElementsAre("192.0.2.1:53", "192.0.2.2:53"));
  EXPECT_THAT(result.said, ElementsAre(GetParam().said));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, OddResolvConf,
    testing::Values(
        OddCase{"Name", "nameserver ns.example",
                "r:2:12: warning: nameserver: found 'ns.example', want an address; it is not "
                "asked"},
        OddCase{"PartOfAnAddress", "\tnameserver  1.2.3",
                "r:2:14: warning: nameserver: found '1.2.3', want an address; it is not asked"},
        OddCase{"NoAddress", "nameserver",
                "r:2:1: warning: nameserver: found no address, want one"},
        OddCase{"AComment", "nameserver # 192.0.2.9",
                "r:2:1: warning: nameserver: found no address, want one"},
        OddCase{"ServerOfTls", "nameserver 192.0.2.9#dns.example",
                "r:2:12: warning: nameserver: found '192.0.2.9#dns.example', want an address; it "
                "is not asked"},
        OddCase{"PortZero", "nameserver 192.0.2.9#0",
                "r:2:12: warning: nameserver: found '192.0.2.9#0', want an address; it is not "
                "asked"},
        OddCase{"ZoneOfIpv4", "nameserver 192.0.2.9%eth0",
                "r:2:12: warning: nameserver: found '192.0.2.9%eth0', want an address; it is not "
                "asked"},
        OddCase{"LinkLocalWithoutZone", "nameserver fe80::53",
                "r:2:12: warning: nameserver: found 'fe80::53', which is link-local, want the "
                "interface that leads there as well, as in fe80::53%eth0; it is not asked"},
        OddCase{"EmptyZone", "nameserver fe80::53%",
                "r:2:12: warning: nameserver: found 'fe80::53%', want an address; it is not asked"},
        OddCase{"OtherKeyword", "nameservers 192.0.2.9",
                "r:2:1: warning: found 'nameservers', want nameserver, options, search, domain or "
                "sortlist; the line is not used"},
        OddCase{"UpperCase", "NAMESERVER 192.0.2.9",
                "r:2:1: warning: found 'NAMESERVER', want nameserver, options, search, domain or "
                "sortlist; the line is not used"},
        OddCase{"Timeout", "options edns0 timeout:1",
                "r:2:15: warning: options: 'timeout:1' is not used: dns: attempt_timeout: in "
                "postern.yaml says how long a server is waited for"},
        OddCase{"Attempts", "options attempts:5",
                "r:2:9: warning: options: 'attempts:5' is not used: dns: passes: in postern.yaml "
                "says how often the servers are asked"},
        OddCase{"OverTcp", "options use-vc",
                "r:2:9: warning: options: 'use-vc' is not used: a question goes over UDP, and over "
                "TCP when the reply is truncated"},
        OddCase{"UnknownOption", "options edns1",
                "r:2:9: warning: options: found 'edns1', want one of resolv.conf(5); it is not "
                "used"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(ResolvConfLine, OfTwoServersTheFirstIsUsedAndTheSecondSaid) {
  const Read result = read("nameserver 192.0.2.1 192.0.2.2\n");
  EXPECT_THAT(result.servers, ElementsAre("192.0.2.1:53"));
  EXPECT_THAT(result.said,
              ElementsAre("r:1:22: warning: nameserver: found '192.0.2.2' behind the address, want "
                          "a line for each server; it is not used"));
}

TEST(ResolvConfLimit, SixteenServers) {
  std::string text;
  for (int host = 1; host <= 100; ++host)
    text += "nameserver 192.0.2." + std::to_string(host) + "\n";
  const Read result = read(text);
  EXPECT_THAT(result.servers, SizeIs(16));
  ASSERT_THAT(result.said, SizeIs(21));
  EXPECT_EQ(result.said.front(),
            "r:17:12: warning: nameserver: found one more than are asked, want at most 16");
  EXPECT_EQ(result.said.back(), "r: warning: and 64 more that is not used");
}

TEST(ResolvConfLimit, WhatIsSaidIsShortAndPrintable) {
  const Read result = read("nameserver " + std::string(100'000, 'x') + "\n\x1b[2Jnone\n");
  ASSERT_THAT(result.said, SizeIs(2));
  EXPECT_LT(result.said[0].size(), 200U);
  EXPECT_THAT(result.said[1], HasSubstr("'\\x1b[2Jnone'"));
}

}  // namespace
}  // namespace postern::resolver::resolv_conf_test
