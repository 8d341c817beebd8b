#include "common/os/accept_shortage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "tests/support/temporary_folder.h"

namespace postern::os::accept_shortage_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class AcceptShortageTest : public testing::Test {
 protected:
  std::string logged() {
    log_->flush();
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  int lines() {
    int count = 0;
    for (const char byte : logged()) count += byte == '\n' ? 1 : 0;
    return count;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path("log");
  std::unique_ptr<DaemonLog> log_ = std::move(*DaemonLog::open({LogLevel::debug, path_}));
  AcceptShortage shortage_{*log_};
  AcceptShortage::TimePoint now_;
};

TEST_F(AcceptShortageTest, IsToldOnceHoweverOftenItHappens) {
  for (int i = 0; i < 1000; ++i) {
    shortage_.note(EMFILE, now_ += milliseconds(100));
    shortage_.report(now_);
  }
  EXPECT_EQ(lines(), 1) << logged();
  EXPECT_THAT(logged(), HasSubstr(" error connections have to wait: Too many open files"));
}

TEST_F(AcceptShortageTest, IsOverWhenItHasNotHappenedForAWhile) {
  shortage_.note(ENFILE, now_);
  shortage_.note(ENFILE, now_ += seconds(3));
  shortage_.report(now_ + AcceptShortage::kQuiet - milliseconds(1));
  EXPECT_EQ(lines(), 1);
  shortage_.report(now_ + AcceptShortage::kQuiet);
  shortage_.report(now_ + AcceptShortage::kQuiet + seconds(5));
  EXPECT_EQ(lines(), 2);
  EXPECT_THAT(logged(), HasSubstr(" warning connections are taken at once again; they had to wait "
                                  "for 3 s"));
}

TEST_F(AcceptShortageTest, TheNextOneIsToldAgain) {
  shortage_.note(EMFILE, now_);
  shortage_.report(now_ += AcceptShortage::kQuiet);
  shortage_.note(EMFILE, now_);
  EXPECT_EQ(lines(), 3);
}

TEST_F(AcceptShortageTest, WithoutOneThereIsNothingToTell) {
  shortage_.report(now_ + seconds(100));
  EXPECT_EQ(logged(), "");
}

TEST(AcceptShortage, IsWhatTimeMends) {
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    EXPECT_TRUE(AcceptShortage::is_shortage(error)) << error;
  }
  for (const int error : {EAGAIN, ECONNABORTED, EINTR, EBADF}) {
    EXPECT_FALSE(AcceptShortage::is_shortage(error)) << error;
  }
}

}  // namespace
}  // namespace postern::os::accept_shortage_test
