#include "common/resolver/resolver.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "tests/support/stopwatch.h"
#include "tests/unit/common/resolver/resolver_fixture.h"

namespace postern::resolver::resolver_test {
namespace {

using namespace std::chrono_literals;

const char* const kZone = R"(
zone:
  good.example:        { MX: [20 b.example, 10 mail.good.example], ttl: 120 }
  mail.good.example:   { A: [198.51.100.10], AAAA: ["2001:db8::10"] }
  alias.example:       { CNAME: good.example, ttl: 60 }
  dangling.example:    { CNAME: gone.example }
  nullmx.example:      { MX: [0 .] }
  4.3.2.1.in-addr.arpa: { PTR: [mail.good.example] }
  slow.example:        { delay: 100ms, MX: [10 mail.good.example] }
  mixed.example:       { MX: { fault: servfail }, A: [198.51.100.1] }
  one.example:         { CNAME: two.example, chase: no, ttl: 50 }
  two.example:         { CNAME: three.example, chase: no, ttl: 40 }
  three.example:       { A: [198.51.100.3], ttl: 100 }
  round.example:       { CNAME: about.example, chase: no }
  about.example:       { CNAME: round.example, chase: no }
  selfish.example:     { CNAME: selfish.example }
  to-broken.example:   { CNAME: servfail.example }
  big.example:         { A: [198.51.100.1], fault: truncate }
  servfail.example:    { fault: servfail }
  refused.example:     { fault: refused }
  formerr.example:     { fault: formerr }
  notimp.example:      { fault: notimp }
  timeout.example:     { fault: timeout }
  no-tcp.example:      { A: [198.51.100.1], fault: truncate_no_tcp }
  tcp-reset.example:   { A: [198.51.100.1], fault: tcp_reset }
  wrong-id.example:    { A: [198.51.100.1], fault: wrong_id }
  wrong-question.example: { A: [198.51.100.1], fault: wrong_question }
  wrong-port.example:  { A: [198.51.100.1], fault: wrong_port }
  cut.example:         { A: [198.51.100.1], fault: cut }
  garbage.example:     { fault: garbage }
  empty.example:       { fault: empty }
  compression.example: { fault: compression_loop }
  cname-loop.example:  { fault: cname_loop }
  count-lies.example:  { fault: count_lies }
  referral.example:    { fault: referral }
  no-soa.example:      { fault: no_soa }
  no-edns.example:     { A: [198.51.100.1], fault: formerr_on_edns }
  fail-first.example:  { A: [198.51.100.1], fault: fail_first_1 }
  drop-first.example:  { A: [198.51.100.1], fault: drop_first_1 }
negative_ttl: 77
)";

struct Case {
  const char* name;
  const char* domain;
  dns::DnsType type;
};

class ResolverAgrees : public testing::TestWithParam<Case> {};

// The pure answer of the map and the answer that comes over the wire are the same, for what is good
// and for every fault.
TEST_P(ResolverAgrees, WithTheZoneMap) {
  ResolverFixture fixture(zone(kZone), ResolverFixture::patient(1s));
  const auto asked = question(GetParam().domain, GetParam().type);
  const auto expected = zone(kZone).answer(asked);

  const dns::DnsFact fact = ResolverFixture::wait(fixture.start(asked));
  dns::DnsAnswer answer = *fact.answer;
  EXPECT_EQ(fact.source, dns::DnsFact::Source::asked);
  const bool silence =
      answer.reason == dns::DnsReason::timeout || answer.reason == dns::DnsReason::unreachable;
  EXPECT_EQ(answer.server, silence ? "" : fixture.address(0));
  answer.server.clear();
  if (answer.status == dns::DnsStatus::temporary_failure) answer.ttl = expected.ttl;
  EXPECT_EQ(dns::to_string(answer.status), dns::to_string(expected.status));
  EXPECT_EQ(dns::to_string(answer.reason), dns::to_string(expected.reason));
  EXPECT_EQ(answer.ttl, expected.ttl);
  EXPECT_EQ(answer, expected);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ResolverAgrees,
    testing::Values(Case{"Mx", "good.example", dns::DnsType::mx},
                    Case{"A", "mail.good.example", dns::DnsType::a},
                    Case{"Aaaa", "mail.good.example", dns::DnsType::aaaa},
                    Case{"Ptr", "4.3.2.1.in-addr.arpa", dns::DnsType::ptr},
                    Case{"NullMx", "nullmx.example", dns::DnsType::mx},
                    Case{"Cname", "alias.example", dns::DnsType::mx},
                    Case{"CnameToNowhere", "dangling.example", dns::DnsType::mx},
                    Case{"CnameToFailure", "to-broken.example", dns::DnsType::mx},
                    Case{"CnameByManyQuestions", "one.example", dns::DnsType::a},
                    Case{"CnameToNodata", "one.example", dns::DnsType::mx},
                    Case{"CnameRound", "round.example", dns::DnsType::a},
                    Case{"CnameToItself", "selfish.example", dns::DnsType::a},
                    Case{"Nxdomain", "nothing.example", dns::DnsType::a},
                    Case{"Nodata", "good.example", dns::DnsType::a},
                    Case{"EmptyNonTerminal", "example", dns::DnsType::a},
                    Case{"Slow", "slow.example", dns::DnsType::mx},
                    Case{"FaultOfOneType", "mixed.example", dns::DnsType::mx},
                    Case{"OtherTypeIsGood", "mixed.example", dns::DnsType::a},
                    Case{"Truncated", "big.example", dns::DnsType::a},
                    Case{"Servfail", "servfail.example", dns::DnsType::a},
                    Case{"Refused", "refused.example", dns::DnsType::a},
                    Case{"Formerr", "formerr.example", dns::DnsType::a},
                    Case{"Notimp", "notimp.example", dns::DnsType::a},
                    Case{"Timeout", "timeout.example", dns::DnsType::a},
                    Case{"NoTcp", "no-tcp.example", dns::DnsType::a},
                    Case{"TcpReset", "tcp-reset.example", dns::DnsType::a},
                    Case{"WrongId", "wrong-id.example", dns::DnsType::a},
                    Case{"WrongQuestion", "wrong-question.example", dns::DnsType::a},
                    Case{"WrongPort", "wrong-port.example", dns::DnsType::a},
                    Case{"Cut", "cut.example", dns::DnsType::a},
                    Case{"Garbage", "garbage.example", dns::DnsType::a},
                    Case{"Empty", "empty.example", dns::DnsType::a},
                    Case{"CompressionLoop", "compression.example", dns::DnsType::a},
                    Case{"CnameLoop", "cname-loop.example", dns::DnsType::a},
                    Case{"CountLies", "count-lies.example", dns::DnsType::a},
                    Case{"Referral", "referral.example", dns::DnsType::a},
                    Case{"NoSoa", "no-soa.example", dns::DnsType::a},
                    Case{"FormerrOnEdns", "no-edns.example", dns::DnsType::a},
                    Case{"FailFirst", "fail-first.example", dns::DnsType::a},
                    Case{"DropFirst", "drop-first.example", dns::DnsType::a}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(ResolverChain, SixteenLinksAndNoMore) {
  ZoneMap map;
  ZoneNode end;
  end.a.push_back(IpAddress::from_v4(0xc6336401));
  map.set("n0.example", end);
  for (int link = 1; link <= 17; ++link) {
    ZoneNode alias;
    alias.chase = false;
    alias.cname = "n" + std::to_string(link - 1) + ".example";
    map.set("n" + std::to_string(link) + ".example", alias);
  }
  ResolverFixture fixture(map);
  EXPECT_EQ(fixture.ask("n16.example", dns::DnsType::a).reason, dns::DnsReason::answer);
  EXPECT_EQ(fixture.ask("n17.example", dns::DnsType::a).reason, dns::DnsReason::cname_loop);
}

TEST(ResolverFlight, OneQueryForManyAskers) {
  ResolverFixture fixture(zone(kZone), ResolverFixture::patient());
  std::vector<std::future<dns::DnsFact>> facts;
  facts.reserve(50);
  for (int asker = 0; asker < 50; ++asker) {
    facts.push_back(fixture.start(question("slow.example", dns::DnsType::mx)));
  }
  for (auto& fact : facts) {
    EXPECT_EQ(ResolverFixture::wait(std::move(fact)).answer->reason, dns::DnsReason::answer);
  }
  EXPECT_EQ(fixture.servers[0]->count("slow.example", dns::DnsType::mx), 1);
}

TEST(ResolverFlight, BoundIsAnsweredOverloadedAndNotKept) {
  DnsSettings settings = ResolverFixture::quick();
  settings.max_in_flight = 1;
  ResolverFixture fixture(zone(kZone), settings);
  auto first = fixture.start(question("slow.example", dns::DnsType::mx));
  auto same = fixture.start(question("slow.example", dns::DnsType::mx));
  const dns::DnsFact other =
      ResolverFixture::wait(fixture.start(question("good.example", dns::DnsType::mx)));
  EXPECT_EQ(other.answer->reason, dns::DnsReason::overloaded);
  EXPECT_EQ(fixture.resolver->not_asked(), 1U);
  EXPECT_EQ(other.source, dns::DnsFact::Source::given_up);
  EXPECT_EQ(ResolverFixture::wait(std::move(first)).answer->reason, dns::DnsReason::answer);
  EXPECT_EQ(ResolverFixture::wait(std::move(same)).answer->reason, dns::DnsReason::answer);
  EXPECT_EQ(fixture.ask("good.example", dns::DnsType::mx).reason, dns::DnsReason::answer);
}

TEST(ResolverFlight, AskedFromManyThreads) {
  ResolverFixture fixture(zone(kZone));
  std::atomic<int> answers = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (const char* name : {"good.example", "alias.example", "nullmx.example"}) {
        if (fixture.ask(name, dns::DnsType::mx).status == dns::DnsStatus::found) ++answers;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(answers, 12);
}

TEST(ResolverCache, AnswerIsTakenFromThere) {
  ResolverFixture fixture(zone(kZone), ResolverFixture::patient());
  fixture.ask("good.example", dns::DnsType::mx);
  const dns::DnsFact fact =
      ResolverFixture::wait(fixture.start(question("good.example", dns::DnsType::mx)));
  EXPECT_EQ(fact.source, dns::DnsFact::Source::cache);
  EXPECT_EQ(fact.answer->records.mx().size(), 2U);
  EXPECT_EQ(fixture.servers[0]->count("good.example", dns::DnsType::mx), 1);
  EXPECT_EQ(fixture.cache.statistics().hits, 1U);
  EXPECT_EQ(fixture.cache.statistics().misses, 0U);
}

TEST(ResolverCache, FailureIsKept) {
  ResolverFixture fixture(zone(kZone));
  fixture.ask("servfail.example", dns::DnsType::a);
  EXPECT_EQ(fixture.ask("servfail.example", dns::DnsType::a).reason, dns::DnsReason::servfail);
  EXPECT_EQ(fixture.servers[0]->count("servfail.example", dns::DnsType::a), 2);
}

// Asks until the answer differs from `before`.
void wait_for_change(ResolverFixture& fixture, const dns::DnsAnswer& before) {
  const Stopwatch watch;
  while (watch.own() < 15s) {
    dns::DnsAnswer answer = fixture.ask("x.example", dns::DnsType::a);
    if (answer.status != before.status || answer.records != before.records) break;
    std::this_thread::sleep_for(10ms);
  }
}

TEST(ResolverCache, RecordTtlIsObeyed) {
  ResolverFixture fixture(zone("zone: { x.example: { A: [198.51.100.1], ttl: 1 } }"));
  const Stopwatch watch;
  const dns::DnsAnswer before = fixture.ask("x.example", dns::DnsType::a);
  fixture.servers[0]->replace(zone("zone: { x.example: { A: [198.51.100.2], ttl: 1 } }"));
  wait_for_change(fixture, before);
  EXPECT_GE(watch.took(), 1s);
  EXPECT_LT(watch.own(), 10s);
  EXPECT_EQ(fixture.servers[0]->count("x.example", dns::DnsType::a), 2);
}

TEST(ResolverCache, NegativeTtlIsObeyed) {
  ResolverFixture fixture(zone("{ zone: {}, negative_ttl: 1 }"));
  const Stopwatch watch;
  const dns::DnsAnswer before = fixture.ask("x.example", dns::DnsType::a);
  EXPECT_EQ(before.reason, dns::DnsReason::nxdomain);
  fixture.servers[0]->replace(zone("zone: { x.example: { A: [198.51.100.2] } }"));
  wait_for_change(fixture, before);
  EXPECT_GE(watch.took(), 1s);
  EXPECT_EQ(fixture.ask("x.example", dns::DnsType::a).reason, dns::DnsReason::answer);
  EXPECT_EQ(fixture.servers[0]->count("x.example", dns::DnsType::a), 2);
}

TEST(ResolverCache, ZeroTtlIsAskedEachTime) {
  ResolverFixture fixture(zone("zone: { x.example: { A: [198.51.100.1], ttl: 0 } }"));
  fixture.ask("x.example", dns::DnsType::a);
  fixture.ask("x.example", dns::DnsType::a);
  EXPECT_EQ(fixture.servers[0]->count("x.example", dns::DnsType::a), 2);
}

TEST(ResolverStop, EndsWhatIsInFlightAndRefusesWhatComes) {
  DnsSettings settings = ResolverFixture::quick();
  settings.attempt_timeout = 60s;
  settings.query_timeout = 60s;
  ResolverFixture fixture(zone(kZone), settings);
  auto first = fixture.start(question("timeout.example", dns::DnsType::a));
  auto second = fixture.start(question("timeout.example", dns::DnsType::a));
  fixture.on_thread([] {});
  fixture.resolver->stop();
  for (auto* fact : {&first, &second}) {
    const dns::DnsFact ended = ResolverFixture::wait(std::move(*fact));
    EXPECT_EQ(ended.answer->status, dns::DnsStatus::temporary_failure);
    EXPECT_EQ(ended.source, dns::DnsFact::Source::given_up);
  }
  const dns::DnsFact later =
      ResolverFixture::wait(fixture.start(question("good.example", dns::DnsType::mx)));
  EXPECT_EQ(later.answer->status, dns::DnsStatus::temporary_failure);
  EXPECT_EQ(fixture.cache.statistics().entries, 0U);
}

TEST(ResolverStop, FromInsideAHandler) {
  ResolverFixture fixture(zone(kZone));
  std::promise<void> done;
  fixture.resolver->ask(question("good.example", dns::DnsType::mx), [&](const dns::DnsFact&) {
    fixture.resolver.reset();
    done.set_value();
  });
  EXPECT_EQ(done.get_future().wait_for(20s), std::future_status::ready);
  fixture.on_thread([] {});
}

// Nothing is left to wait for: neither timer nor socket.
TEST(ResolverIdle, LetsTheLoopRunOut) {
  boost::asio::io_context server_io(1);
  ZoneServer server(server_io.get_executor(), ResolverFixture::any_port(), zone(kZone));
  std::thread server_thread([&server_io] { server_io.run(); });

  boost::asio::io_context io(1);
  DnsSettings settings = ResolverFixture::quick();
  settings.upstreams = {{{IpAddress::from_v4(0x7f000001), server.port()}}};
  DnsCache cache(settings.cache);
  Resolver resolver(io.get_executor(), settings, cache);
  int calls = 0;
  for (const char* name : {"good.example", "big.example", "no-edns.example"}) {
    resolver.ask(question(name, dns::DnsType::a), [&calls](const dns::DnsFact&) { ++calls; });
    EXPECT_EQ(calls, 0) << "called from inside ask()";
    const Stopwatch watch;
    io.restart();
    io.run_for(20s);
    EXPECT_TRUE(io.stopped());
    EXPECT_LT(watch.own(), 10s);
    EXPECT_EQ(std::exchange(calls, 0), 1);
  }
  server_io.stop();
  server_thread.join();
}

}  // namespace
}  // namespace postern::resolver::resolver_test
