#include "ctl/log/log_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_folder.h"

namespace postern::ctl::log_follower_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LogFollowerTest : public testing::Test {
 protected:
  void append(const std::string& text) { std::ofstream(path_, std::ios::app) << text; }

  // What has come.
  static std::vector<std::string> read(LogFollower& follower) {
    std::vector<std::string> lines;
    const auto read = follower.read([&](std::string_view line) { lines.emplace_back(line); });
    EXPECT_TRUE(read) << read.error().text;
    return lines;
  }

  LogFollower follow(std::size_t last_bytes = 1000) {
    return LogFollower::open(path_, last_bytes).value();
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_.path("postern.log");
};

TEST_F(LogFollowerTest, GivesEachLineOnceItIsWhole) {
  append("a\nb");
  auto follower = follow();
  EXPECT_THAT(read(follower), ElementsAre("a"));
  EXPECT_THAT(read(follower), IsEmpty());
  append("c\nd\n");
  EXPECT_THAT(read(follower), ElementsAre("bc", "d"));
}

TEST_F(LogFollowerTest, BeginsWithAWholeLine) {
  append("one\ntwo\nthree\n");
  for (const auto& [bytes, lines] : std::vector<std::pair<std::size_t, std::vector<std::string>>>{
           {0, {}},
           {5, {}},
           {6, {"three"}},
           {9, {"three"}},
           {10, {"two", "three"}},
           {14, {"one", "two", "three"}}}) {
    auto follower = follow(bytes);
    EXPECT_EQ(read(follower), lines) << bytes;
  }
}

TEST_F(LogFollowerTest, GoesOnInTheFileThatLogrotateMakes) {
  append("a\n");
  auto follower = follow();
  EXPECT_THAT(read(follower), ElementsAre("a"));
  std::filesystem::rename(path_, path_ + ".1");
  EXPECT_THAT(read(follower), IsEmpty()) << "not made yet";
  std::ofstream(path_ + ".1", std::ios::app) << "by a daemon that has not heard of it\n";
  append("b\n");
  EXPECT_THAT(read(follower), ElementsAre("by a daemon that has not heard of it", "b"));
  append("c\n");
  EXPECT_THAT(read(follower), ElementsAre("c"));
}

TEST_F(LogFollowerTest, GoesOnInAFileThatWasEmptied) {
  append("a long line\n");
  auto follower = follow();
  EXPECT_THAT(read(follower), ElementsAre("a long line"));
  std::filesystem::resize_file(path_, 0);
  append("b\n");
  EXPECT_THAT(read(follower), ElementsAre("b"));
}

TEST_F(LogFollowerTest, PassesOverALineThatIsTooLong) {
  append("a\n" + std::string(kMaxLogLine + 1, 'x') + "\nb\n");
  auto follower = follow(kMaxLogLine * 2);
  EXPECT_THAT(read(follower), ElementsAre("a", "b"));
}

TEST_F(LogFollowerTest, TakesWhatAProgramHasReadyAndThenWhatComes) {
  ASSERT_EQ(::mkfifo(path_.c_str(), S_IRWXU), 0);
  LogFollower follower(
      RunningProgram::start(
          {"/bin/sh", "-c", "printf 'a\\nb\\n'; read x <" + path_ + "; echo c; exec sleep 60"})
          .value());
  EXPECT_THAT(read(follower), ElementsAre("a", "b"));
  append("go on\n");
  std::vector<std::string> more;
  while (more.empty()) more = read(follower);
  EXPECT_THAT(more, ElementsAre("c"));
}

TEST_F(LogFollowerTest, AProgramThatEndsIsAnError) {
  LogFollower follower(RunningProgram::start({"/bin/echo", "a"}).value());
  std::vector<std::string> lines;
  const auto all = follower.read([&](std::string_view line) { lines.emplace_back(line); });
  EXPECT_THAT(lines, ElementsAre("a"));
  EXPECT_FALSE(all);
}

TEST_F(LogFollowerTest, AFileThatIsNotThere) {
  const auto follower = LogFollower::open(path_, 0);
  ASSERT_FALSE(follower);
  EXPECT_THAT(follower.error().text, testing::HasSubstr(path_));
}

}  // namespace
}  // namespace postern::ctl::log_follower_test
