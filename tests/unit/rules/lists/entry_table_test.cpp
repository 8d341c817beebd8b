#include "rules/lists/entry_table.h"

#include <gtest/gtest.h>

namespace postern::lists::entry_table_test {
namespace {

const UtcTime kNow = parse_expiry("2026-06-01T00:00:00Z").value();

TEST(EntryTable, KeepsKeysLinesAndDataApart) {
  EntryTable table;
  EntryData data;
  data.reason = "why";
  EXPECT_EQ(table.add("one", 10, {}), 0U);
  EXPECT_EQ(table.add("", 11, data), 1U);
  EXPECT_EQ(table.add(std::string_view("a\0b", 3), 12, {}), 2U);
  ASSERT_EQ(table.size(), 3U);
  EXPECT_EQ(table.key(0), "one");
  EXPECT_EQ(table.key(1), "");
  EXPECT_EQ(table.key(2), std::string_view("a\0b", 3));
  EXPECT_EQ(table.line(2), 12);
  EXPECT_EQ(table.data(0), nullptr);
  ASSERT_NE(table.data(1), nullptr);
  EXPECT_EQ(table.data(1)->reason, "why");
  EXPECT_EQ(table.all_data().size(), 1U);
}

TEST(EntryTable, AliveUntilTheSecondAtWhichItExpires) {
  EntryTable table;
  EntryData data;
  data.expires = kNow;
  table.add("a", 1, data);
  table.add("b", 2, {});
  EXPECT_TRUE(table.alive(0, kNow - std::chrono::seconds{1}));
  EXPECT_FALSE(table.alive(0, kNow));
  EXPECT_FALSE(table.alive(0, kNow + std::chrono::hours{1}));
  EXPECT_TRUE(table.alive(1, kNow + std::chrono::years{100}));
}

TEST(EntryTable, WhatNeighboursSayIsKeptOnce) {
  EntryTable table;
  EntryData imported;
  imported.reason = "imported";
  EntryData other = imported;
  other.then = Discard{"gone"};
  for (int line = 1; line <= 100; ++line) table.add("a", line, imported);
  table.add("plain", 101, {});
  table.add("b", 102, imported);
  table.add("c", 103, other);
  table.add("d", 104, imported);
  table.finish();
  EXPECT_EQ(table.all_data().size(), 3U);
  EXPECT_EQ(table.data(0)->reason, "imported");
  EXPECT_EQ(table.data(99), table.data(0));
  EXPECT_EQ(table.data(100), nullptr);
  EXPECT_EQ(table.data(101), table.data(0));
  EXPECT_TRUE(table.data(102)->then);
  EXPECT_FALSE(table.data(103)->then);
}

TEST(EntryTable, CountsWhatHasExpired) {
  EntryTable table;
  for (int days : {3, 1, 2, 1}) {
    EntryData data;
    data.expires = kNow + std::chrono::days{days};
    table.add("a", 1, data);
  }
  table.add("for ever", 2, {});
  table.finish();
  EXPECT_EQ(table.expired(kNow), 0U);
  EXPECT_EQ(table.expired(kNow + std::chrono::days{1} - std::chrono::seconds{1}), 0U);
  EXPECT_EQ(table.expired(kNow + std::chrono::days{1}), 2U);
  EXPECT_EQ(table.expired(kNow + std::chrono::days{2}), 3U);
  EXPECT_EQ(table.expired(kNow + std::chrono::years{9}), 4U);
  EXPECT_EQ(EntryTable().expired(kNow), 0U);
}

// A guess that is too large, one that is too small.
TEST(EntryTable, RoomIsAGuess) {
  for (std::size_t guess : {std::size_t{0}, std::size_t{1}, std::size_t{100'000}}) {
    EntryTable table;
    table.reserve(guess, guess);
    for (int line = 1; line <= 500; ++line) table.add("k" + std::to_string(line), line, {});
    table.finish();
    ASSERT_EQ(table.size(), 500U);
    EXPECT_EQ(table.key(0), "k1");
    EXPECT_EQ(table.key(499), "k500");
    EXPECT_EQ(table.line(499), 500);
  }
}

TEST(EntryData, IsEmptyWithoutAnythingToSay) {
  EXPECT_TRUE(EntryData{}.empty());
  EntryData reason;
  reason.reason = "r";
  EntryData owner;
  owner.owner = "o";
  EntryData expires;
  expires.expires = kNow;
  EntryData then;
  then.then = Pass{};
  for (const EntryData* data : {&reason, &owner, &expires, &then}) EXPECT_FALSE(data->empty());
}

}  // namespace
}  // namespace postern::lists::entry_table_test
