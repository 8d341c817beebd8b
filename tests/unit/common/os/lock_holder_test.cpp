#include "common/os/lock_holder.h"

#include <gtest/gtest.h>
#include <sys/sysmacros.h>

namespace postern::os::lock_holder_test {
namespace {

constexpr const char* kLocks =
    "1: POSIX  ADVISORY  WRITE 100 08:01:131073 0 EOF\n"
    "2: FLOCK  ADVISORY  WRITE 200 08:02:131073 0 EOF\n"
    "3: FLOCK  ADVISORY  WRITE 300 08:01:13107 0 EOF\n"
    "4: FLOCK  ADVISORY  WRITE 4711 08:01:131073 0 EOF\n"
    "4: -> FLOCK  ADVISORY  WRITE 400 08:01:131073 0 EOF\n"
    "15: FLOCK  ADVISORY  READ  500 fd:1a:7 0 EOF\n";

TEST(LockHolder, IsWhoHasTheLockOfThatFile) {
  EXPECT_EQ(lock_holder(kLocks, makedev(8, 1), 131073), 4711);
  EXPECT_EQ(lock_holder(kLocks, makedev(8, 2), 131073), 200);
  EXPECT_EQ(lock_holder(kLocks, makedev(0xfd, 0x1a), 7), 500);
}

TEST(LockHolder, IsNobodyWhenItIsNotThere) {
  EXPECT_EQ(lock_holder(kLocks, makedev(8, 1), 131074), std::nullopt);
  EXPECT_EQ(lock_holder("", makedev(8, 1), 1), std::nullopt);
}

TEST(LockHolder, IsNobodyWhoOnlyWaits) {
  EXPECT_EQ(lock_holder("4: -> FLOCK  ADVISORY  WRITE 400 08:01:1 0 EOF\n", makedev(8, 1), 1),
            std::nullopt);
}

// Of another PID namespace.
TEST(LockHolder, IsNobodyWithoutANumber) {
  for (const char* pid : {"0", "-1", "x", "99999999999999999999"}) {
    const auto locks = std::string("1: FLOCK ADVISORY WRITE ") + pid + " 08:01:1 0 EOF";
    EXPECT_EQ(lock_holder(locks, makedev(8, 1), 1), std::nullopt) << pid;
  }
}

TEST(LockHolder, PassesOverWhatItDoesNotKnow) {
  for (const char* locks : {"\n\n", "FLOCK", "1: FLOCK", "1: FLOCK ADVISORY WRITE 1", "      "}) {
    EXPECT_EQ(lock_holder(locks, makedev(8, 1), 1), std::nullopt) << locks;
    EXPECT_EQ(lock_holder(std::string(locks) + "\n" + kLocks, makedev(8, 1), 131073), 4711)
        << locks;
  }
}

}  // namespace
}  // namespace postern::os::lock_holder_test
