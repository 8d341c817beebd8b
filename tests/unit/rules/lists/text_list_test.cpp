#include "rules/lists/text_list.h"

#include <gtest/gtest.h>

namespace postern::lists::text_list_test {
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

constexpr const char* kHidden = "\xe2\x80\x8b";  // U+200B

TEST(TextList, WhatNobodySeesHidesNothing) {
  TextList list("l");
  const std::string family = "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7";  // joined by U+200D
  const std::string hidden = kHidden;
  for (const std::string& value :
       {std::string("~\\bwin"), std::string("You Won"), family, "~" + family + " sale",
        "~" + hidden + "{2}|never", "H" + hidden + "i"}) {
    ASSERT_TRUE(list.add(value, 1, {})) << value;
  }
  ASSERT_TRUE(list.build());
  const auto found = [&](const std::string& text) { return list.find_as_read(text, kNow); };
  EXPECT_EQ(found("please w" + hidden + "i\xc2\xadn now"), 0U);
  EXPECT_EQ(found("You" + hidden + " Won\xef\xb8\x8f"), 1U);
  EXPECT_EQ(found("You Won"), 1U);
  EXPECT_EQ(found("you Won"), kNoEntry) << "the case of a word still matters";
  EXPECT_EQ(found(family), 2U) << "as it stands there";
  EXPECT_EQ(found("\xf0\x9f\x91\xa9\xf0\x9f\x91\xa7"), 2U) << "and as it is read";
  EXPECT_EQ(found("a " + family + " sale"), 3U);
  EXPECT_EQ(found("Hi"), 5U);
  EXPECT_EQ(found("Hi" + hidden), 5U);
  EXPECT_EQ(found("anything else"), kNoEntry) << "an expression without them could match all";
  EXPECT_EQ(list.entry_text(5), "H" + hidden + "i") << "as it was written";
  EXPECT_EQ(list.find("w" + hidden + "in", kNow), kNoEntry) << "a user name is compared as it is";
  EXPECT_EQ(list.find("Hi", kNow), kNoEntry);
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
}  // namespace postern::lists::text_list_test
