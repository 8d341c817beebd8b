#include "rules/radar/radar.h"

#include <gtest/gtest.h>

#include "tests/unit/radar/radar_fixture.h"

namespace postern::radar::radar_test {
namespace {

using namespace std::chrono_literals;
using test::Watched;
constexpr std::chrono::hours kDay{24};

// Messages of fresh domains from one network, one each minute; the proposals of the last one.
std::vector<Proposal> fresh_from(Watched& watched, std::chrono::seconds at, int first, int count,
                                 const std::string& name = {}, Outcome outcome = Outcome::accepted,
                                 Mode mode = Mode::watch) {
  std::vector<Proposal> last;
  for (int i = first; i < first + count; ++i) {
    last = watched.add(at + 1min * (i - first), "192.0.2." + std::to_string(1 + i % 200),
                       "info@d" + std::to_string(i) + ".example", name, outcome, mode);
  }
  return last;
}

TEST(RadarNetwork, ThreeFreshDomainsInSixHoursAreEnough) {
  Watched watched;
  EXPECT_TRUE(fresh_from(watched, 0h, 0, 2).empty());
  const auto proposals = fresh_from(watched, 5h, 2, 1);
  ASSERT_EQ(proposals.size(), 1U);
  const Proposal& one = proposals[0];
  EXPECT_EQ(one.kind, PoolKind::network);
  EXPECT_EQ(one.entries, std::vector<std::string>{"192.0.2.0/24"});
  EXPECT_EQ(one.strength, Strength::weak);
  EXPECT_EQ(one.fresh, 3U);
  EXPECT_EQ(one.domains, (std::vector<std::string>{"d0.example", "d1.example", "d2.example"}));
  EXPECT_EQ(one.mail.accepted, 3U);
  EXPECT_EQ(one.mail.nameless, 3U);
  EXPECT_EQ(one.recipients, 1U);
  EXPECT_EQ(one.time, test::first_day() + 5h);
  EXPECT_FALSE(one.is_back);
}

TEST(RadarNetwork, ThreeInSevenHoursAreNot) {
  Watched watched;
  fresh_from(watched, 0h, 0, 1);
  fresh_from(watched, 1h, 1, 1);
  EXPECT_TRUE(fresh_from(watched, 7h, 2, 1).empty());
}

TEST(RadarNetwork, FiveInTwoDaysAre) {
  Watched watched;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(fresh_from(watched, 10h * i, i, 1).empty()) << i;
  EXPECT_EQ(fresh_from(watched, 40h, 4, 1).size(), 1U);
}

TEST(RadarNetwork, OneDomainManyTimesIsOne) {
  Watched watched;
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(watched.add(1min * i, "192.0.2.1", "a@d1.example").empty());
  }
}

TEST(RadarNetwork, DomainsBelowOneRegistrableDomainAreOne) {
  Watched watched;
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(
        watched.add(1min * i, "192.0.2.1", "a@m" + std::to_string(i) + ".d1.example").empty());
  }
}

TEST(RadarNetwork, WhatOthersRefusedWeighsTwice) {
  Watched watched;
  fresh_from(watched, 0h, 0, 1);
  fresh_from(watched, 10h, 1, 2, {}, Outcome::refused);  // not three in six hours, but five points
  const auto proposals = fresh_from(watched, 20h, 3, 1);
  EXPECT_TRUE(proposals.empty()) << "was proposed by the third";
  EXPECT_TRUE(watched.radar.describe(PoolKind::network, "192.0.2.0/24").has_value());
  EXPECT_EQ(watched.radar.describe(PoolKind::network, "192.0.2.0/24")->strength, Strength::strong);
}

TEST(RadarNetwork, IsTheSlash64OfIPv6) {
  Watched watched;
  watched.add(0min, "2001:db8:0:1::1", "a@d1.example");
  watched.add(1min, "2001:db8:0:1:2::1", "a@d2.example");
  EXPECT_TRUE(watched.add(2min, "2001:db8:0:2::1", "a@d3.example").empty());
  const auto proposals = watched.add(3min, "2001:db8:0:1:3::1", "a@d4.example");
  ASSERT_EQ(proposals.size(), 1U);
  EXPECT_EQ(proposals[0].key, "2001:db8:0:1::/64");
}

TEST(RadarNetwork, HistoryCountsAgainstIt) {
  Watched watched;
  fresh_from(watched, 0h, 0, 2);
  for (int day = 1; day < 20; ++day) fresh_from(watched, kDay * day, 0, 2);  // known by now
  EXPECT_TRUE(fresh_from(watched, kDay * 20, 10, 4).empty()) << "four less two";
  EXPECT_EQ(fresh_from(watched, kDay * 20 + 10min, 14, 1).size(), 1U);
}

TEST(RadarNetwork, AProvidersCustomersWeighNothing) {
  Watched watched;
  EXPECT_TRUE(fresh_from(watched, 0h, 0, 40, "out.provider.example").empty());
  EXPECT_TRUE(fresh_from(watched, 1h, 40, 20).empty()) << "a name that was not found for a moment";
}

TEST(RadarNetwork, WithTheThirdDomainOfNamesItIsNoProvider) {
  Watched watched;
  watched.add(0min, "192.0.2.1", "a@d1.example", "x.junk1.example");
  watched.add(1min, "192.0.2.2", "a@d2.example", "x.junk2.example");
  EXPECT_EQ(watched.add(2min, "192.0.2.3", "a@d3.example", "x.junk3.example").size(), 1U);
}

TEST(RadarNetwork, IsToldOnceAWeekAndIsBackByTwo) {
  Watched watched;
  ASSERT_EQ(fresh_from(watched, 0h, 0, 3).size(), 1U);
  for (int day = 0; day < 7; ++day) {
    EXPECT_TRUE(fresh_from(watched, kDay * day + 1h, 10 + 5 * day, 5).empty()) << day;
  }
  EXPECT_TRUE(fresh_from(watched, kDay * 9, 100, 1).empty());
  const auto proposals = fresh_from(watched, kDay * 9 + 1h, 101, 1);
  ASSERT_EQ(proposals.size(), 1U);
  EXPECT_TRUE(proposals[0].is_back);
  EXPECT_EQ(proposals[0].strength, Strength::strong) << "a week of history";
}

TEST(RadarNetwork, IsNotProposedAfterItWasDismissed) {
  Watched watched;
  ASSERT_EQ(fresh_from(watched, 0h, 0, 3).size(), 1U);
  watched.radar.dismiss(PoolKind::network, "192.0.2.0/24", watched.radar.age().now);
  for (int day = 1; day < 80; day += 8) {
    EXPECT_TRUE(fresh_from(watched, kDay * day, 1000 + day * 10, 10).empty()) << day;
  }
}

TEST(RadarDomains, WellKnownOwnAndNullSendersAreNoNews) {
  Watched watched({.suffixes = {}, .well_known = {"known.example"}, .own = {"own.example"}});
  for (int i = 0; i < 10; ++i) {
    const std::string label = "m" + std::to_string(i) + ".";
    EXPECT_TRUE(watched.add(1min * i, "192.0.2.1", "a@" + label + "known.example").empty());
    EXPECT_TRUE(watched.add(1min * i, "192.0.2.1", "a@own.example").empty());
    EXPECT_TRUE(watched.add(1min * i, "192.0.2.1", "@").empty());
  }
  EXPECT_EQ(watched.radar.domains(), 0U);
}

TEST(RadarDomains, OnesThatWeHaveWrittenToAreNoNews) {
  Watched watched;
  for (int i = 0; i < 10; ++i) {
    watched.radar.add_written_to("d" + std::to_string(i) + ".example", test::first_day());
  }
  EXPECT_TRUE(fresh_from(watched, 1h, 0, 10).empty());
}

TEST(RadarLearning, WhatWasLearnedIsHistory) {
  Watched watched;
  EXPECT_TRUE(fresh_from(watched, 0h, 0, 10, {}, Outcome::accepted, Mode::learn).empty());
  EXPECT_TRUE(fresh_from(watched, kDay * 10, 0, 10).empty());
  EXPECT_TRUE(fresh_from(watched, kDay * 10 + 1h, 20, 10).empty());
}

TEST(RadarLearning, WhatOthersRefusedIsBackAtOnce) {
  Watched watched;
  EXPECT_TRUE(fresh_from(watched, 0h, 0, 10, {}, Outcome::refused, Mode::learn).empty());
  const auto proposals = fresh_from(watched, kDay * 10, 20, 2);
  ASSERT_EQ(proposals.size(), 1U);
  EXPECT_TRUE(proposals[0].is_back);
}

// From everywhere: one /16 each.
std::vector<Proposal> from_everywhere(Watched& watched, std::chrono::seconds at, int number,
                                      const std::string& sender,
                                      Outcome outcome = Outcome::accepted) {
  return watched.add(at, "11." + std::to_string(number) + ".0.1", sender, {}, outcome);
}

TEST(RadarLabel, SixDomainsOfANewSite) {
  Watched watched;
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(
        from_everywhere(watched, 1min * i, i, "info@complains.d" + std::to_string(i) + ".example")
            .empty());
  }
  const auto proposals = from_everywhere(watched, 5min, 5, "info@complains.d5.example");
  ASSERT_EQ(proposals.size(), 1U);
  EXPECT_EQ(proposals[0].entries, std::vector<std::string>{"complains.*"});
}

TEST(RadarLabel, ThreeWhenOthersRefuseAQuarter) {
  Watched watched;
  from_everywhere(watched, 0min, 0, "info@complains.d0.example", Outcome::refused);
  from_everywhere(watched, 1min, 1, "info@complains.d1.example");
  const auto proposals = from_everywhere(watched, 2min, 2, "info@complains.d2.example");
  ASSERT_EQ(proposals.size(), 1U);
  EXPECT_EQ(proposals[0].strength, Strength::strong);
}

TEST(RadarLabel, NotOneThatAKnownDomainHas) {
  Watched watched({.suffixes = {}, .well_known = {"known.example"}, .own = {}});
  from_everywhere(watched, 0min, 0, "info@complains.known.example");
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(
        from_everywhere(watched, 1min * i, i, "info@complains.d" + std::to_string(i) + ".example")
            .empty());
  }
}

TEST(RadarLocalPart, EightDomainsOfANewSite) {
  Watched watched;
  std::vector<Proposal> proposals;
  for (int i = 0; i < 8; ++i) {
    EXPECT_TRUE(proposals.empty());
    proposals =
        from_everywhere(watched, 1min * i, i, "ach_support@d" + std::to_string(i) + ".example");
  }
  ASSERT_EQ(proposals.size(), 1U);
  EXPECT_EQ(proposals[0].entries, std::vector<std::string>{"ach_support@"});
}

TEST(RadarHelo, SixNetworksInADayThatNeverHaveThatName) {
  Watched watched;
  const auto say = [&](int number) {
    test::Mail mail;
    mail.time = test::first_day() + 1min * number;
    mail.client = IpAddress::from_v4((11U << 24U) + (static_cast<std::uint32_t>(number) << 16U));
    mail.helo = "ylmf-pc";
    mail.domain = "d" + std::to_string(number) + ".example";
    return watched.radar.add(mail.event());
  };
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(say(i).empty());
  const auto proposals = say(5);
  ASSERT_EQ(proposals.size(), 1U);
  EXPECT_EQ(proposals[0].entries, std::vector<std::string>{"helo:ylmf-pc"});
}

TEST(RadarDomain, TwentyRecipientsInAnHourFromOneNetwork) {
  for (const bool aligned : {true, false}) {
    Watched watched;
    watched.add(0h, "198.51.100.1", "a@old.example");
    std::vector<Proposal> proposals;
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(proposals.empty());
      watched.recipient = "user" + std::to_string(i) + "@here.example";
      proposals = watched.add(kDay * 4 + 1min * i, "192.0.2.1", "a@d1.example",
                              aligned ? "mx.d1.example" : "mx.other.example");
    }
    ASSERT_EQ(proposals.size(), 1U);
    EXPECT_EQ(proposals[0].entries, std::vector<std::string>{aligned ? "d1.example" : "192.0.2.1"})
        << "a domain that may be forged is never proposed";
  }
}

TEST(RadarWords, WhatCannotBeACommandIsNoPool) {
  Watched watched;
  for (int i = 0; i < 30; ++i) {
    EXPECT_TRUE(
        from_everywhere(watched, 1min * i, i, "a'$(reboot)@d" + std::to_string(i) + ".example")
            .empty());
  }
}

}  // namespace
}  // namespace postern::radar::radar_test
