#include "server/state/pending_changes.h"

#include <gtest/gtest.h>

namespace postern::state::pending_changes_test {
namespace {

using namespace std::chrono_literals;

const StoreTime kNow = StoreTime(std::chrono::seconds(1'800'000'000));

Change take(unsigned char key, std::uint32_t units) {
  return {{key}, StateKind::rate, Take{units, 1s}, 1h, kNow};
}

PendingChanges::Record record_after(std::uint32_t units) {
  PendingChanges::Record record;
  carry_out(take(1, units), record);
  return record;
}

auto nothing_written() {
  return [](const RecordKey&) { return PendingChanges::Record(); };
}

std::vector<Change> taken_of(PendingChanges& pending, std::size_t most) {
  std::vector<Change> taken{take(9, 1)};  // of the batch before
  pending.take(most, taken);
  return taken;
}

auto debt_of(const PendingChanges& pending, unsigned char key) {
  const auto* record = pending.find({key});
  return record == nullptr ? -1s : fact_of(*record, kNow).record.debt;
}

TEST(PendingChanges, AreCarriedOutOnWhatIsWritten) {
  PendingChanges pending;
  EXPECT_EQ(pending.find({1}), nullptr);
  const auto read = [](const RecordKey&) { return record_after(5); };
  pending.add(take(1, 2), read);
  pending.add(take(1, 3), read);
  EXPECT_EQ(debt_of(pending, 1), 10s);
  EXPECT_EQ(pending.find({2}), nullptr);
}

TEST(PendingChanges, AreKnownUntilTheyAreSettled) {
  PendingChanges pending;
  pending.add(take(1, 2), nothing_written());
  EXPECT_EQ(taken_of(pending, 10).size(), 1U);
  EXPECT_EQ(debt_of(pending, 1), 2s);
  pending.settle({{{1}, record_after(2)}});
  EXPECT_EQ(pending.find({1}), nullptr);
}

// The key is never without a pending change, and still others' changes are seen.
TEST(PendingChanges, LaterOnesGoOnFromWhatIsWrittenMeanwhile) {
  PendingChanges pending;
  pending.add(take(1, 2), nothing_written());
  (void)taken_of(pending, 10);
  pending.add(take(1, 3), nothing_written());
  pending.settle({{{1}, record_after(2 + 40)}});  // another process took 40
  EXPECT_EQ(debt_of(pending, 1), 45s);
  EXPECT_EQ(pending.size(), 1U);
}

TEST(PendingChanges, SettlingLeavesOtherKeysAlone) {
  PendingChanges pending;
  pending.add(take(1, 2), nothing_written());
  (void)taken_of(pending, 10);
  pending.add(take(2, 3), nothing_written());
  pending.settle({{{1}, record_after(2)}});
  EXPECT_EQ(debt_of(pending, 2), 3s);
}

TEST(PendingChanges, AreTakenInTheirOrder) {
  PendingChanges pending;
  for (unsigned char key = 0; key < 5; ++key) pending.add(take(key, 1), nothing_written());
  const auto first = taken_of(pending, 3);
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[2].key, RecordKey{2});
  const auto rest = taken_of(pending, 3);
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest[0].key, RecordKey{3});
}

TEST(PendingChanges, AreAllForgottenWhenTheyAreGivenUp) {
  PendingChanges pending;
  for (unsigned char key = 0; key < 5; ++key) pending.add(take(key, 1), nothing_written());
  EXPECT_EQ(taken_of(pending, 2).size(), 2U);
  EXPECT_EQ(pending.give_up(), 5U);
  EXPECT_EQ(pending.find({0}), nullptr);
  EXPECT_EQ(pending.find({4}), nullptr);
  EXPECT_EQ(pending.size(), 0U);
  EXPECT_EQ(pending.give_up(), 0U);
}

}  // namespace
}  // namespace postern::state::pending_changes_test
