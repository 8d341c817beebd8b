#include "server/state/store_clock.h"

#include <gtest/gtest.h>

namespace postern::state::store_clock_test {
namespace {

using namespace std::chrono_literals;

const StoreTime kNoon = StoreTime(std::chrono::seconds(1'800'000'000));

struct Machine {
  std::chrono::microseconds up{1h};
  StoreTime wall = kNoon;
  SystemClocks clocks() {
    return {[this] { return up; }, [this] { return wall; }};
  }
  void pass(std::chrono::microseconds time) {
    up += time;
    wall += time;
  }
};

TEST(StoreClock, GoesOnWithTheMachine) {
  Machine machine;
  const StoreClock clock(machine.clocks());
  EXPECT_EQ(clock.now(), kNoon);
  machine.pass(90s);
  EXPECT_EQ(clock.now(), kNoon + 90s);
}

TEST(StoreClock, DoesNotNoticeThatTheClockIsSet) {
  Machine machine;
  const StoreClock clock(machine.clocks());
  machine.wall -= 1h;
  EXPECT_EQ(clock.now(), kNoon);
  machine.wall += 24h;
  EXPECT_EQ(clock.now(), kNoon);
}

TEST(StoreClock, GoesOnFromTheStoreWhereTheClockWasSetBackMeanwhile) {
  Machine machine;
  const ClockReading last{kNoon, machine.up};
  machine.pass(10s);
  machine.wall -= 1h;
  StoreClock clock(machine.clocks());
  clock.go_on_from(last);
  EXPECT_EQ(clock.now(), kNoon + 10s);
}

TEST(StoreClock, TakesTheTimeThatTheMachineWasOffFromTheWall) {
  Machine machine;
  const ClockReading last{kNoon, machine.up};
  machine.up = 1min;
  machine.wall += 8h;
  StoreClock clock(machine.clocks());
  clock.go_on_from(last);
  EXPECT_EQ(clock.now(), kNoon + 8h);
}

TEST(StoreClock, StaysWhereTheStoreIsAfterABootWithAClockThatIsBehind) {
  Machine machine;
  const ClockReading last{kNoon, machine.up};
  machine.up = 1min;
  machine.wall = StoreTime{};
  StoreClock clock(machine.clocks());
  clock.go_on_from(last);
  EXPECT_EQ(clock.now(), kNoon);
}

TEST(StoreClock, FollowsAnotherProcessForwardAndNeverBack) {
  Machine machine;
  StoreClock clock(machine.clocks());
  clock.not_before(kNoon + 5s);
  EXPECT_EQ(clock.now(), kNoon + 5s);
  clock.not_before(kNoon);
  EXPECT_EQ(clock.now(), kNoon + 5s);
}

}  // namespace
}  // namespace postern::state::store_clock_test
