#include "common/resolver/domain_shares.h"

#include <gtest/gtest.h>

#include <vector>

namespace postern::resolver::domain_shares_test {
namespace {

using Place = DomainShares::Place;

std::string numbered(const std::string& before, int number, const std::string& after) {
  return before + std::to_string(number) + after;
}

// As many places as the names get that `name_of` gives, one after the other.
template <class NameOf>
std::vector<Place> all_that(DomainShares& shares, int wanted, NameOf name_of) {
  std::vector<Place> places;
  for (int i = 0; i < wanted; ++i) {
    const std::string name = name_of(i);
    if (auto place = shares.take(name, name)) places.push_back(std::move(*place));
  }
  return places;
}

TEST(DomainShares, OneDomainLeavesMostToOthers) {
  DomainShares shares(4096);
  const auto hog = all_that(shares, 5000, [](int i) {
    return numbered("h", i % 16, numbered(".n", i / 16, ".evil.example"));
  });
  EXPECT_LE(hog.size(), 4096U / 3 + 1);
  EXPECT_GE(hog.size(), 1000U);
  EXPECT_EQ(shares.taken(), hog.size());
  EXPECT_EQ(shares.refused(), 5000U - hog.size());
}

// However many domains want all that they can get.
TEST(DomainShares, WhoHasNothingUnderWayFindsAPlace) {
  for (const int hogs : {1, 2, 10, 100}) {
    DomainShares shares(4096);
    std::vector<std::vector<Place>> all;
    for (int round = 0; round < 5; ++round) {
      for (int hog = 0; hog < hogs; ++hog) {
        all.push_back(all_that(shares, 100, [&](int i) {
          return numbered("h", 100 * round + i, numbered(".evil", hog, ".example"));
        }));
      }
    }
    EXPECT_TRUE(shares.take("good.example", "good.example")) << hogs;
    EXPECT_TRUE(shares.take("mx.good.example", "good.example")) << hogs;
  }
}

// Below a suffix that many share: one of them leaves room to the others.
TEST(DomainShares, OneBelowASharedSuffixLeavesRoomBesideIt) {
  DomainShares shares(4096);
  const auto hog =
      all_that(shares, 5000, [](int i) { return numbered("h", i, ".evil.co.example"); });
  EXPECT_LE(hog.size(), 900U);
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(shares.take(numbered("good", i, ".co.example"), {})) << i;
  }
}

// Names of many domains, asked for because of one.
TEST(DomainShares, TheAskerCountsWhateverIsAskedFor) {
  DomainShares shares(1000);
  std::vector<Place> hog;
  for (int i = 0; i < 2000; ++i) {
    auto place = shares.take(numbered("mx.victim", i, ".example"), "evil.example");
    if (place) hog.push_back(std::move(*place));
  }
  EXPECT_LE(hog.size(), 334U);
  EXPECT_TRUE(shares.take("mx.victim1.example", "good.example"));
}

// All reverse names end alike, but their zones are those of networks.
TEST(DomainShares, ADeadReverseZoneLeavesRoomToOtherNetworks) {
  DomainShares shares(4096);
  const auto of_dead_network = [](int i) { return numbered("", i, ".2.0.192.in-addr.arpa"); };
  std::vector<Place> dead = all_that(shares, 32, of_dead_network);
  for (Place& place : dead) place.note(DomainShares::Outcome::silent);
  EXPECT_FALSE(shares.take(of_dead_network(99), {}));
  EXPECT_TRUE(shares.take("1.100.51.198.in-addr.arpa", {}));
  const auto elsewhere = all_that(
      shares, 200, [](int i) { return numbered("1.", i, numbered(".", i, ".203.in-addr.arpa")); });
  EXPECT_EQ(elsewhere.size(), 200U);
  const auto v6 = all_that(shares, 200, [](int i) {
    return "0.0." +
           numbered("", i % 10, numbered(".", i / 10, ".1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"));
  });
  EXPECT_EQ(v6.size(), 200U);
}

TEST(DomainShares, GivenBackItIsFree) {
  DomainShares shares(30);
  for (int round = 0; round < 3; ++round) {
    const auto hog = all_that(shares, 100, [](int i) { return numbered("h", i, ".evil.example"); });
    EXPECT_EQ(hog.size(), shares.taken());
    EXPECT_EQ(hog.size(), 10U);
  }
  EXPECT_EQ(shares.taken(), 0U);
}

// The nearest case that stays as it is: few places serve, and all of them.
TEST(DomainShares, OfFewPlacesEachIsTaken) {
  DomainShares one(1);
  auto only = one.take("a.example", "a.example");
  EXPECT_TRUE(only);
  EXPECT_FALSE(one.take("b.example", "b.example"));
  only.reset();
  EXPECT_TRUE(one.take("b.example", "b.example"));

  DomainShares none(0);
  EXPECT_FALSE(none.take("a.example", {}));

  DomainShares many(100);
  const auto each = all_that(many, 200, [](int i) { return numbered("domain", i, ".example"); });
  EXPECT_EQ(each.size(), 100U) << "no share keeps different domains from the last place";
}

TEST(DomainShares, WithoutANameItCountsInAllAlone) {
  DomainShares shares(10);
  std::vector<Place> places;
  while (auto place = shares.take({}, {})) places.push_back(std::move(*place));
  EXPECT_EQ(places.size(), 10U);
}

TEST(DomainShares, SilenceMakesAShareSmall) {
  DomainShares shares(4096);
  auto hog = all_that(shares, 100, [](int i) { return numbered("h", i, ".evil.example"); });
  ASSERT_EQ(hog.size(), 100U);
  for (int i = 0; i < DomainShares::kSilentInARow - 1; ++i) {
    hog.back().note(DomainShares::Outcome::silent);
    hog.pop_back();
  }
  EXPECT_TRUE(shares.take("more.evil.example", {})) << "one answer may still come";
  hog.back().note(DomainShares::Outcome::silent);
  EXPECT_FALSE(shares.take("more.evil.example", {}));
  EXPECT_TRUE(shares.take("good.example", {}));
  hog.back().note(DomainShares::Outcome::answered);
  EXPECT_TRUE(shares.take("more.evil.example", {}));

  for (int i = 0; i < DomainShares::kSilentInARow; ++i) {
    hog.back().note(DomainShares::Outcome::silent);
  }
  hog.clear();
  EXPECT_EQ(all_that(shares, 100, [](int i) { return numbered("h", i, ".evil.example"); }).size(),
            100U)
      << "nothing is remembered of those who have nothing under way";
}

TEST(DomainShares, ADomainThatStaysSilentHasAFewPlaces) {
  DomainShares shares(4096);
  const auto name = [](int i) { return numbered("h", i, ".evil.example"); };
  auto first = shares.take(name(0), name(0));
  for (int i = 0; i < DomainShares::kSilentInARow; ++i) {
    first->note(DomainShares::Outcome::silent);
  }
  EXPECT_EQ(all_that(shares, 100, name).size(), DomainShares::kSilentPlaces - 1);
}

TEST(DomainShares, FewerPlacesHoldForThoseWhoCome) {
  DomainShares shares(100);
  const auto before = all_that(shares, 20, [](int i) { return numbered("d", i, ".example"); });
  shares.resize(10);
  EXPECT_EQ(shares.taken(), 20U);
  EXPECT_FALSE(shares.take("x.example", {}));
  shares.resize(21);
  EXPECT_TRUE(shares.take("x.example", {}));
}

TEST(DomainShares, APlaceMayOutliveThem) {
  std::vector<Place> places;
  {
    DomainShares shares(1);
    places.push_back(std::move(*shares.take("a.example", "a.example")));
  }
  places.back().note(DomainShares::Outcome::answered);
  places.clear();
}

TEST(DomainShares, ANameOfOneLabelHasAShareToo) {
  DomainShares shares(4);
  EXPECT_TRUE(shares.take("localhost", "localhost"));
  EXPECT_EQ(shares.taken(), 0U);
}

}  // namespace
}  // namespace postern::resolver::domain_shares_test
