#include "rules/lists/text_list.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

const UtcTime kNow = parse_expiry("2026-06-01T00:00:00Z").value();

TEST(TextList, WordsByteByByteThenRegexes) {
  TextList list("l");
  for (const char* value : {"alice", "bob smith", "~^svc-", "svc-one", "~"}) {
    EXPECT_EQ(list.add(value, 1, {}).has_value(), std::string_view(value) != "~") << value;
  }
  EXPECT_FALSE(list.add("", 1, {}));
  EXPECT_FALSE(list.add("~(", 1, {}));
  ASSERT_TRUE(list.build());
  EXPECT_EQ(list.find("alice", kNow), 0U);
  EXPECT_EQ(list.find("Alice", kNow), kNoEntry);
  EXPECT_EQ(list.find("alice ", kNow), kNoEntry);
  EXPECT_EQ(list.find(std::string_view("alice\0", 6), kNow), kNoEntry);
  EXPECT_EQ(list.find("bob smith", kNow), 1U);
  EXPECT_EQ(list.find("SVC-two", kNow), 2U);
  EXPECT_EQ(list.find("svc-one", kNow), 3U) << "the word counts before the regex";
  EXPECT_EQ(list.find("~^svc-", kNow), kNoEntry) << "a regex is no word";
  EXPECT_EQ(list.find("", kNow), kNoEntry);
  EXPECT_EQ(list.entry_text(1), "bob smith");
  EXPECT_EQ(list.entry_text(2), "~^svc-");
}

TEST(TextList, ExpiredWordsGiveWay) {
  TextList list("l");
  EntryData data;
  data.expires = kNow;
  ASSERT_TRUE(list.add("alice", 1, data));
  ASSERT_TRUE(list.add("~ali", 2, {}));
  ASSERT_TRUE(list.build());
  EXPECT_EQ(list.find("alice", kNow - std::chrono::seconds{1}), 0U);
  EXPECT_EQ(list.find("alice", kNow), 1U);
}

}  // namespace
}  // namespace postern
