// The file of a list out of SPF, both ways, and what a hostile one comes to.
#include "rules/spf/kept_networks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::spf::kept_networks_test {
namespace {

DomainName domain(std::string_view text) {
  return DomainName::parse(text).value();
}

IpNetwork network(std::string_view text) {
  return IpNetwork::parse(text).value();
}

TEST(KeptNetworks, ComeBackAsTheyWereWritten) {
  const NetworksByDomain networks{
      {domain("a.example"), {network("192.0.2.0/24"), network("2001:db8::/32")}},
      {domain("b.example"), {network("192.0.2.0/24"), network("198.51.100.7")}},
      {domain("c.example"), {}},
      {domain("d.example"), {}}};
  const std::string text = format_kept_networks(networks);
  EXPECT_EQ(text,
            "# Networks of which these domains' SPF records say that they send. Written by "
            "Postern.\n"
            "192.0.2.0/24 owner=\"a.example b.example\"\n"
            "198.51.100.7 owner=\"b.example\"\n"
            "2001:db8::/32 owner=\"a.example\"\n"
            "none owner=\"c.example d.example\"\n");
  const KeptNetworks kept = parse_kept_networks(text);
  EXPECT_EQ(kept.first_fault, 0);
  ASSERT_EQ(kept.networks.size(), 3U);
  EXPECT_EQ(kept.networks[1].line, 3);
  EXPECT_EQ(by_domain(kept), networks);
}

TEST(KeptNetworks, LeaveOutWhateverIsNotTheirs) {
  for (const char* line :
       {"192.0.2.0/24", "192.0.2.0/24 owner=a.example", "192.0.2.1/24 owner=\"a.example\"",
        "0.0.0.0/0 owner=\"a.example\"", "2000::/3 owner=\"a.example\"", "192.0.2.0/24 owner=\"\"",
        "192.0.2.0/24 owner=\"a.example\" then=\"pass\"", "192.0.2.0/24 owner=\"A.example\"",
        "192.0.2.0/24 owner=\"a.example  b.example\"", "192.0.2.0/24 owner=\"a.example\x1b[2J\"",
        "192.0.2.0/24 owner=\"a.example\"\r", "root:x:0:0:root:/root:/bin/bash",
        "NONE owner=\"a.example\"", "none owner=\"\"", "192.0.2.0/24 owner=\"",
        " owner=\"a.example\"", ""}) {
    const auto kept =
        parse_kept_networks(std::string("# x\n") + line + "\n198.51.100.7 owner=\"b.example\"\n");
    EXPECT_EQ(kept.first_fault, 2) << line;
    ASSERT_EQ(kept.networks.size(), 1U) << line;
    EXPECT_EQ(kept.networks.front().network, network("198.51.100.7"));
  }
}

TEST(KeptNetworks, OfAFileThatWasCutAreThoseOfItsWholeLines) {
  const auto kept = parse_kept_networks("192.0.2.1 owner=\"a.example\"\n192.0.2.2 owner=\"a.exa");
  EXPECT_EQ(kept.networks.size(), 1U);
  EXPECT_EQ(kept.first_fault, 2);
}

}  // namespace
}  // namespace postern::spf::kept_networks_test
