#include "rules/model/stage.h"

#include <gtest/gtest.h>

namespace postern::stage_test {
namespace {

TEST(Stage, WordsThereAndBack) {
  const char* words[] = {"connect", "helo", "mail", "rcpt", "data", "eom"};
  for (std::size_t i = 0; i < std::size(kStages); ++i) {
    EXPECT_EQ(to_string(kStages[i]), words[i]);
    EXPECT_EQ(parse_stage(words[i]), kStages[i]);
  }
}

TEST(Stage, OtherWordsAreNone) {
  for (const char* word :
       {"", "CONNECT", "Mail", "rcpt ", " rcpt", "ehlo", "quit", "rcp", "rcptt"}) {
    EXPECT_EQ(parse_stage(word), std::nullopt) << word;
  }
}

TEST(Stage, OrderIsThatOfASession) {
  for (std::size_t i = 1; i < std::size(kStages); ++i) EXPECT_LT(kStages[i - 1], kStages[i]);
}

TEST(StageSet, HoldsWhatWasPutIn) {
  EXPECT_TRUE(StageSet{}.empty());
  for (Stage only : kStages) {
    StageSet set;
    set.add(only);
    EXPECT_FALSE(set.empty());
    EXPECT_EQ(set, StageSet{only});
    for (Stage stage : kStages) EXPECT_EQ(set.contains(stage), stage == only);
  }
}

TEST(StageSet, TakesOthersInAndKnowsTheFirst) {
  StageSet set;
  EXPECT_EQ(set.first(), std::nullopt);
  EXPECT_EQ(to_string(set), "");
  set.add(StageSet{Stage::rcpt, Stage::eom});
  set.add(Stage::mail);
  EXPECT_EQ(set.first(), Stage::mail);
  EXPECT_EQ(to_string(set), "mail, rcpt, eom");
}

TEST(StageSet, FromAStageOn) {
  for (Stage first : kStages) {
    for (Stage stage : kStages) {
      EXPECT_EQ(StageSet::from(first).contains(stage), stage >= first);
      EXPECT_TRUE(StageSet::all().contains(stage));
    }
  }
  EXPECT_EQ(StageSet::from(Stage::connect), StageSet::all());
  EXPECT_EQ(StageSet::from(Stage::eom), StageSet{Stage::eom});
}

TEST(StageSet, Intersection) {
  const StageSet a{Stage::helo, Stage::mail};
  EXPECT_EQ((a & StageSet{Stage::mail, Stage::eom}), StageSet{Stage::mail});
  EXPECT_TRUE((a & StageSet{Stage::eom}).empty());
  EXPECT_EQ(a & StageSet::all(), a);
}

}  // namespace
}  // namespace postern::stage_test
