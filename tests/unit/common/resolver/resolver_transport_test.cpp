// Over what the resolver asks: UDP and TCP, ports that change, EDNS.
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "common/resolver/resolver.h"
#include "tests/unit/common/resolver/resolver_fixture.h"

namespace postern::resolver::resolver_transport_test {
namespace {

using namespace std::chrono_literals;

const char* const kZone = R"(
zone:
  good.example:      { MX: [20 b.example, 10 mail.good.example], ttl: 120 }
  slow.example:      { delay: 100ms, MX: [10 mail.good.example] }
  big.example:       { A: [198.51.100.1], fault: truncate }
  tcp-reset.example: { A: [198.51.100.1], fault: tcp_reset }
  timeout.example:   { fault: timeout }
  no-edns.example:   { A: [198.51.100.1], fault: formerr_on_edns }
)";

TEST(ResolverTruncation, AsksAgainOverTcp) {
  ResolverFixture fixture(zone(kZone), ResolverFixture::patient());
  EXPECT_EQ(fixture.ask("big.example", dns::DnsType::a).reason, dns::DnsReason::answer);
  const auto queries = fixture.servers[0]->queries();
  ASSERT_EQ(queries.size(), 2U);
  EXPECT_EQ(queries[0].transport, Transport::udp);
  EXPECT_EQ(queries[1].transport, Transport::tcp);
}

TEST(ResolverTruncation, BigAnswerComesOverTcp) {
  ZoneNode node;
  for (std::uint32_t host = 1; host <= 90; ++host) {
    node.a.push_back(IpAddress::from_v4(0xc6336400 + host));
  }
  ZoneMap map;
  map.set("many.example", node);
  ResolverFixture fixture(map, ResolverFixture::patient());
  EXPECT_EQ(fixture.ask("many.example", dns::DnsType::a).records.addresses(), node.a);
  EXPECT_EQ(fixture.servers[0]->count("many.example", dns::DnsType::a), 2);
}

// Big senders have fifty texts, of which one is wanted.
TEST(ResolverTruncation, FiftyTextsComeOverTcp) {
  ZoneNode node;
  std::vector<dns::TxtRecord> texts;
  for (int i = 0; i < 50; ++i) {
    node.txt.push_back("service-" + std::to_string(i) + "-verification=" + std::string(120, 'v'));
  }
  node.txt.push_back("v=spf1 " + std::string(600, ' ') + "-all");
  for (const std::string& text : node.txt) texts.push_back({text});
  ZoneMap map;
  map.set("many.example", node);
  ResolverFixture fixture(map, ResolverFixture::patient());
  EXPECT_EQ(fixture.ask("many.example", dns::DnsType::txt).records.texts(), texts);
  EXPECT_EQ(fixture.servers[0]->count("many.example", dns::DnsType::txt), 2);
  const auto kept = fixture.cache.find(question("many.example", dns::DnsType::txt),
                                       DnsCache::TimePoint::clock::now());
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->answer->records.texts(), texts);
}

// Of a macro, or the reverse name of a client in a small network (RFC 2317).
TEST(ResolverNames, ThatNoHostHasAreAskedAndKept) {
  const std::string odd = std::string(60, '%') + ".a=b c+\xff._spf.example";
  ZoneMap map;
  ZoneNode alias;
  alias.cname = "0\\0471.2.0.192.in-addr.arpa";
  alias.chase = false;
  const dns::DnsName name = dns::DnsName::from_octets(odd).value();
  ASSERT_GT(name.text().size(), 255U);
  map.set(name.text(), alias);
  ZoneNode node;
  node.ptr = {"host.example"};
  map.set(*alias.cname, node);
  ResolverFixture fixture(map, ResolverFixture::patient());
  const auto answer = ResolverFixture::wait(fixture.start({name, dns::DnsType::ptr})).answer;
  EXPECT_EQ(answer->records.names(), node.ptr);
  EXPECT_TRUE(fixture.cache.find({name, dns::DnsType::ptr}, DnsCache::TimePoint::clock::now()));
  EXPECT_EQ(fixture.cache.forget(name), 1U);
}

// A connection that breaks must not take others' queries with it.
TEST(ResolverTruncation, BrokenTcpLeavesUdpAlone) {
  ResolverFixture fixture(zone(kZone), ResolverFixture::patient());
  auto slow = fixture.start(question("slow.example", dns::DnsType::mx));
  auto reset = fixture.start(question("tcp-reset.example", dns::DnsType::a));
  EXPECT_EQ(ResolverFixture::wait(std::move(reset)).answer->reason, dns::DnsReason::unreachable);
  EXPECT_EQ(ResolverFixture::wait(std::move(slow)).answer->reason, dns::DnsReason::answer);
  EXPECT_EQ(fixture.servers[0]->count("slow.example", dns::DnsType::mx), 1);
}

// After quick answers, too: 300 ms, 700 ms and 1.5 s where 800 ms and then 1.6 s are waited, here
// all by the same factor.
TEST(ResolverPatience, ASlowAnswerIsWaitedForHoweverQuickTheServerWasBefore) {
  DnsSettings settings = ResolverFixture::quick();
  settings.attempt_timeout = 2s;
  settings.query_timeout = 10s;
  ResolverFixture fixture(zone(R"(
zone:
  slow-1.example: { delay: 750ms, A: [198.51.100.1] }
  slow-2.example: { delay: 1750ms, A: [198.51.100.1] }
  slow-3.example: { delay: 3750ms, A: [198.51.100.1] }
)"),
                          settings);
  for (int i = 0; i < 10; ++i)
    fixture.ask("none" + std::to_string(i) + ".example", dns::DnsType::a);
  std::vector<std::future<dns::DnsFact>> slow;
  for (const char* name : {"slow-1.example", "slow-2.example", "slow-3.example"}) {
    slow.push_back(fixture.start(question(name, dns::DnsType::a)));
  }
  for (auto& fact : slow) {
    EXPECT_EQ(ResolverFixture::wait(std::move(fact)).answer->reason, dns::DnsReason::answer);
  }
  EXPECT_EQ(fixture.servers[0]->count("slow-1.example", dns::DnsType::a), 1);
}

TEST(ResolverMalformed, RepliesEndTheirOwnQuestionsAndSayNothingOfTheServer) {
  std::string nodes;
  for (int i = 0; i < 20; ++i) {
    nodes += "  good" + std::to_string(i) + ".example: { delay: 300ms, A: [198.51.100.1] }\n";
  }
  for (const char* fault : {"cut", "garbage", "compression_loop", "count_lies", "not_counted"}) {
    nodes +=
        "  bad-" + std::string(fault) + ".example: { A: [198.51.100.1], fault: " + fault + " }\n";
  }
  DnsSettings settings = ResolverFixture::patient();
  settings.down_after_failures = 1;
  ResolverFixture fixture(zone("zone:\n" + nodes), settings);
  std::vector<std::future<dns::DnsFact>> good;
  for (int i = 0; i < 20; ++i) {
    good.push_back(
        fixture.start(question("good" + std::to_string(i) + ".example", dns::DnsType::a)));
  }
  for (const char* fault : {"cut", "garbage", "compression_loop", "count_lies", "not_counted"}) {
    EXPECT_EQ(fixture.ask("bad-" + std::string(fault) + ".example", dns::DnsType::a).reason,
              dns::DnsReason::malformed)
        << fault;
  }
  for (auto& fact : good) {
    EXPECT_EQ(ResolverFixture::wait(std::move(fact)).answer->reason, dns::DnsReason::answer);
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(fixture.servers[0]->count("good" + std::to_string(i) + ".example", dns::DnsType::a),
              1);
  }
  EXPECT_FALSE(fixture.health()[0].down);
}

// Otherwise a question that stays open would hold the port still, and a forger would only have the
// id to guess.
TEST(ResolverPort, ChangesThoughAQuestionStaysOpen) {
  DnsSettings patient = ResolverFixture::quick();
  patient.attempt_timeout = 10s;
  patient.query_timeout = 10s;
  ResolverFixture fixture(zone(kZone), patient);
  const auto open = fixture.start(question("timeout.example", dns::DnsType::a));
  std::set<std::uint16_t> ports;
  for (int round = 0; round < 4; ++round) {
    fixture.ask("none" + std::to_string(round) + ".example", dns::DnsType::a);
    ports.insert(fixture.servers[0]->queries().back().client_port);
    std::this_thread::sleep_for(700ms);
  }
  EXPECT_GE(ports.size(), 2U);
}

TEST(ResolverEdns, IsUsed) {
  ResolverFixture fixture(zone(kZone), ResolverFixture::patient());
  fixture.ask("good.example", dns::DnsType::mx);
  ASSERT_EQ(fixture.servers[0]->queries().size(), 1U);
  EXPECT_TRUE(fixture.servers[0]->queries()[0].edns);
}

TEST(ResolverEdns, IsRememberedToBeUnknown) {
  ResolverFixture fixture(zone(kZone), ResolverFixture::patient());
  EXPECT_EQ(fixture.ask("no-edns.example", dns::DnsType::a).reason, dns::DnsReason::answer);
  EXPECT_EQ(fixture.servers[0]->count("no-edns.example", dns::DnsType::a), 2);
  EXPECT_EQ(fixture.ask("good.example", dns::DnsType::mx).reason, dns::DnsReason::answer);
  EXPECT_FALSE(fixture.servers[0]->queries().back().edns);
  EXPECT_EQ(fixture.servers[0]->count("good.example", dns::DnsType::mx), 1);
  for (int i = 0; i < 5; ++i) fixture.ask("none" + std::to_string(i) + ".example", dns::DnsType::a);
  EXPECT_EQ(fixture.servers[0]->queries().size(), 3U + 5U) << "one packet each";
}

TEST(ResolverEdns, ManyAtOnceSurviveTheLossOfEdns) {
  ZoneMap map;
  ZoneNode node;
  node.a.push_back(IpAddress::from_v4(0xc6336401));
  node.fault = ZoneFault{FaultKind::formerr_on_edns, 0};
  for (int host = 0; host < 50; ++host) map.set("h" + std::to_string(host) + ".example", node);
  ResolverFixture fixture(map);
  std::vector<std::future<dns::DnsFact>> facts;
  facts.reserve(50);
  for (int host = 0; host < 50; ++host) {
    facts.push_back(
        fixture.start(question("h" + std::to_string(host) + ".example", dns::DnsType::a)));
  }
  for (auto& fact : facts) {
    EXPECT_EQ(ResolverFixture::wait(std::move(fact)).answer->reason, dns::DnsReason::answer);
  }
}

// More reply than fits 512 octets, after EDNS was lost: over TCP, and whole.
TEST(ResolverEdns, BigAnswerWithoutEdns) {
  ZoneMap map = zone(kZone);
  ZoneNode node;
  for (std::uint32_t host = 1; host <= 40; ++host) {
    node.a.push_back(IpAddress::from_v4(0xc6336400 + host));
  }
  map.set("many.example", node);
  ResolverFixture fixture(map);
  EXPECT_EQ(fixture.ask("no-edns.example", dns::DnsType::a).reason, dns::DnsReason::answer);
  EXPECT_EQ(fixture.ask("many.example", dns::DnsType::a).records.addresses(), node.a);
}

}  // namespace
}  // namespace postern::resolver::resolver_transport_test
