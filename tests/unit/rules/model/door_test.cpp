#include "rules/model/door.h"

#include <gtest/gtest.h>

namespace postern::door_test {
namespace {

TEST(Door, HasAWord) {
  EXPECT_EQ(to_string(Door::policy), "policy");
  EXPECT_EQ(to_string(Door::milter), "milter");
}

TEST(DoorSet, HoldsWhatWasPutIn) {
  EXPECT_TRUE(DoorSet{}.empty());
  for (Door only : {Door::policy, Door::milter}) {
    DoorSet set;
    set.add(only);
    EXPECT_FALSE(set.empty());
    EXPECT_EQ(set, DoorSet{only});
    EXPECT_NE(set, DoorSet::all());
    for (Door door : {Door::policy, Door::milter}) EXPECT_EQ(set.contains(door), door == only);
    EXPECT_TRUE(DoorSet::all().contains(only));
  }
}

TEST(DoorSet, Intersection) {
  EXPECT_EQ(DoorSet::all() & DoorSet{Door::milter}, DoorSet{Door::milter});
  EXPECT_TRUE((DoorSet{Door::policy} & DoorSet{Door::milter}).empty());
}

}  // namespace
}  // namespace postern::door_test
