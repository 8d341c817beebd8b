#include "server/redis/near_records.h"

#include <gtest/gtest.h>

namespace postern::redis::near_records_test {
namespace {

using namespace std::chrono_literals;
using Status = StateFact::Status;

constexpr NearRecords::Time kStart{1000s};

state::RecordKey key_of(std::uint32_t number) {
  state::RecordKey key{};
  for (std::size_t i = 0; i < sizeof number; ++i) {
    key[i] = static_cast<unsigned char>(number >> (8 * i) & 0xffU);
  }
  return key;
}

StateFact known() {
  StateFact fact{Status::found, {}};
  fact.record.since_first = 100h;
  fact.record.since_last = 2h;
  fact.record.is_marked = true;
  return fact;
}

void note(NearRecords& near, StateKind kind, std::uint32_t number, const StateFact& fact) {
  near.note(kind, key_of(number), fact, kStart, near.forgotten());
}

TEST(NearRecordsTest, IsThereForAMinuteAndAsOldAsOnTheServer) {
  NearRecords near;
  note(near, StateKind::greylist, 1, known());
  EXPECT_EQ(near.find(key_of(1), kStart), known());
  const auto later = near.find(key_of(1), kStart + 59999ms);
  ASSERT_TRUE(later);
  EXPECT_EQ(later->record.since_first, 100h + 59999ms);
  EXPECT_EQ(later->record.since_last, 2h + 59999ms);
  EXPECT_EQ(near.find(key_of(1), kStart + 60s), std::nullopt);
  EXPECT_EQ(near.find(key_of(2), kStart), std::nullopt);
}

TEST(NearRecordsTest, HasOnlyWhoIsKnown) {
  NearRecords near;
  StateFact waiting = known();
  waiting.record.is_marked = false;
  note(near, StateKind::greylist, 1, waiting);
  note(near, StateKind::greylist, 2, {Status::absent});
  note(near, StateKind::seen, 3, {Status::absent});
  note(near, StateKind::seen, 4, {Status::unavailable});
  note(near, StateKind::rate, 5, known());
  note(near, StateKind::distinct, 6, known());
  for (std::uint32_t i = 1; i <= 6; ++i) EXPECT_FALSE(near.find(key_of(i), kStart)) << i;
  note(near, StateKind::seen, 7, waiting);
  EXPECT_TRUE(near.find(key_of(7), kStart)) << "first seen has no mark";
  EXPECT_FALSE(NearRecords::may_have(StateKind::rate));
  EXPECT_FALSE(NearRecords::may_have(StateKind::distinct));
}

TEST(NearRecordsTest, ASenderThatIsSeenAgainIsNotKnownForLonger) {
  NearRecords near;
  note(near, StateKind::seen, 1, known());
  near.touch(key_of(1), kStart + 50s);
  const auto fact = near.find(key_of(1), kStart + 55s);
  ASSERT_TRUE(fact);
  EXPECT_EQ(fact->record.since_last, 5s);
  EXPECT_EQ(fact->record.since_first, 100h + 55s);
  EXPECT_FALSE(near.find(key_of(1), kStart + 60s));
  near.touch(key_of(1), kStart + 61s);
  EXPECT_FALSE(near.find(key_of(1), kStart + 61s));
  near.touch(key_of(2), kStart);
  EXPECT_FALSE(near.find(key_of(2), kStart));
}

TEST(NearRecordsTest, WhatIsForgottenIsNotSaidByAnAnswerThatWasOnItsWay) {
  NearRecords near;
  note(near, StateKind::greylist, 1, known());
  const auto before = near.forgotten();
  near.forget(key_of(1));
  EXPECT_FALSE(near.find(key_of(1), kStart));
  near.note(StateKind::greylist, key_of(1), known(), kStart, before);
  EXPECT_FALSE(near.find(key_of(1), kStart));
  near.note(StateKind::greylist, key_of(1), known(), kStart, near.forgotten());
  EXPECT_TRUE(near.find(key_of(1), kStart));
}

TEST(NearRecordsTest, HasSoManyAtMostAndTheNewestOfThem) {
  NearRecords near;
  constexpr std::uint32_t kAll = 5 * NearRecords::kMost;
  for (std::uint32_t i = 0; i < kAll; ++i) note(near, StateKind::seen, i, known());
  std::size_t there = 0;
  for (std::uint32_t i = 0; i < kAll; ++i) there += near.find(key_of(i), kStart) ? 1U : 0U;
  EXPECT_LE(there, NearRecords::kMost);
  EXPECT_GE(there, NearRecords::kMost / 2);
  for (std::uint32_t i = kAll - 100; i < kAll; ++i) EXPECT_TRUE(near.find(key_of(i), kStart)) << i;
}

}  // namespace
}  // namespace postern::redis::near_records_test
