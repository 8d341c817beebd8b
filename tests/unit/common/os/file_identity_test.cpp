#include "common/os/file_identity.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "common/os/unique_fd.h"
#include "tests/support/stopwatch.h"
#include "tests/support/temporary_folder.h"

namespace postern::os::file_identity_test {
namespace {

namespace fs = std::filesystem;

class Identified : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::string file_ = folder_.write("file", "text");
};

TEST_F(Identified, IsTheSameAsLongAsNobodyTouchesIt) {
  EXPECT_TRUE(identify_file(file_).there);
  EXPECT_EQ(identify_file(file_), identify_file(file_));
  const UniqueFd fd(::open(file_.c_str(), O_RDONLY));
  EXPECT_EQ(identify_file(fd.get()), identify_file(file_));
}

TEST_F(Identified, DiffersWithAnotherFileOfThatName) {
  const auto before = identify_file(file_);
  fs::rename(folder_.write("other", "text"), file_);
  EXPECT_NE(identify_file(file_), before);
}

TEST_F(Identified, DiffersThoughTheTimeWasSetBack) {
  const auto before = identify_quiet_file(file_);
  const auto time = fs::last_write_time(file_);
  folder_.write("file", "TEXT");
  fs::last_write_time(file_, time);
  EXPECT_NE(identify_file(file_), before);
}

// However soon after the first; on a clock of 4 ms most of these would be missed.
TEST_F(Identified, ASecondWriteAlwaysShows) {
  for (int round = 0; round < 20; ++round) {
    folder_.write("file", "text");
    const auto before = identify_quiet_file(file_);
    folder_.write("file", "TEXT");
    EXPECT_NE(identify_file(file_), before) << round;
  }
}

TEST_F(Identified, OnlyAFileThatHasJustChangedIsWaitedFor) {
  fs::last_write_time(file_, fs::last_write_time(file_) + std::chrono::hours(24));
  const Stopwatch watch;
  identify_quiet_file(file_);
  identify_quiet_file(folder_.path("none"));
  for (int round = 0; round < 1000; ++round) identify_quiet_file(file_);
  EXPECT_LT(watch.own(), std::chrono::seconds(5));
}

TEST_F(Identified, WhatCannotBeLookedAtIsNotThere) {
  EXPECT_EQ(identify_file(folder_.path("none")), FileIdentity{});
  EXPECT_EQ(identify_file(file_ + "/below"), FileIdentity{});
  fs::create_symlink("nowhere", folder_.path("link"));
  EXPECT_FALSE(identify_file(folder_.path("link")).there);
  EXPECT_FALSE(identify_file(-1).there);
}

}  // namespace
}  // namespace postern::os::file_identity_test
