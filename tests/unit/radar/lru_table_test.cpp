#include "rules/radar/lru_table.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::radar::lru_table_test {
namespace {

TEST(LruTable, KeepsWhatItWasGiven) {
  LruTable<std::string> table(4);
  EXPECT_TRUE(table.use(1).is_new);
  table.use(1).value = "one";
  EXPECT_FALSE(table.use(1).is_new);
  EXPECT_EQ(*table.find(1), "one");
  EXPECT_EQ(table.find(2), nullptr);
}

TEST(LruTable, AFloodOfNewKeysPushesOutItself) {
  constexpr std::uint64_t kUsed = 10;
  LruTable<int> table(100);
  for (std::uint64_t key = 0; key < kUsed; ++key) table.use(key);
  for (std::uint64_t key = 0; key < kUsed; ++key) table.use(key).value = 7;
  for (std::uint64_t key = 1000; key < 100000; ++key) table.use(key);
  EXPECT_EQ(table.size(), 100U);
  for (std::uint64_t key = 0; key < kUsed; ++key) ASSERT_NE(table.find(key), nullptr) << key;
  EXPECT_NE(table.find(99999), nullptr);
  EXPECT_EQ(table.find(1000), nullptr);
}

TEST(LruTable, WhatWasUsedLongestAgoGoesWhenAllWereUsedAgain) {
  LruTable<int> table(32);
  const auto use_twice = [&](std::uint64_t key) {
    table.use(key);
    table.use(key);
  };
  for (std::uint64_t key = 0; key < 1000; ++key) use_twice(key);
  EXPECT_EQ(table.size(), 32U);
  EXPECT_EQ(table.find(900), nullptr);
  EXPECT_NE(table.find(999), nullptr);
  EXPECT_NE(table.find(980), nullptr);
}

TEST(LruTable, ValuesOfKeysThatWentAreNotSeenByThoseThatCome) {
  LruTable<std::string> table(2);
  for (std::uint64_t key = 0; key < 10; ++key) {
    const auto use = table.use(key);
    EXPECT_EQ(use.value, "");
    use.value = "of " + std::to_string(key);
  }
}

}  // namespace
}  // namespace postern::radar::lru_table_test
