// Which networks a domain publishes, and what is left out of them.
#include "rules/spf/published_networks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rules/spf/spf_run.h"

namespace postern::spf::published_networks_test {
namespace {

using dns::DnsStatus;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ZoneMap zone(const std::string& names) {
  auto map = ZoneMap::parse("zone:\n" + names);
  if (!map) throw std::runtime_error(map.error().text);
  return *std::move(map);
}

PublishedNetworks in_rounds(const ZoneMap& names) {
  ZoneFacts source(names);
  FactView facts(nullptr);
  const auto domain = DomainName::parse("a.example").value();
  for (int round = 0; round < 50; ++round) {
    if (auto published = published_networks(domain, facts)) return *std::move(published);
    if (facts.missing().empty()) throw std::runtime_error("it waits for nothing");
    const std::vector<dns::DnsQuestion> questions = facts.missing();
    for (const dns::DnsQuestion& question : questions) {
      facts.add(question, source.find(question).value());
    }
  }
  throw std::runtime_error("it never ends");
}

// Of the record of a.example, beside these names.
PublishedNetworks published(const std::string& record, const std::string& names = "") {
  return in_rounds(zone("  a.example: { TXT: ['v=spf1 " + record + "'] }\n" + names));
}

std::vector<std::string> texts_of(const PublishedNetworks& published) {
  std::vector<std::string> texts;
  for (const IpNetwork& network : published.networks) texts.push_back(network.to_string());
  return texts;
}

TEST(PublishedNetworks, AreThoseThatPass) {
  const auto found =
      published("ip4:192.0.2.77/24 ~ip4:198.51.100.0/24 ip6:2001:db8::1/32 ip4:203.0.113.9 -all");
  EXPECT_EQ(found.status, DnsStatus::found);
  EXPECT_THAT(texts_of(found), ElementsAre("192.0.2.0/24", "203.0.113.9", "2001:db8::/32"));
  EXPECT_THAT(found.left_out, IsEmpty());
}

TEST(PublishedNetworks, FollowIncludesRedirectsAndHosts) {
  const auto found =
      in_rounds(zone("  a.example: { TXT: ['v=spf1 include:b.example a:h.example/30//64 mx "
                     "redirect=c.example'], MX: [10 m.example, 20 n.example] }\n"
                     "  b.example: { TXT: ['v=spf1 ip4:192.0.2.0/25 -all'] }\n"
                     "  c.example: { TXT: ['v=spf1 include:b.example ip4:192.0.2.128/25 -all'] }\n"
                     "  h.example: { A: [198.51.100.6], AAAA: ['2001:db8::6'] }\n"
                     "  m.example: { A: [203.0.113.1] }\n"));
  EXPECT_EQ(found.status, DnsStatus::found) << found.problem;
  EXPECT_THAT(texts_of(found), ElementsAre("192.0.2.0/25", "192.0.2.128/25", "198.51.100.4/30",
                                           "203.0.113.1", "2001:db8::/64"));
}

TEST(PublishedNetworks, HaveNoneInsideAnother) {
  EXPECT_THAT(texts_of(published("ip4:192.0.2.9 ip4:192.0.2.0/24 ip4:192.0.2.0/25 ip4:192.0.3.1")),
              ElementsAre("192.0.2.0/24", "192.0.3.1"));
}

TEST(PublishedNetworks, EndAtAll) {
  EXPECT_THAT(texts_of(published("ip4:192.0.2.1 ?all ip4:192.0.2.9 redirect=none.example")),
              ElementsAre("192.0.2.1"));
}

TEST(PublishedNetworks, LeaveOutWhatIsNoNetworkAndSayIt) {
  const auto found = published(
      "exists:%{i}.b.example ptr include:%{d}.b.example a:%{o} ip4:192.0.2.1 -exists:x.example "
      "+all");
  EXPECT_EQ(found.status, DnsStatus::found) << found.problem;
  EXPECT_THAT(texts_of(found), ElementsAre("192.0.2.1"));
  EXPECT_THAT(found.left_out,
              ElementsAre("exists:%{i}.b.example (not a network)", "ptr (not a network)",
                          "include:%{d}.b.example (not a network)", "a:%{o} (not a network)",
                          "+all (not a network)"));
}

TEST(PublishedNetworks, LeaveOutWhatIsMoreThanAnybodyOwns) {
  const auto found = published(
      "ip4:0.0.0.0/0 ip4:128.0.0.0/1 ip4:16.0.0.0/7 ip4:17.0.0.0/8 ip6:2000::/18 "
      "ip6:2001:e000::/19 "
      "ip6::: ip6:::/64 a:h.example/0",
      "  h.example: { A: [192.0.2.1] }\n");
  EXPECT_EQ(found.status, DnsStatus::found) << found.problem;
  EXPECT_THAT(texts_of(found), ElementsAre("::", "17.0.0.0/8", "2001:e000::/19"));
  EXPECT_THAT(found.left_out, testing::SizeIs(6));
  EXPECT_THAT(found.left_out, testing::Each(HasSubstr("(more than anybody owns)")));
}

TEST(PublishedNetworks, AreNotTakenWhenTogetherTheyAreMoreThanAnybodyOwns) {
  EXPECT_THAT(texts_of(published("ip4:17.0.0.0/8 ip4:18.0.0.0/8 ip6:2001:e000::/19")),
              ElementsAre("17.0.0.0/8", "18.0.0.0/8", "2001:e000::/19"));
  std::string everything;
  for (int i = 1; i < 224; ++i) everything += " ip4:" + std::to_string(i) + ".0.0.0/8";
  const auto found = published(everything);
  EXPECT_EQ(found.status, DnsStatus::absent);
  EXPECT_EQ(found.problem, "its networks together are more than anybody owns");
  EXPECT_EQ(published("ip4:17.0.0.0/8 ip4:18.0.0.0/8 ip4:19.0.0.1").status, DnsStatus::absent);
  EXPECT_EQ(published("ip6:2001:e000::/19 ip6:2002::/19 ip6:2003::/24").status, DnsStatus::absent);
}

TEST(PublishedNetworks, LeaveOutWhatAnEarlierTermTakesOut) {
  const auto found = published("-ip4:192.0.2.1 ip4:192.0.2.0/24 include:b.example ip4:192.0.3.0/24",
                               "  b.example: { TXT: ['v=spf1 ip4:192.0.2.1 ip4:192.0.4.1 "
                               "-ip4:192.0.3.1 -all'] }\n");
  EXPECT_THAT(texts_of(found), ElementsAre("192.0.3.0/24", "192.0.4.1"));
  EXPECT_THAT(found.left_out, ElementsAre("ip4:192.0.2.0/24 (an earlier term says otherwise)",
                                          "ip4:192.0.2.1 (an earlier term says otherwise)"));
}

TEST(PublishedNetworks, AreTemporarilyUnknownAfterOneFaultOfDns) {
  const auto found =
      published("ip4:192.0.2.1 include:b.example -all", "  b.example: { fault: servfail }\n");
  EXPECT_EQ(found.status, DnsStatus::temporary_failure);
  EXPECT_EQ(found.problem, "TXT of b.example: servfail");
  EXPECT_THAT(found.networks, IsEmpty());
  EXPECT_EQ(published("a:h.example", "  h.example: { A: { fault: timeout } }\n").status,
            DnsStatus::temporary_failure);
}

TEST(PublishedNetworks, AreAbsentWithoutARecordOfItsOwnOrOfAnother) {
  EXPECT_EQ(in_rounds(zone("  b.example: { A: [192.0.2.1] }\n")).problem,
            "a.example has no SPF record");
  const auto broken =
      published("ip4:192.0.2.1 include:b.example", "  b.example: { A: [192.0.2.1] }\n");
  EXPECT_EQ(broken.status, DnsStatus::absent);
  EXPECT_EQ(broken.problem, "b.example has no SPF record");
  EXPECT_THAT(broken.networks, IsEmpty());
  EXPECT_THAT(published("ip4:192.0.2").problem, HasSubstr("'ip4:192.0.2' is no term"));
  EXPECT_EQ(in_rounds(zone("  a.example: { TXT: ['v=spf1 -all', 'v=spf1 -all'] }\n")).problem,
            "a.example has several SPF records");
}

TEST(PublishedNetworks, AreNoneOfADomainThatNeverSends) {
  const auto found = published("-all");
  EXPECT_EQ(found.status, DnsStatus::found);
  EXPECT_THAT(found.networks, IsEmpty());
}

TEST(PublishedNetworks, EndInACircle) {
  const auto found = published("include:b.example",
                               "  b.example: { TXT: ['v=spf1 "
                               "include:a.example -all'] }\n");
  EXPECT_EQ(found.status, DnsStatus::absent);
  EXPECT_THAT(found.problem, HasSubstr("a circle"));
}

// Ten includes a record, ten deep, would be ten thousand million.
TEST(PublishedNetworks, EndInABombOfIncludes) {
  std::string names;
  for (int depth = 0; depth < 10; ++depth) {
    std::string record;
    for (int i = 0; i < 10; ++i) record += " include:d" + std::to_string(depth + 1) + ".example";
    names += "  d" + std::to_string(depth) + ".example: { TXT: ['v=spf1" + record + "'] }\n";
  }
  EXPECT_EQ(published("include:d0.example", names).status, DnsStatus::absent);
}

}  // namespace
}  // namespace postern::spf::published_networks_test
