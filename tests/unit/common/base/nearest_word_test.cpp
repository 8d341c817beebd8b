#include "common/base/nearest_word.h"

#include <gtest/gtest.h>

namespace postern::nearest_word_test {
namespace {

const std::vector<std::string> kCommands{"status", "check",   "block",  "unblock",
                                         "allow",  "explain", "report", "rules"};

TEST(NearestWord, OneLetterOrTwo) {
  EXPECT_EQ(nearest_word("blok", kCommands), "block");
  EXPECT_EQ(nearest_word("unlbock", kCommands), "unblock");
  EXPECT_EQ(nearest_word("explian", kCommands), "explain");
  EXPECT_EQ(nearest_word("stats", kCommands), "status");
  EXPECT_EQ(nearest_word("reprot", kCommands), "report");
  EXPECT_EQ(nearest_word("rule", kCommands), "rules");
}

TEST(NearestWord, NothingThatIsFarAway) {
  EXPECT_EQ(nearest_word("phish.example", kCommands), std::nullopt);
  EXPECT_EQ(nearest_word("", kCommands), std::nullopt);
  EXPECT_EQ(nearest_word("x", kCommands), std::nullopt);
  EXPECT_EQ(nearest_word("restart", kCommands), std::nullopt);
  EXPECT_EQ(nearest_word(std::string(100000, 'x'), kCommands), std::nullopt);
}

}  // namespace
}  // namespace postern::nearest_word_test
