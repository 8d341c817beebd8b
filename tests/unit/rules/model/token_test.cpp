#include "rules/model/token.h"

#include <gtest/gtest.h>

#include <set>

namespace postern::token_test {
namespace {

TEST(Tokens, WithoutASeedThereAreNone) {
  Tokens none;
  EXPECT_EQ(none.next(), "");
  EXPECT_EQ(none.next(), "");
}

TEST(Tokens, TheSeedSaysWhich) {
  Tokens one(7);
  Tokens same(7);
  Tokens other(8);
  const std::string first = one.next();
  EXPECT_EQ(first, same.next());
  EXPECT_EQ(one.next(), same.next());
  EXPECT_NE(first, other.next());
}

TEST(Tokens, ANameIsMadeOfTwo) {
  EXPECT_EQ(Tokens().next_name(), "");
  Tokens tokens(7);
  Tokens same(7);
  const std::string first = same.next();
  EXPECT_EQ(tokens.next_name(), first + "." + same.next());
  EXPECT_EQ(tokens.next(), same.next());
}

TEST(Tokens, HaveTheForm) {
  Tokens tokens(0);
  for (int i = 0; i < 1000; ++i) {
    const std::string token = tokens.next();
    EXPECT_TRUE(is_token(token)) << token;
    EXPECT_EQ(token.size(), 6U);
  }
}

// Of ten thousand the expected number of pairs that are the same is 0.07.
TEST(Tokens, HardlyEverComeTwice) {
  std::set<std::string> seen;
  Tokens tokens(20261129);
  for (int i = 0; i < 10000; ++i) seen.insert(tokens.next());
  EXPECT_GE(seen.size(), 9998U);
}

TEST(Tokens, EveryCharacterIsUsedEverywhere) {
  std::set<char> at[6];
  Tokens tokens(1);
  for (int i = 0; i < 5000; ++i) {
    const std::string token = tokens.next();
    for (std::size_t place = 0; place < token.size(); ++place) at[place].insert(token[place]);
  }
  EXPECT_EQ(at[0].size(), 22U);
  for (std::size_t place = 1; place < 6; ++place) EXPECT_EQ(at[place].size(), 32U) << place;
}

TEST(Tokens, OtherWordsAreNone) {
  for (const char* text : {"", "k7m3f", "k7m3f2x", "K7M3F2", "7km3f2", "k7m3l2", "k7m3i2", "k7m3o2",
                           "k7m3u2", "k7 3f2", "k7m3f\xe4"}) {
    EXPECT_FALSE(is_token(text)) << text;
  }
  EXPECT_TRUE(is_token("k7m3f2"));
  EXPECT_TRUE(is_token("zzzzzz"));
}

}  // namespace
}  // namespace postern::token_test
