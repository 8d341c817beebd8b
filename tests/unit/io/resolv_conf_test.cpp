#include <gtest/gtest.h>

#include "common/io/resolver.h"

namespace postern {
namespace {

struct Case {
  const char* name;
  const char* text;
  std::vector<std::string> servers;
};

class ResolvConf : public testing::TestWithParam<Case> {};

TEST_P(ResolvConf, Servers) {
  std::vector<std::string> servers;
  for (const DnsServer& server : parse_resolv_conf(GetParam().text)) {
    servers.push_back(server.to_string());
  }
  EXPECT_EQ(servers, GetParam().servers);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ResolvConf,
    testing::Values(
        Case{"Empty", "", {"127.0.0.1:53"}},
        Case{"InOrder",
             "nameserver 192.0.2.1\nsearch example\nnameserver 2001:db8::1\n",
             {"192.0.2.1:53", "[2001:db8::1]:53"}},
        Case{"BlanksAndTabs", "\n  nameserver\t192.0.2.1   \r\n", {"192.0.2.1:53"}},
        Case{"Comments",
             "# nameserver 192.0.2.1\n;nameserver 192.0.2.2\nnameserver 192.0.2.3 # local\n",
             {"192.0.2.3:53"}},
        Case{"EachOnce", "nameserver 192.0.2.1\nnameserver 192.0.2.1\n", {"192.0.2.1:53"}},
        Case{"OtherKeywords", "nameservers 192.0.2.1\noptions ndots:1\n", {"127.0.0.1:53"}},
        Case{"NoValue", "nameserver\nnameserver 192.0.2.2", {"192.0.2.2:53"}},
        Case{"NoAddress",
             "nameserver ns.example\nnameserver fe80::1%eth0\nnameserver 1.2.3\n",
             {"127.0.0.1:53"}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(ResolvConfLimit, SixteenServers) {
  std::string text;
  for (int host = 1; host <= 100; ++host)
    text += "nameserver 192.0.2." + std::to_string(host) + "\n";
  EXPECT_EQ(parse_resolv_conf(text).size(), 16U);
}

}  // namespace
}  // namespace postern
