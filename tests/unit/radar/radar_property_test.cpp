// What holds for any events: the same ones give the same proposals, radars can be joined in any
// order, what was saved goes on as if nothing had been, and memory stays bounded.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/support/radar_mail.h"

namespace postern::radar::radar_property_test {
namespace {

using test::Mail;

constexpr Limits kSmall{.pools = 60, .domains = 200};

// Few networks, names and domains, so that all rules are met; over `hours`.
std::vector<Mail> random_mail(std::uint64_t seed, int messages, int hours) {
  std::mt19937_64 random(seed);
  const auto below = [&](unsigned end) { return static_cast<std::uint32_t>(random() % end); };
  std::vector<Mail> all;
  for (int i = 0; i < messages; ++i) {
    Mail mail;
    mail.time = test::first_day() + std::chrono::seconds(3600LL * hours * i / messages) -
                std::chrono::seconds(below(30));
    mail.client = IpAddress::from_v4((11U << 24U) + below(40) * 0x10100U + below(4));
    const std::uint32_t domain = below(300);
    if (below(2) == 0) mail.client_name = "mx.d" + std::to_string(below(300)) + ".example";
    mail.helo = below(3) == 0 ? "helo" + std::to_string(below(9)) : mail.client_name;
    mail.local = std::vector<std::string>{"info", "ach_support", "payroll", "joe.doe"}[below(4)];
    mail.domain = (below(3) == 0 ? "complains.d" : "d") + std::to_string(domain) + ".example";
    mail.recipient = "user" + std::to_string(below(50)) + "@here.example";
    mail.outcome = static_cast<Outcome>(below(4));
    mail.was_accepted = mail.outcome != Outcome::accepted && below(3) == 0;
    all.push_back(std::move(mail));
  }
  return all;
}

Radar empty(std::uint64_t host, Limits limits = {}) {
  return Radar({}, test::secret_of(1), host, limits);
}

std::string add_all(Radar& radar, const std::vector<Mail>& mail) {
  std::string told;
  for (const Mail& one : mail) {
    for (const Proposal& proposal : radar.add(one.event())) {
      told +=
          format_utc(proposal.time) + " " + proposal.key + (proposal.is_back ? " back\n" : "\n");
    }
  }
  return told;
}

Radar radar_of(std::uint64_t seed, std::uint64_t host, Limits limits = {}) {
  Radar radar = empty(host, limits);
  add_all(radar, random_mail(seed, 800, 24 * 12));
  return radar;
}

std::string joined(Radar one, const Radar& other) {
  one.join(other);
  return one.save();
}

TEST(RadarProperty, SameEventsSameProposals) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Radar one = empty(1);
    Radar other = empty(1);
    const auto mail = random_mail(seed, 1500, 24 * 20);
    const std::string told = add_all(one, mail);
    ASSERT_NE(told, "");
    ASSERT_EQ(told, add_all(other, mail));
    ASSERT_EQ(one.save(), other.save());
  }
}

// Small tables too, that are full: joining drops nothing.
TEST(RadarProperty, JoinIsCommutativeAssociativeAndIdempotent) {
  for (const Limits limits : {Limits{}, kSmall}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const Radar a = radar_of(seed * 3, 1, limits);
      const Radar b = radar_of(seed * 3 + 1, 2, limits);
      const Radar c = radar_of(seed * 3 + 2, 3, limits);
      ASSERT_EQ(joined(a, a), a.save());
      ASSERT_EQ(joined(a, b), joined(b, a));
      Radar ab = a;
      ab.join(b);
      Radar bc = b;
      bc.join(c);
      ASSERT_EQ(joined(ab, c), joined(a, bc));
      ASSERT_EQ(joined(ab, b), ab.save());
    }
  }
}

TEST(RadarProperty, TwoHalvesTellTogetherWhatNeitherTellsAlone) {
  Radar one = empty(1);
  Radar other = empty(2);
  const auto mail = [](int number) {
    Mail made;
    made.time = test::first_day() + std::chrono::minutes(number);
    made.client = IpAddress::parse("192.0.2.1").value();
    made.domain = "d" + std::to_string(number) + ".example";
    return made;
  };
  EXPECT_TRUE(one.add(mail(0).event()).empty());
  EXPECT_TRUE(other.add(mail(1).event()).empty());
  one.join(other);
  EXPECT_EQ(one.add(mail(2).event()).size(), 1U);
  EXPECT_EQ(one.describe(PoolKind::network, "192.0.2.0/24")->mail.accepted, 3U);
}

TEST(RadarProperty, WhatWasSavedGoesOnAsBefore) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Radar radar = radar_of(seed, 1);
    Radar again = empty(1);
    ASSERT_TRUE(again.load(radar.save()));
    ASSERT_EQ(again.save(), radar.save());
    auto more = random_mail(seed + 100, 300, 24);
    for (Mail& one : more) one.time += std::chrono::hours(24 * 12);
    ASSERT_EQ(add_all(radar, more), add_all(again, more));
  }
}

TEST(RadarProperty, WhatIsTakenBackIsNoFurtherMail) {
  Radar radar = empty(1);
  Mail mail;
  mail.time = test::first_day();
  mail.client = IpAddress::parse("192.0.2.1").value();
  mail.domain = "d.example";
  const auto counted = [&] { return radar.describe(PoolKind::network, "192.0.2.0/24")->mail; };
  radar.add(mail.event());
  mail.outcome = Outcome::refused;
  mail.was_accepted = true;
  radar.add(mail.event());
  EXPECT_EQ(counted().accepted, 0U);
  EXPECT_EQ(counted().refused, 1U);
  EXPECT_EQ(counted().mail(), 1U);
  EXPECT_EQ(counted().nameless, 1U);
  radar.add(mail.event());
  EXPECT_EQ(counted().mail(), 2U) << "of what is not known to have been accepted nothing is taken";
}

// A pool ended with one count less.
TEST(RadarProperty, WhatWasSavedByTheVersionBeforeIsRead) {
  Radar radar = empty(1);
  Mail mail;
  mail.time = test::first_day();
  mail.client = IpAddress::parse("192.0.2.1").value();
  mail.local = "payroll";
  mail.domain = "complains.d.example";
  radar.add(mail.event());
  std::string before = "postern-radar 1\n";
  const std::string now = radar.save();
  std::size_t pools = 0;
  for (std::size_t begin = now.find('\n') + 1; begin < now.size();) {
    const std::size_t end = now.find('\n', begin);
    std::string line = now.substr(begin, end - begin);
    if (std::count(line.begin(), line.end(), ' ') > 10) {
      ++pools;
      line.resize(line.rfind(' '));
    }
    before += line + "\n";
    begin = end + 1;
  }
  EXPECT_GE(pools, 2U);
  Radar again = empty(1);
  ASSERT_TRUE(again.load(before)) << before;
  EXPECT_EQ(again.save(), now);
}

TEST(RadarProperty, DamagedTextIsRefused) {
  const std::string good = radar_of(1, 1, kSmall).save();
  EXPECT_FALSE(empty(1).load(""));
  std::mt19937_64 random(1);
  for (int i = 0; i < 300; ++i) {
    Radar radar = empty(1);
    ASSERT_FALSE(radar.load(good.substr(0, random() % good.size())));
    std::string changed = good;
    changed[random() % good.size()] = "\n -x"[random() % 4];
    (void)Radar(empty(1)).load(changed);  // whatever it says, nothing breaks
  }
}

TEST(RadarProperty, MemoryIsBoundedUnderAFlood) {
  Radar radar = empty(1, kSmall);
  std::mt19937_64 random(1);
  std::size_t largest = 0;
  for (int i = 0; i < 20000; ++i) {
    radar.add(test::flood_mail(random, test::first_day() + std::chrono::seconds(i)).event());
    if (i % 1000 != 999) continue;
    EXPECT_EQ(radar.domains(), kSmall.domains);
    for (const PoolKind kind : {PoolKind::network, PoolKind::label, PoolKind::local_part,
                                PoolKind::helo, PoolKind::domain}) {
      EXPECT_EQ(radar.pools(kind), kSmall.pools);
    }
    largest = std::max(largest, radar.save().size());
  }
  EXPECT_LT(largest, std::size_t{1} << 18);
}

// One pool with everything that can be in it.
TEST(RadarProperty, APoolIsBounded) {
  Radar radar = empty(1);
  std::mt19937_64 random(1);
  for (int i = 0; i < 5000; ++i) {
    Mail mail = test::flood_mail(random, test::first_day() + std::chrono::minutes(i));
    mail.client = IpAddress::from_v4(0x0b000000U + static_cast<std::uint32_t>(random() % 256));
    mail.client_name = "x." + mail.domain.substr(mail.domain.find('.') + 1) + ".example";
    mail.recipient = mail.local + "@here.example";
    radar.add(mail.event());
  }
  const auto pool = radar.describe(PoolKind::network, "11.0.0.0/24");
  ASSERT_TRUE(pool.has_value());
  EXPECT_EQ(pool->fresh, Pool::kMaxDomains);
  EXPECT_EQ(pool->recipients, Pool::kMaxRecipients);
  EXPECT_EQ(pool->local_parts.size(), Pool::kMaxLocalParts);
  EXPECT_EQ(pool->mail.accepted, 5000U);
}

}  // namespace
}  // namespace postern::radar::radar_property_test
