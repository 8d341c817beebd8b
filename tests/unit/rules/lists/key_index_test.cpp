#include "rules/lists/key_index.h"

#include <gtest/gtest.h>

#include <random>

namespace postern::lists::key_index_test {
namespace {

const UtcTime kNow = parse_expiry("2026-06-01T00:00:00Z").value();
constexpr std::uint64_t kSeed = 4711;
const auto kAny = [](EntryId) { return true; };

TEST(KeyIndex, EmptyFindsNothing) {
  const EntryTable table;
  KeyIndex index;
  EXPECT_EQ(index.find(table, "a", kNow, kAny), kNoEntry);
  index.build(table, {}, kSeed);
  EXPECT_EQ(index.find(table, "", kNow, kAny), kNoEntry);
}

TEST(KeyIndex, OnlyWhatWasIndexed) {
  EntryTable table;
  table.add("a", 1, {});
  table.add("b", 2, {});
  KeyIndex index;
  index.build(table, {1}, kSeed);
  EXPECT_EQ(index.find(table, "a", kNow, kAny), kNoEntry);
  EXPECT_EQ(index.find(table, "b", kNow, kAny), 1U);
}

TEST(KeyIndex, OfOneKeyTheFirstThatIsAliveAndAccepted) {
  EntryTable table;
  EntryData expired;
  expired.expires = kNow;
  table.add("k", 1, expired);
  table.add("k", 2, {});
  table.add("k", 3, {});
  KeyIndex index;
  index.build(table, {0, 1, 2}, kSeed, [](EntryId, EntryId) { return false; });
  EXPECT_EQ(index.find(table, "k", kNow, kAny), 1U);
  EXPECT_EQ(index.find(table, "k", kNow - std::chrono::seconds{1}, kAny), 0U);
  EXPECT_EQ(index.find(table, "k", kNow, [](EntryId id) { return id != 1; }), 2U);
  EXPECT_EQ(index.find(table, "k", kNow, [](EntryId) { return false; }), kNoEntry);
}

TEST(KeyIndex, WhatIsHiddenForEverIsLeftOut) {
  EntryTable table;
  EntryData expiring;
  expiring.expires = kNow;
  table.add("k", 1, expiring);
  table.add("k", 2, {});
  table.add("k", 3, {});
  KeyIndex index;
  index.build(table, {0, 1, 2}, kSeed);
  EXPECT_EQ(index.find(table, "k", kNow, kAny), 1U);
  EXPECT_EQ(index.find(table, "k", kNow, [](EntryId id) { return id == 2; }), kNoEntry);
}

// Quadratic, this would take minutes.
TEST(KeyIndex, ManyEqualKeysAreNoWork) {
  EntryTable table;
  std::vector<EntryId> ids;
  for (int line = 1; line <= 300'000; ++line) ids.push_back(table.add("same.example", line, {}));
  KeyIndex index;
  index.build(table, ids, kSeed);
  EXPECT_EQ(index.find(table, "same.example", kNow, kAny), 0U);
}

TEST(KeyIndex, FindsTheSameWithAnySeed) {
  EntryTable table;
  std::vector<EntryId> ids;
  for (int i = 0; i < 1000; ++i) ids.push_back(table.add("k" + std::to_string(i), i, {}));
  for (std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
    KeyIndex index;
    index.build(table, ids, seed);
    for (EntryId id : ids) ASSERT_EQ(index.find(table, table.key(id), kNow, kAny), id) << seed;
    EXPECT_EQ(index.find(table, "k1000", kNow, kAny), kNoEntry);
  }
}

// Every fill of the table ends, and finds all that is in it and nothing that is not.
TEST(KeyIndex, AKeyServesEveryIndexOfItsSeed) {
  EntryTable table;
  table.add("a", 1, {});
  table.add("b", 2, {});
  KeyIndex one;
  one.build(table, {0}, kSeed);
  KeyIndex other;
  other.build(table, {0, 1}, kSeed);
  EXPECT_EQ(other.find(table, one.key_of("b"), kNow, kAny), 1U);
  EXPECT_EQ(one.find(table, other.key_of("a"), kNow, kAny), 0U);
  EXPECT_EQ(one.find(table, other.key_of("b"), kNow, kAny), kNoEntry);
}

TEST(KeyIndex, EverySizeWithDuplicates) {
  std::mt19937 random(3);
  for (std::size_t size = 1; size < 400; ++size) {
    EntryTable table;
    std::vector<EntryId> ids;
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < size; ++i) {
      keys.push_back("k" + std::to_string(random() % (size + 1)));
      ids.push_back(table.add(keys.back(), 1, {}));
    }
    KeyIndex index;
    index.build(table, ids, kSeed);
    for (std::size_t k = 0; k <= size + 5; ++k) {
      const std::string key = "k" + std::to_string(k);
      const auto first = std::find(keys.begin(), keys.end(), key);
      const EntryId wanted =
          first == keys.end() ? kNoEntry : static_cast<EntryId>(first - keys.begin());
      ASSERT_EQ(index.find(table, key, kNow, kAny), wanted) << size << " " << key;
    }
  }
}

}  // namespace
}  // namespace postern::lists::key_index_test
