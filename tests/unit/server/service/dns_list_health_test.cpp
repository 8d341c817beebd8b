#include "server/service/dns_list_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rules_from.h"

namespace postern::service::dns_list_health_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr UtcTime kNow{std::chrono::hours{500000}};
constexpr std::chrono::minutes kMinute{1};
constexpr std::chrono::hours kHour{1};

const DnsListReport kRefused{"bl.example", ListSays::refused, "bl.example 127.255.255.254"};
const DnsListReport kBroken{"bl.example", ListSays::broken, "bl.example lists all"};
const DnsListReport kUnlisted{"bl.example", ListSays::unlisted};
const DnsListReport kListed{"bl.example", ListSays::listed};
const DnsListReport kUnknown{"bl.example", ListSays::unknown};

constexpr const char* kRules = R"(version: 1
rules:
  - { name: listed, check: dnsbl, zones: [bl.example, { zone: other.example, key: SECRET }], preset: standard }
  - { name: trusted, mode: log, check: dnswl, zones: wl.example, preset: standard }
  - { name: mx, check: sender_mx, preset: standard }
)";

class DnsListHealthOf : public testing::Test {
 protected:
  std::vector<std::string> record(const DnsListReport& report, UtcTime now = kNow) {
    return health_.record({report}, now);
  }
  [[nodiscard]] std::optional<DnsListHealth::Trouble> trouble() const {
    return health_.of(*rules_).front().trouble;
  }

  std::shared_ptr<const Snapshot> rules_ = rules_from(kRules);
  DnsListHealth health_;
};

// Every mail asks the list; its trouble is one.
TEST_F(DnsListHealthOf, AListThatRefusesHasALineAnHour) {
  EXPECT_THAT(record(kRefused),
              ElementsAre("DNS list bl.example refuses to answer: bl.example 127.255.255.254; it "
                          "lists nobody (see posternctl status)"));
  EXPECT_THAT(record(kRefused, kNow + kMinute), IsEmpty());
  EXPECT_THAT(record(kRefused, kNow + kHour - kMinute), IsEmpty());
  EXPECT_EQ(record(kRefused, kNow + kHour).size(), 1U);
  EXPECT_EQ(trouble()->since, kNow);
}

TEST_F(DnsListHealthOf, AListThatIsBrokenSaysHow) {
  EXPECT_THAT(record(kBroken), ElementsAre("DNS list bl.example is broken: bl.example lists all; "
                                           "it lists nobody (see posternctl status)"));
  EXPECT_EQ(trouble()->says, ListSays::broken);
  EXPECT_EQ(trouble()->detail, "bl.example lists all");
}

TEST_F(DnsListHealthOf, TheTroubleIsOverWithTheNextRightAnswer) {
  for (const DnsListReport& right : {kUnlisted, kListed}) {
    DnsListHealth health;
    health.record({kRefused}, kNow);
    EXPECT_THAT(health.record({right}, kNow + kMinute),
                ElementsAre("DNS list bl.example answers as a list again, after 60 s"));
    EXPECT_FALSE(health.of(*rules_).front().trouble);
    EXPECT_THAT(health.record({right}, kNow + kMinute), IsEmpty());
  }
}

// A list that refuses every other question has two lines an hour, not two for each mail.
TEST_F(DnsListHealthOf, AListThatChangesItsMindHasNoLineForEachMail) {
  std::size_t lines = 0;
  for (int i = 0; i < 50; ++i) {
    lines +=
        record(kRefused, kNow + i * kMinute).size() + record(kUnlisted, kNow + i * kMinute).size();
  }
  EXPECT_EQ(lines, 2U);
}

TEST_F(DnsListHealthOf, AFaultOfDnsNeitherIsATroubleNorEndsOne) {
  EXPECT_THAT(record(kUnknown), IsEmpty());
  EXPECT_FALSE(trouble());
  record(kRefused);
  EXPECT_THAT(record(kUnknown), IsEmpty());
  EXPECT_TRUE(trouble());
}

TEST_F(DnsListHealthOf, AClockThatWasSetBackDoesNotSilenceIt) {
  record(kRefused);
  EXPECT_EQ(record(kRefused, kNow - kHour).size(), 1U);
}

TEST_F(DnsListHealthOf, CountsWhatEachListSaid) {
  health_.record({kListed, {"wl.example", ListSays::unlisted}}, kNow);
  record(kListed);
  record(kUnknown);
  const auto all = health_.of(*rules_);
  ASSERT_EQ(all.size(), 2U) << "of those that were asked";
  EXPECT_EQ(all[0].answers[static_cast<std::size_t>(ListSays::listed)], 2U);
  EXPECT_EQ(all[0].answers[static_cast<std::size_t>(ListSays::unknown)], 1U);
  EXPECT_EQ(all[1].zone, "wl.example");
}

TEST_F(DnsListHealthOf, CountsOnceWhatSeveralRulesHaveAsked) {
  health_.record({kListed, {"wl.example", ListSays::unlisted}, kListed, kUnknown}, kNow);
  const auto all = health_.of(*rules_);
  EXPECT_EQ(all[0].answers[static_cast<std::size_t>(ListSays::listed)], 1U);
  EXPECT_EQ(all[0].answers[static_cast<std::size_t>(ListSays::unknown)], 1U);
}

// What rules do not ask any more is nobody's trouble.
TEST_F(DnsListHealthOf, KnowsNothingOfListsThatTheRulesDoNotAsk) {
  record(kRefused);
  record({"gone.example", ListSays::refused});
  EXPECT_EQ(health_.of(*rules_).size(), 1U);
  EXPECT_THAT(health_.of(*rules_from("version: 1\nrules: []\n")), IsEmpty());
}

TEST_F(DnsListHealthOf, NeverNamesAKey) {
  const Rule& rule = rules_->rules().front();
  EXPECT_THAT(rule.check()->check->dns_lists(), ElementsAre("bl.example", "other.example"));
}

TEST_F(DnsListHealthOf, OfTooManyZonesTheOneGoesThatWasAskedLongestAgo) {
  record(kRefused);
  const std::string other = "other.example";
  health_.record({{other, ListSays::unlisted}}, kNow + kMinute);
  for (std::size_t i = 0; i < DnsListHealth::kMaxZones - 1; ++i) {
    const std::string zone = "z" + std::to_string(i) + ".example";
    health_.record({{zone, ListSays::unlisted}}, kNow + kHour);
  }
  const auto all = health_.of(*rules_);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].zone, other);
}

}  // namespace
}  // namespace postern::service::dns_list_health_test
