#include "rules/radar/campaigns.h"

#include <gtest/gtest.h>

#include "tests/support/radar_mail.h"

namespace postern::radar::campaigns_test {
namespace {

using namespace std::chrono_literals;

Proposal proposal(const std::string& key, std::vector<std::string> domains,
                  std::vector<std::string> local_parts = {}, std::chrono::minutes at = 0min) {
  Proposal one;
  one.key = key;
  one.entries = {key};
  one.domains = std::move(domains);
  one.local_parts = std::move(local_parts);
  one.time = test::first_day() + at;
  return one;
}

TEST(Campaigns, TheShapeOfADomain) {
  EXPECT_EQ(shape_of_domain("com-a1.win"), "com-*.win");
  EXPECT_EQ(shape_of_domain("a1.win"), "*.win");
  EXPECT_EQ(shape_of_domain("a1.com"), "");
  EXPECT_EQ(shape_of_domain("my-a1.com"), "my-*.com");
  EXPECT_EQ(shape_of_domain("localhost"), "");
}

TEST(Campaigns, DomainsThatLookAlikeBelongTogether) {
  Campaigns campaigns;
  EXPECT_EQ(campaigns.add(proposal("192.0.2.0/24", {"com-a.win", "com-b.win"})).number, 1U);
  EXPECT_EQ(campaigns.add(proposal("198.51.100.0/24", {"com-c.win", "com-d.win"})).number, 1U);
  EXPECT_EQ(campaigns.add(proposal("203.0.113.0/24", {"a.example", "b.example"})).number, 2U);
  ASSERT_EQ(campaigns.all().size(), 2U);
  EXPECT_EQ(campaigns.all()[0].shape, "com-*.win");
  EXPECT_EQ(campaigns.all()[0].proposals.size(), 2U);
}

TEST(Campaigns, SoDoSendersWithAnUnusualLocalPart) {
  Campaigns campaigns;
  campaigns.add(proposal("a", {"x.com", "y.com"}, {"amazon_customer_service", "info"}));
  EXPECT_EQ(campaigns.add(proposal("b", {"z.com"}, {"amazon_customer_service"})).number, 1U);
  EXPECT_EQ(campaigns.add(proposal("c", {"w.com"}, {"info"})).number, 2U) << "a role says nothing";
}

TEST(Campaigns, ADayLaterAnotherOneBegins) {
  Campaigns campaigns;
  campaigns.add(proposal("a", {"a.win"}));
  campaigns.add(proposal("b", {"b.win"}, {}, 23h));
  EXPECT_EQ(campaigns.add(proposal("c", {"c.win"}, {}, 46h)).number, 1U) << "it went on";
  EXPECT_EQ(campaigns.add(proposal("d", {"d.win"}, {}, 71h)).number, 2U);
}

TEST(Campaigns, OneStrongProposalMakesItStrong) {
  Campaigns campaigns;
  campaigns.add(proposal("a", {"a.win"}));
  EXPECT_EQ(campaigns.all()[0].strength(), Strength::weak);
  Proposal strong = proposal("b", {"b.win"});
  strong.strength = Strength::strong;
  EXPECT_EQ(campaigns.add(strong).strength(), Strength::strong);
}

TEST(Campaigns, NothingJoinsOneThatWasDismissed) {
  Campaigns campaigns;
  campaigns.add(proposal("a", {"a.win"}));
  campaigns.dismiss(1);
  EXPECT_EQ(campaigns.add(proposal("b", {"b.win"})).number, 2U);
}

TEST(Campaigns, AreBounded) {
  Campaigns campaigns;
  for (int i = 0; i < 2000; ++i) campaigns.add(proposal(std::to_string(i), {"a.com"}));
  EXPECT_EQ(campaigns.all().size(), Campaigns::kMaxCampaigns);
  EXPECT_EQ(campaigns.all().back().number, 2000U);
  EXPECT_EQ(campaigns.find(1), nullptr);
  EXPECT_NE(campaigns.find(2000), nullptr);
}

TEST(Campaigns, AreSavedAndReadBack) {
  Campaigns campaigns;
  campaigns.add(proposal("a", {"a.win"}, {"x y\n"}));
  campaigns.add(proposal("b", {"b.com"}));
  campaigns.dismiss(2);
  Campaigns again;
  ASSERT_TRUE(again.load(campaigns.save()));
  EXPECT_EQ(again.save(), campaigns.save());
  EXPECT_EQ(again.all()[0].proposals[0].local_parts[0], "x y\n");
  EXPECT_TRUE(again.find(2)->is_dismissed);
  EXPECT_EQ(again.add(proposal("c", {"c.com"})).number, 3U) << "numbers go on";
  const std::string text = campaigns.save();
  for (std::size_t size = 0; size < text.size(); ++size) {
    ASSERT_FALSE(Campaigns().load(text.substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace postern::radar::campaigns_test
