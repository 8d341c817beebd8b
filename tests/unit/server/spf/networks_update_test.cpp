// What becomes of the networks of a list out of SPF when its domains have been asked.
#include "server/spf/networks_update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::spf::networks_update_test {
namespace {

using dns::DnsStatus;
using testing::ElementsAre;
using testing::IsEmpty;

const DomainName kA = DomainName::parse("a.example").value();
const DomainName kB = DomainName::parse("b.example").value();

std::vector<IpNetwork> networks(int count) {
  std::vector<IpNetwork> result;
  for (int i = 0; i < count; ++i) {
    result.push_back(IpNetwork::parse("192.0." + std::to_string(i) + ".0/24").value());
  }
  return result;
}

AskedDomain found(const DomainName& domain, int count) {
  return {domain, {.status = DnsStatus::found, .networks = networks(count)}};
}

AskedDomain failed(DnsStatus status, std::string problem) {
  return {kA, {.status = status, .problem = std::move(problem)}};
}

NetworksUpdate update(int had, const AskedDomain& asked, ShrinkGuard guard = ShrinkGuard::on) {
  NetworksByDomain kept;
  if (had > 0) kept.emplace(kA, networks(had));
  return update_networks(kept, {asked}, guard);
}

TEST(NetworksUpdate, IsWhatTheDomainsPublishNow) {
  const auto result = update_networks({{kA, networks(1)}, {kB, networks(9)}},
                                      {found(kA, 3), found(kB, 1)}, ShrinkGuard::on);
  EXPECT_EQ(result.networks, (NetworksByDomain{{kA, networks(3)}, {kB, networks(1)}}));
  EXPECT_THAT(result.problems, IsEmpty());
}

TEST(NetworksUpdate, DropsDomainsThatTheListHasNoMore) {
  const auto result =
      update_networks({{kA, networks(1)}, {kB, networks(20)}}, {found(kA, 1)}, ShrinkGuard::on);
  EXPECT_EQ(result.networks, (NetworksByDomain{{kA, networks(1)}}));
}

TEST(NetworksUpdate, KeepsWhatADomainHadAfterAFaultOfDns) {
  for (const ShrinkGuard guard : {ShrinkGuard::on, ShrinkGuard::off}) {
    const auto fault = failed(DnsStatus::temporary_failure, "TXT of a.example: servfail");
    const auto result = update(1, fault, guard);
    EXPECT_EQ(result.networks, (NetworksByDomain{{kA, networks(1)}}));
    EXPECT_THAT(result.problems,
                ElementsAre("a.example: TXT of a.example: servfail; its 1 network stays"));
    EXPECT_THAT(update(0, fault, guard).networks, IsEmpty());
  }
}

TEST(NetworksUpdate, KeepsWhatADomainHadThatPublishesNothingAnyMore) {
  const auto gone = failed(DnsStatus::absent, "a.example has no SPF record");
  const std::string accept =
      "; its 2 networks stay. If this is meant: posternctl reload --accept-shrunk, or "
      "'may_shrink: yes' in the list";
  EXPECT_EQ(update(2, gone).networks, (NetworksByDomain{{kA, networks(2)}}));
  EXPECT_THAT(update(2, gone).problems,
              ElementsAre("a.example: a.example has no SPF record" + accept));
  EXPECT_THAT(update(2, found(kA, 0)).problems,
              ElementsAre("a.example: it publishes no network" + accept));
  const auto meant = update(2, gone, ShrinkGuard::off);
  EXPECT_EQ(meant.networks, (NetworksByDomain{{kA, {}}}));
  EXPECT_THAT(meant.problems, ElementsAre("a.example: a.example has no SPF record"));
}

TEST(NetworksUpdate, KnowsOfADomainThatItPublishesNone) {
  const auto none = failed(DnsStatus::absent, "a.example has no SPF record");
  EXPECT_EQ(update(0, none).networks, (NetworksByDomain{{kA, {}}}));
  EXPECT_EQ(update(0, found(kA, 0)).networks, (NetworksByDomain{{kA, {}}}));
  const auto fault = failed(DnsStatus::temporary_failure, "TXT of a.example: servfail");
  EXPECT_EQ(update_networks({{kA, {}}}, {fault}, ShrinkGuard::on).networks,
            (NetworksByDomain{{kA, {}}}));
}

TEST(NetworksUpdate, KeepsTenOrMoreOfWhichMoreThanHalfIsGone) {
  EXPECT_EQ(update(10, found(kA, 4)).networks.at(kA).size(), 10U);
  EXPECT_EQ(update(10, found(kA, 4)).problems.size(), 1U);
  EXPECT_EQ(update(10, found(kA, 5)).networks.at(kA).size(), 5U);
  EXPECT_EQ(update(9, found(kA, 1)).networks.at(kA).size(), 1U);
  const auto meant = update(10, found(kA, 4), ShrinkGuard::off);
  EXPECT_EQ(meant.networks.at(kA).size(), 4U);
  EXPECT_THAT(meant.problems, IsEmpty());
}

TEST(NetworksUpdate, SaysWhatIsLeftOut) {
  AskedDomain asked = found(kA, 1);
  asked.published.left_out = {"ptr (not a network)"};
  EXPECT_THAT(update(1, asked).left_out, ElementsAre("a.example: ptr (not a network)"));
}

}  // namespace
}  // namespace postern::spf::networks_update_test
