#include "common/os/coarse_clock.h"

#include <gtest/gtest.h>

namespace postern::os::coarse_clock_test {
namespace {

using std::chrono::steady_clock;

TEST(CoarseClock, IsTheSteadyClockOfALittleWhileAgo) {
  const auto before = steady_clock::now();
  const auto coarse = coarse_now();
  EXPECT_LE(coarse, steady_clock::now());
  EXPECT_GE(coarse, before - std::chrono::seconds{2});
  EXPECT_LE(coarse, coarse_now());
}

}  // namespace
}  // namespace postern::os::coarse_clock_test
