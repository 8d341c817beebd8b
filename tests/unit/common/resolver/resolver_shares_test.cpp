// One domain whose DNS is slow or dead, beside good ones: places for questions, and TCP.
#include <gtest/gtest.h>

#include "common/resolver/domain_shares.h"
#include "common/resolver/resolver.h"
#include "tests/unit/common/resolver/resolver_fixture.h"

namespace postern::resolver::resolver_shares_test {
namespace {

using namespace std::chrono_literals;

constexpr int kGood = 3;

// Who waits, waits to the end of the test.
DnsSettings patient() {
  DnsSettings settings = ResolverFixture::quick();
  settings.attempt_timeout = 60s;
  settings.query_timeout = 60s;
  return settings;
}

std::string good(int number) {
  return "mx.good" + std::to_string(number) + ".example";
}

class ResolverShares : public testing::Test {
 protected:
  void add(const std::string& name, FaultKind fault) {
    ZoneNode node;
    node.a.push_back(IpAddress::from_v4(0xc6336401));
    node.fault = ZoneFault{fault, 0};
    map_.set(name, node);
  }

  void add_good(FaultKind fault) {
    for (int i = 0; i < kGood; ++i) add(good(i), fault);
  }

  // Asks for each without waiting for what comes of it.
  void begin_all(ResolverFixture& fixture, const std::vector<std::string>& names,
                 const DomainName& asker = {}) {
    for (const std::string& name : names) {
      const dns::DnsQuestion asked = question(name);
      fixture.resolver->ask(asked, asker.empty() ? asked.name : asker, [](const dns::DnsFact&) {});
    }
    fixture.on_thread([] {});
  }

  static void expect_good_answers(ResolverFixture& fixture) {
    for (int i = 0; i < kGood; ++i) {
      EXPECT_EQ(fixture.ask(good(i), dns::DnsType::a).reason, dns::DnsReason::answer) << i;
    }
  }

  ZoneMap map_;
};

TEST_F(ResolverShares, DeadHostsOfOneDomainLeaveRoomToOthers) {
  std::vector<std::string> dead;
  for (int host = 0; host < 200; ++host) {
    dead.push_back("h" + std::to_string(host % 16) + ".n" + std::to_string(host / 16) +
                   ".evil.example");
    add(dead.back(), FaultKind::timeout);
  }
  map_.set(good(0), {});
  DnsSettings settings = patient();
  settings.max_in_flight = 90;
  ResolverFixture fixture(map_, settings);
  EXPECT_FALSE(fixture.resolver->shedding().now);
  begin_all(fixture, dead);
  EXPECT_EQ(fixture.resolver->not_asked(), 200U - 30U) << "a third of the places";
  EXPECT_TRUE(fixture.resolver->shedding().now);
  EXPECT_TRUE(fixture.resolver->shedding().domain.ends_with(".evil.example"));
  for (int other = 0; other < 20; ++other) {
    const std::string name = "mx.other" + std::to_string(other) + ".example";
    EXPECT_EQ(fixture.ask(name, dns::DnsType::a).reason, dns::DnsReason::nxdomain) << other;
  }
}

// It names hosts in the zones of others, whose DNS is dead.
TEST_F(ResolverShares, WhatIsAskedBecauseOfOneDomainIsBoundedWhateverItIs) {
  std::vector<std::string> dead;
  for (int host = 0; host < 200; ++host) {
    dead.push_back("mx.dead" + std::to_string(host) + ".example");
    add(dead.back(), FaultKind::timeout);
  }
  DnsSettings settings = patient();
  settings.max_in_flight = 90;
  ResolverFixture fixture(map_, settings);
  begin_all(fixture, dead, DomainName::parse("evil.example").value());
  EXPECT_EQ(fixture.resolver->not_asked(), 200U - 30U);
  EXPECT_EQ(fixture.resolver->shedding().domain, "evil.example");
  EXPECT_EQ(fixture.ask("mx.good.example", dns::DnsType::a).reason, dns::DnsReason::nxdomain);
  // Whoever asks for one of those that are on their way waits with the others.
  auto joined = fixture.start(question(dead.front()));
  fixture.on_thread([] {});
  EXPECT_EQ(joined.wait_for(0s), std::future_status::timeout);
}

// The nearest that stays as it was: as many different domains as there are places.
TEST_F(ResolverShares, ManyDomainsUseEveryPlace) {
  std::vector<std::string> dead;
  for (int host = 0; host < 95; ++host) {
    dead.push_back("mx.dead" + std::to_string(host) + ".example");
    add(dead.back(), FaultKind::timeout);
  }
  DnsSettings settings = patient();
  settings.max_in_flight = 90;
  ResolverFixture fixture(map_, settings);
  begin_all(fixture, dead);
  EXPECT_EQ(fixture.resolver->not_asked(), 5U);
}

TEST_F(ResolverShares, ADomainThatStaysSilentIsAskedLittle) {
  std::vector<std::string> dead;
  for (int host = 0; host < 200; ++host) {
    dead.push_back("h" + std::to_string(host) + ".evil.example");
    add(dead.back(), FaultKind::timeout);
  }
  ResolverFixture fixture(map_, patient());
  begin_all(fixture, {dead[0]});  // so that something of it is under way all the time
  fixture.settings_now.attempt_timeout = 100ms;
  fixture.settings_now.passes = 1;
  fixture.resolver->reconfigure(fixture.settings_now);
  std::vector<std::future<dns::DnsFact>> silent;
  for (int host = 1; host <= DomainShares::kSilentInARow; ++host) {
    silent.push_back(fixture.start(question(dead[static_cast<std::size_t>(host)])));
  }
  for (auto& one : silent) {
    EXPECT_EQ(ResolverFixture::wait(std::move(one)).answer->reason, dns::DnsReason::timeout);
  }
  EXPECT_EQ(fixture.resolver->not_asked(), 0U);
  begin_all(fixture, {dead.begin() + 50, dead.begin() + 150});
  EXPECT_EQ(fixture.resolver->not_asked(), 100U - (DomainShares::kSilentPlaces - 1));
  EXPECT_EQ(fixture.ask("mx.good.example", dns::DnsType::a).reason, dns::DnsReason::nxdomain);
}

TEST_F(ResolverShares, StalledTcpOfOneDomainHoldsUpNobodyElse) {
  std::vector<std::string> slow;
  for (int host = 0; host < 30; ++host) {
    slow.push_back("h" + std::to_string(host) + ".evil.example");
    add(slow.back(), FaultKind::tcp_stall);
  }
  add_good(FaultKind::truncate);
  ResolverFixture fixture(map_, patient());
  begin_all(fixture, slow);
  expect_good_answers(fixture);
}

TEST_F(ResolverShares, StalledTcpOfManyDomainsHoldsUpNobodyElse) {
  std::vector<std::string> slow;
  for (int host = 0; host < 30; ++host) {
    slow.push_back("mx.slow" + std::to_string(host) + ".example");
    add(slow.back(), FaultKind::tcp_stall);
  }
  add_good(FaultKind::truncate);
  ResolverFixture fixture(map_, patient());
  begin_all(fixture, slow);
  expect_good_answers(fixture);
}

// What one domain may have waiting over TCP is bounded; what is beyond is a want of ours: nothing
// that is kept, and no sign that the server is dead.
TEST_F(ResolverShares, TcpOfOneDomainIsBounded) {
  std::vector<std::string> slow;
  for (int host = 0; host < 60; ++host) {
    slow.push_back("h" + std::to_string(host) + ".evil.example");
    add(slow.back(), FaultKind::tcp_stall);
  }
  add_good(FaultKind::truncate);
  ResolverFixture fixture(map_, patient());
  begin_all(fixture, slow);
  dns::DnsFact beyond;
  for (int tries = 0; beyond.source != dns::DnsFact::Source::given_up && tries < 60; ++tries) {
    add("x" + std::to_string(tries) + ".evil.example", FaultKind::truncate);
    fixture.servers[0]->replace(map_);
    beyond = ResolverFixture::wait(
        fixture.start(question("x" + std::to_string(tries) + ".evil.example")));
  }
  EXPECT_EQ(beyond.answer->reason, dns::DnsReason::overloaded);
  EXPECT_EQ(beyond.source, dns::DnsFact::Source::given_up);
  EXPECT_GE(fixture.resolver->not_asked(), 30U);
  EXPECT_TRUE(fixture.resolver->shedding().now);
  EXPECT_FALSE(fixture.health()[0].down);
  EXPECT_EQ(fixture.cache.statistics().entries, 0U);
  expect_good_answers(fixture);
}

TEST_F(ResolverShares, ATcpConnectionThatBreaksIsItsOwn) {
  std::vector<std::string> broken;
  for (int host = 0; host < 20; ++host) {
    broken.push_back("h" + std::to_string(host) + ".evil.example");
    add(broken.back(), FaultKind::tcp_reset);
  }
  add_good(FaultKind::truncate);
  ResolverFixture fixture(map_, patient());
  begin_all(fixture, broken);
  expect_good_answers(fixture);
}

}  // namespace
}  // namespace postern::resolver::resolver_shares_test
