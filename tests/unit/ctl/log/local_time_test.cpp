#include "ctl/log/log_time.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace postern::ctl::local_time_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::local_days;
using std::chrono::sys_days;

// Central European time, by its rule and not by the machine's tables.
class LocalTimes : public testing::Test {
 protected:
  LocalTimes() { set("CET-1CEST,M3.5.0,M10.5.0/3"); }
  ~LocalTimes() override { set("UTC0"); }
  static void set(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
};

TEST_F(LocalTimes, OfAnyDay) {
  EXPECT_EQ(utc_of_local(local_days{2026y / 1 / 15} + 13h + 53min + 20s),
            sys_days{2026y / 1 / 15} + 12h + 53min + 20s);
  EXPECT_EQ(utc_of_local(local_days{2026y / 7 / 15}), sys_days{2026y / 7 / 14} + 22h);
}

TEST_F(LocalTimes, OfADayThatIsShorterOrLonger) {
  EXPECT_EQ(utc_of_local(local_days{2026y / 3 / 29} + 13h), sys_days{2026y / 3 / 29} + 11h);
  EXPECT_EQ(utc_of_local(local_days{2026y / 3 / 29}), sys_days{2026y / 3 / 28} + 23h);
  EXPECT_EQ(utc_of_local(local_days{2026y / 10 / 25} + 13h), sys_days{2026y / 10 / 25} + 12h);
  EXPECT_EQ(utc_of_local(local_days{2026y / 10 / 26}), sys_days{2026y / 10 / 25} + 23h);
}

}  // namespace
}  // namespace postern::ctl::local_time_test
