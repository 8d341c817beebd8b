// Whole days of mail: what is proposed, and what comes through. The figures of the real day are
// skipped where its data are not; `radar_bench` has the long versions of the others.
#include <gtest/gtest.h>

#include <algorithm>

#include "rules/radar/campaigns.h"
#include "tests/support/radar_evaluation.h"

namespace postern::radar::radar_mail_test {
namespace {

using test::LegitimateMail;
using test::Mail;

// A day, and as many domains for it as 143,000 messages have of 150,000.
constexpr int kMessages = 4000;
constexpr std::size_t kDomains = 4200;
constexpr std::chrono::hours kDay{24};

TEST(RadarMail, OfLegitimateMailNothingIsProposedAfterLearning) {
  Radar radar({}, test::secret_of(1), 1);
  LegitimateMail mail(2, kDomains);
  for (int day = 0; day < 10; ++day) {
    mail.day(day, kMessages, [&](const Mail& one) { radar.add(one.event(), Mode::learn); });
  }
  for (int day = 10; day < 17; ++day) {
    mail.day(day, kMessages, [&](const Mail& one) {
      for (const Proposal& wrong : radar.add(one.event())) ADD_FAILURE() << wrong.key;
    });
  }
}

TEST(RadarMail, OnAFirstDayFalseOnesAreFewAndWeak) {
  Radar radar({}, test::secret_of(1), 1);
  std::size_t networks = 0;
  LegitimateMail(1).day(0, 20000, [&](const Mail& one) {
    for (const Proposal& wrong : radar.add(one.event())) {
      EXPECT_EQ(wrong.strength, Strength::weak) << wrong.key;
      networks += wrong.kind == PoolKind::network ? 1 : 0;
    }
  });
  EXPECT_LT(networks, 48U);
}

TEST(RadarMail, TheCampaignOf2013IntoAHistory) {
  Radar learned({}, test::secret_of(1), 1);
  LegitimateMail mail(3);
  for (int day = 0; day < 18; ++day) {
    mail.day(day, 1000, [&](const Mail& one) { learned.add(one.event(), Mode::learn); });
  }
  for (std::uint64_t seed = 1; seed < 4; ++seed) {
    Radar radar = learned;
    const test::Leak leak = test::leak_of_2013(radar, seed, test::first_day() + kDay * 18);
    EXPECT_LE(leak.leaked, 35U) << seed;
    EXPECT_LE(leak.proposed_after, 20U) << seed;
  }
}

class RealDay : public testing::Test {
 protected:
  static void SetUpTestSuite() { data_ = new test::Data(POSTERN_DATA); }
  static void TearDownTestSuite() { delete data_; }
  void SetUp() override {
    if (data_->small_mx.empty()) GTEST_SKIP() << "no " POSTERN_DATA;
  }
  static inline test::Data* data_ = nullptr;
};

TEST_F(RealDay, EachCampaignIsProposedInTime) {
  const test::Tally tally = evaluate(*data_, data_->small_mx);
  EXPECT_EQ(tally.campaigns, 24U);
  EXPECT_EQ(tally.in_goal, 24U);
  EXPECT_EQ(tally.proposed, 24U);
  EXPECT_EQ(tally.accepted, 383U);
  EXPECT_LE(tally.leaked, 97U);
  EXPECT_EQ(tally.legitimate, 0U);
}

TEST_F(RealDay, AFloodOfRandomDomainsDoesNotBlindIt) {
  const test::Tally tally =
      evaluate(*data_, data_->small_mx, test::flood_over(data_->small_mx, 20000));
  EXPECT_EQ(tally.in_goal, 24U);
  EXPECT_LE(tally.leaked, 97U);
}

TEST_F(RealDay, ProposalsAreFewLines) {
  Campaigns campaigns;
  const test::Tally tally = evaluate(*data_, data_->small_mx);
  for (const Proposal& one : tally.proposals) campaigns.add(one);
  EXPECT_EQ(tally.proposals.size(), 35U);
  EXPECT_LE(campaigns.all().size(), 20U);
}

TEST_F(RealDay, OfMostlyGoodMailOneNetworkIsProposed) {
  const test::Tally tally = evaluate(*data_, data_->pixelpark);
  ASSERT_EQ(tally.proposals.size(), 1U);
  EXPECT_EQ(tally.proposals[0].key, "80.94.91.0/24");
  EXPECT_EQ(tally.legitimate, 0U);
}

}  // namespace
}  // namespace postern::radar::radar_mail_test
