#include "common/io/resolver.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "tests/unit/io/dns_rig.h"

namespace postern {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

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
  DnsType type;
};

class ResolverAgrees : public testing::TestWithParam<Case> {};

// The pure answer of the map and the answer that comes over the wire are the same, for what is good
// and for every fault.
TEST_P(ResolverAgrees, WithTheZoneMap) {
  DnsRig rig(zone(kZone));
  const auto asked = question(GetParam().domain, GetParam().type);
  const auto expected = zone(kZone).answer(asked);

  const DnsFact fact = DnsRig::wait(rig.start(asked));
  DnsAnswer answer = *fact.answer;
  EXPECT_EQ(fact.source, DnsFact::Source::asked);
  const bool silence =
      answer.reason == DnsReason::timeout || answer.reason == DnsReason::unreachable;
  EXPECT_EQ(answer.server, silence ? "" : rig.address(0));
  answer.server.clear();
  if (answer.status == DnsStatus::temporary_failure) answer.ttl = expected.ttl;
  EXPECT_EQ(to_string(answer.status), to_string(expected.status));
  EXPECT_EQ(to_string(answer.reason), to_string(expected.reason));
  EXPECT_EQ(answer.ttl, expected.ttl);
  EXPECT_EQ(answer, expected);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ResolverAgrees,
    testing::Values(
        Case{"Mx", "good.example", DnsType::mx}, Case{"A", "mail.good.example", DnsType::a},
        Case{"Aaaa", "mail.good.example", DnsType::aaaa},
        Case{"Ptr", "4.3.2.1.in-addr.arpa", DnsType::ptr},
        Case{"NullMx", "nullmx.example", DnsType::mx}, Case{"Cname", "alias.example", DnsType::mx},
        Case{"CnameToNowhere", "dangling.example", DnsType::mx},
        Case{"CnameToFailure", "to-broken.example", DnsType::mx},
        Case{"CnameByManyQuestions", "one.example", DnsType::a},
        Case{"CnameToNodata", "one.example", DnsType::mx},
        Case{"CnameRound", "round.example", DnsType::a},
        Case{"CnameToItself", "selfish.example", DnsType::a},
        Case{"Nxdomain", "nothing.example", DnsType::a}, Case{"Nodata", "good.example", DnsType::a},
        Case{"EmptyNonTerminal", "example", DnsType::a}, Case{"Slow", "slow.example", DnsType::mx},
        Case{"FaultOfOneType", "mixed.example", DnsType::mx},
        Case{"OtherTypeIsGood", "mixed.example", DnsType::a},
        Case{"Truncated", "big.example", DnsType::a},
        Case{"Servfail", "servfail.example", DnsType::a},
        Case{"Refused", "refused.example", DnsType::a},
        Case{"Formerr", "formerr.example", DnsType::a},
        Case{"Notimp", "notimp.example", DnsType::a},
        Case{"Timeout", "timeout.example", DnsType::a}, Case{"NoTcp", "no-tcp.example", DnsType::a},
        Case{"TcpReset", "tcp-reset.example", DnsType::a},
        Case{"WrongId", "wrong-id.example", DnsType::a},
        Case{"WrongQuestion", "wrong-question.example", DnsType::a},
        Case{"WrongPort", "wrong-port.example", DnsType::a}, Case{"Cut", "cut.example", DnsType::a},
        Case{"Garbage", "garbage.example", DnsType::a}, Case{"Empty", "empty.example", DnsType::a},
        Case{"CompressionLoop", "compression.example", DnsType::a},
        Case{"CnameLoop", "cname-loop.example", DnsType::a},
        Case{"CountLies", "count-lies.example", DnsType::a},
        Case{"Referral", "referral.example", DnsType::a},
        Case{"NoSoa", "no-soa.example", DnsType::a},
        Case{"FormerrOnEdns", "no-edns.example", DnsType::a},
        Case{"FailFirst", "fail-first.example", DnsType::a},
        Case{"DropFirst", "drop-first.example", DnsType::a}),
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
  DnsRig rig(map);
  EXPECT_EQ(rig.ask("n16.example", DnsType::a).reason, DnsReason::answer);
  EXPECT_EQ(rig.ask("n17.example", DnsType::a).reason, DnsReason::cname_loop);
}

TEST(ResolverFlight, OneQueryForManyAskers) {
  DnsRig rig(zone(kZone));
  std::vector<std::future<DnsFact>> facts;
  facts.reserve(50);
  for (int asker = 0; asker < 50; ++asker) {
    facts.push_back(rig.start(question("slow.example", DnsType::mx)));
  }
  for (auto& fact : facts) {
    EXPECT_EQ(DnsRig::wait(std::move(fact)).answer->reason, DnsReason::answer);
  }
  EXPECT_EQ(rig.servers[0]->count("slow.example", DnsType::mx), 1);
}

TEST(ResolverFlight, BoundIsAnsweredOverloadedAndNotKept) {
  DnsSettings settings = DnsRig::quick();
  settings.max_in_flight = 1;
  DnsRig rig(zone(kZone), settings);
  auto first = rig.start(question("slow.example", DnsType::mx));
  auto same = rig.start(question("slow.example", DnsType::mx));
  const DnsFact other = DnsRig::wait(rig.start(question("good.example", DnsType::mx)));
  EXPECT_EQ(other.answer->reason, DnsReason::overloaded);
  EXPECT_EQ(rig.resolver->not_asked(), 1U);
  EXPECT_EQ(other.source, DnsFact::Source::given_up);
  EXPECT_EQ(DnsRig::wait(std::move(first)).answer->reason, DnsReason::answer);
  EXPECT_EQ(DnsRig::wait(std::move(same)).answer->reason, DnsReason::answer);
  EXPECT_EQ(rig.ask("good.example", DnsType::mx).reason, DnsReason::answer);
}

TEST(ResolverFlight, AskedFromManyThreads) {
  DnsRig rig(zone(kZone));
  std::atomic<int> answers = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (const char* name : {"good.example", "alias.example", "nullmx.example"}) {
        if (rig.ask(name, DnsType::mx).status == DnsStatus::found) ++answers;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(answers, 12);
}

TEST(ResolverCache, AnswerIsTakenFromThere) {
  DnsRig rig(zone(kZone));
  rig.ask("good.example", DnsType::mx);
  const DnsFact fact = DnsRig::wait(rig.start(question("good.example", DnsType::mx)));
  EXPECT_EQ(fact.source, DnsFact::Source::cache);
  EXPECT_EQ(fact.answer->records.mx().size(), 2U);
  EXPECT_EQ(rig.servers[0]->count("good.example", DnsType::mx), 1);
  EXPECT_EQ(rig.cache.statistics().hits, 1U);
  EXPECT_EQ(rig.cache.statistics().misses, 0U);
}

TEST(ResolverCache, FailureIsKept) {
  DnsRig rig(zone(kZone));
  rig.ask("servfail.example", DnsType::a);
  EXPECT_EQ(rig.ask("servfail.example", DnsType::a).reason, DnsReason::servfail);
  EXPECT_EQ(rig.servers[0]->count("servfail.example", DnsType::a), 2);
}

// Asks until the answer differs from `before`, and returns how long that took.
std::chrono::milliseconds time_to_change(DnsRig& rig, const DnsAnswer& before) {
  const auto start = steady_clock::now();
  while (steady_clock::now() < start + 15s) {
    DnsAnswer answer = rig.ask("x.example", DnsType::a);
    if (answer.status != before.status || answer.records != before.records) break;
    std::this_thread::sleep_for(10ms);
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - start);
}

TEST(ResolverCache, RecordTtlIsObeyed) {
  DnsRig rig(zone("zone: { x.example: { A: [198.51.100.1], ttl: 1 } }"));
  const auto start = steady_clock::now();
  const DnsAnswer before = rig.ask("x.example", DnsType::a);
  rig.servers[0]->replace(zone("zone: { x.example: { A: [198.51.100.2], ttl: 1 } }"));
  time_to_change(rig, before);
  const auto taken = steady_clock::now() - start;
  EXPECT_GE(taken, 1s);
  EXPECT_LT(taken, 10s);
  EXPECT_EQ(rig.servers[0]->count("x.example", DnsType::a), 2);
}

TEST(ResolverCache, NegativeTtlIsObeyed) {
  DnsRig rig(zone("{ zone: {}, negative_ttl: 1 }"));
  const auto start = steady_clock::now();
  const DnsAnswer before = rig.ask("x.example", DnsType::a);
  EXPECT_EQ(before.reason, DnsReason::nxdomain);
  rig.servers[0]->replace(zone("zone: { x.example: { A: [198.51.100.2] } }"));
  time_to_change(rig, before);
  EXPECT_GE(steady_clock::now() - start, 1s);
  EXPECT_EQ(rig.ask("x.example", DnsType::a).reason, DnsReason::answer);
  EXPECT_EQ(rig.servers[0]->count("x.example", DnsType::a), 2);
}

TEST(ResolverCache, ZeroTtlIsAskedEachTime) {
  DnsRig rig(zone("zone: { x.example: { A: [198.51.100.1], ttl: 0 } }"));
  rig.ask("x.example", DnsType::a);
  rig.ask("x.example", DnsType::a);
  EXPECT_EQ(rig.servers[0]->count("x.example", DnsType::a), 2);
}

TEST(ResolverStop, EndsWhatIsInFlightAndRefusesWhatComes) {
  DnsSettings settings = DnsRig::quick();
  settings.attempt_timeout = 60s;
  settings.query_timeout = 60s;
  DnsRig rig(zone(kZone), settings);
  auto first = rig.start(question("timeout.example", DnsType::a));
  auto second = rig.start(question("timeout.example", DnsType::a));
  rig.on_thread([] {});
  rig.resolver->stop();
  for (auto* fact : {&first, &second}) {
    const DnsFact ended = DnsRig::wait(std::move(*fact));
    EXPECT_EQ(ended.answer->status, DnsStatus::temporary_failure);
    EXPECT_EQ(ended.source, DnsFact::Source::given_up);
  }
  const DnsFact later = DnsRig::wait(rig.start(question("good.example", DnsType::mx)));
  EXPECT_EQ(later.answer->status, DnsStatus::temporary_failure);
  EXPECT_EQ(rig.cache.statistics().entries, 0U);
}

TEST(ResolverStop, FromInsideAHandler) {
  DnsRig rig(zone(kZone));
  std::promise<void> done;
  rig.resolver->ask(question("good.example", DnsType::mx), [&](const DnsFact&) {
    rig.resolver.reset();
    done.set_value();
  });
  EXPECT_EQ(done.get_future().wait_for(20s), std::future_status::ready);
  rig.on_thread([] {});
}

// Nothing is left to wait for: neither timer nor socket.
TEST(ResolverIdle, LetsTheLoopRunOut) {
  boost::asio::io_context server_io(1);
  ZoneServer server(server_io.get_executor(), DnsRig::any_port(), zone(kZone));
  std::thread server_thread([&server_io] { server_io.run(); });

  boost::asio::io_context io(1);
  DnsSettings settings = DnsRig::quick();
  settings.upstreams = {{{IpAddress::from_v4(0x7f000001), server.port()}}};
  DnsCache cache(settings.cache);
  Resolver resolver(io.get_executor(), settings, cache);
  int calls = 0;
  for (const char* name : {"good.example", "big.example", "no-edns.example"}) {
    resolver.ask(question(name, DnsType::a), [&calls](const DnsFact&) { ++calls; });
    EXPECT_EQ(calls, 0) << "called from inside ask()";
    const auto start = steady_clock::now();
    io.restart();
    io.run_for(20s);
    EXPECT_TRUE(io.stopped());
    EXPECT_LT(steady_clock::now() - start, 10s);
    EXPECT_EQ(std::exchange(calls, 0), 1);
  }
  server_io.stop();
  server_thread.join();
}

}  // namespace
}  // namespace postern
