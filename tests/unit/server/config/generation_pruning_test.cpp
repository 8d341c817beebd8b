#include "server/config/generation_pruning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/base/fingerprint.h"

namespace postern::config::generation_pruning_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;
using std::chrono::days;

// 2026-11-21T18:00:00Z
const UtcTime kNow{std::chrono::seconds(1795284000)};

StoredGeneration generation(std::uint64_t number, UtcTime since, const std::string& rules) {
  return {number, since, {{"/r", "/s", rules.size(), fingerprint_of(rules).to_string()}}};
}

std::vector<std::uint64_t> numbers_of(const std::vector<StoredGeneration>& generations) {
  std::vector<std::uint64_t> numbers;
  for (const StoredGeneration& one : generations) numbers.push_back(one.number);
  return numbers;
}

// The generations as they come, each time without those that may go.
class History {
 public:
  void add(UtcTime since, const std::string& rules) {
    kept.push_back(generation(++last, since, rules));
    const auto dropped = generations_to_drop(kept, since);
    std::erase_if(kept, [&](const auto& one) { return dropped.contains(one.number); });
  }
  // One each minute.
  void feed(std::chrono::minutes time, const std::string& rules) {
    for (; time > 0min; time -= 1min) add(now += 1min, rules);
  }
  [[nodiscard]] bool has(std::uint64_t number) const {
    const auto numbers = numbers_of(kept);
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
  }

  UtcTime now = kNow;
  std::uint64_t last = 0;
  std::vector<StoredGeneration> kept;
};

TEST(GenerationsToDrop, OfFewNoneGoes) {
  EXPECT_THAT(generations_to_drop({}, kNow), IsEmpty());
  std::vector<StoredGeneration> ten;
  for (std::uint64_t number = 1; number <= 10; ++number) {
    ten.push_back(generation(number, kNow - days{1000}, "same"));
  }
  EXPECT_THAT(generations_to_drop(ten, kNow), IsEmpty());
  ten.push_back(generation(11, kNow, "same"));
  EXPECT_THAT(generations_to_drop(ten, kNow), ElementsAre(1));
}

TEST(GenerationsToDrop, BothSidesOfAChangeOfTheRulesStay) {
  std::vector<StoredGeneration> all;
  const UtcTime old = kNow - days{100};
  for (const char* rules : {"a", "a", "a", "b", "b", "b", "c", "a", "a", "a"}) {
    all.push_back(generation(all.size() + 1, old, rules));
  }
  for (int i = 0; i < 10; ++i) all.push_back(generation(all.size() + 1, kNow, "a"));
  EXPECT_THAT(generations_to_drop(all, kNow), ElementsAre(1, 2, 5, 9, 10));
}

TEST(GenerationsToDrop, OfHoursAndDaysTheLastStays) {
  std::vector<StoredGeneration> all;
  const auto add = [&](auto age) { all.push_back(generation(all.size() + 1, kNow - age, "same")); };
  add(days{8});           // 1: too old
  add(days{6} + 2h);      // 2
  add(days{6} + 1h);      // 3: the last of its day
  add(30h);               // 4: of yesterday, and not the last
  add(23h);               // 5
  add(23h - 10min);       // 6: the last of its hour, and of yesterday's
  add(2h);                // 7
  add(2h - 1s);           // 8
  add(2h - 59min - 59s);  // 9: the last of its hour
  add(1h);                // 10: of the next one
  for (int i = 0; i < 10; ++i) add(0s);
  EXPECT_THAT(generations_to_drop(all, kNow), ElementsAre(1, 2, 4, 5, 7, 8));
}

TEST(GenerationsToDrop, OfTooManyTheOldestGo) {
  std::vector<StoredGeneration> all;
  for (std::uint64_t number = 1; number <= 64; ++number) {
    all.push_back(generation(number, kNow, std::to_string(number)));
  }
  EXPECT_THAT(generations_to_drop(all, kNow), ElementsAre(1, 2, 3, 4));
}

TEST(GenerationsToDrop, AClockThatWasWrongIsNoReasonToKeepMore) {
  std::vector<StoredGeneration> all;
  for (std::uint64_t number = 1; number <= 200; ++number) {
    all.push_back(generation(number, kNow + days{number}, "same"));
  }
  EXPECT_EQ(generations_to_drop(all, kNow).size(), 200U - kMostKept);
  EXPECT_FALSE(generations_to_drop(all, kNow).contains(200));
}

// What this is for.
TEST(GenerationsToDrop, AFeedPushesNoPersonsChangeOut) {
  History history;
  history.feed(90min, "old rules");
  const std::uint64_t before = history.last;
  history.feed(24h * 9, "new rules");
  EXPECT_TRUE(history.has(before)) << "what a rollback is to bring back";
  EXPECT_TRUE(history.has(before + 1));
  EXPECT_LE(history.kept.size(), kMostKept);
  // 10 newest, 24 hours, 7 days, one change; some are several of these.
  EXPECT_GE(history.kept.size(), 38U);
  EXPECT_LE(history.kept.size(), 45U);
}

TEST(GenerationsToDrop, NoHourOfTheDayAndNoDayOfTheWeekIsWithout) {
  History history;
  history.feed(24h * 9, "rules");
  const auto has_between = [&](UtcTime begin, UtcTime end) {
    return std::any_of(history.kept.begin(), history.kept.end(),
                       [&](const auto& one) { return one.since > begin && one.since <= end; });
  };
  for (int ago = 1; ago <= 23; ++ago) {
    EXPECT_TRUE(has_between(history.now - ago * 1h, history.now - (ago - 1) * 1h)) << ago;
  }
  for (int ago = 1; ago <= 6; ++ago) {
    EXPECT_TRUE(has_between(history.now - days{ago}, history.now - days{ago - 1})) << ago;
  }
}

TEST(GenerationsToDrop, RulesThatAProgramWritesStayInBounds) {
  History history;
  for (int round = 0; round < 500; ++round) {
    history.add(history.now += 1min, "rules " + std::to_string(round));
  }
  EXPECT_EQ(history.kept.size(), kMostKept);
  EXPECT_EQ(history.kept.back().number, 500U);
}

}  // namespace
}  // namespace postern::config::generation_pruning_test
