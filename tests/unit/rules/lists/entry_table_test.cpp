#include "rules/lists/entry_table.h"

#include <gtest/gtest.h>

namespace postern {
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
}  // namespace postern
