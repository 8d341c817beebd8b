#include "server/redis/circuit.h"

#include <gtest/gtest.h>

namespace postern::redis::circuit_test {
namespace {

using namespace std::chrono_literals;

TEST(Circuit, OpensAfterSoManyWaitsInARow) {
  Circuit circuit;
  Circuit::Time now{1h};
  for (int i = 1; i < Circuit::kMostFailures; ++i) {
    EXPECT_FALSE(circuit.failed(now += 50ms, 50ms));
    EXPECT_FALSE(circuit.failed(now + 10ms, 50ms)) << "of the same wait";
  }
  EXPECT_TRUE(circuit.failed(now += 50ms, 50ms));
}

TEST(Circuit, AnAnswerInTimeBeginsTheCountAnew) {
  Circuit circuit;
  Circuit::Time now{1h};
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(circuit.failed(now += 50ms, 50ms));
    circuit.answered();
  }
}

TEST(Circuit, WaitsLongerWithEachTryAndAsAtFirstAfterASoundTime) {
  Circuit circuit;
  Circuit::Time now{1h};
  EXPECT_EQ(circuit.pause_after_loss(now), 100ms);
  EXPECT_EQ(circuit.pause_after_loss(now), 200ms);
  circuit.in_use(now);
  EXPECT_EQ(circuit.pause_after_loss(now + 1s), 400ms) << "it was in use for too short a time";
  for (int i = 0; i < 10; ++i) circuit.pause_after_loss(now);
  EXPECT_EQ(circuit.pause_after_loss(now), Circuit::kLongestPause);
  circuit.in_use(now);
  EXPECT_EQ(circuit.pause_after_loss(now + Circuit::kSoundAfter), 100ms);
}

}  // namespace
}  // namespace postern::redis::circuit_test
