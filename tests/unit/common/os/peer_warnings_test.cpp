#include "common/os/peer_warnings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/temporary_folder.h"

namespace postern::os::peer_warnings_test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class Warnings : public testing::Test {
 protected:
  // What was logged since the last call.
  std::string logged() {
    log_->flush();
    std::ostringstream text;
    text << std::ifstream(folder_.path("log")).rdbuf();
    std::filesystem::resize_file(folder_.path("log"), 0);
    return text.str();
  }

  TemporaryFolder folder_;
  std::unique_ptr<DaemonLog> log_ =
      std::move(*DaemonLog::open({LogLevel::debug, folder_.path("log")}));
  PeerWarnings warnings_{*log_};
  const PeerWarnings::TimePoint begin_ = PeerWarnings::TimePoint{} + 1h;
};

TEST_F(Warnings, TheFirstOfAPeerIsALineAtOnce) {
  warnings_.warn("a", "one", begin_);
  warnings_.warn("b", "two", begin_);
  EXPECT_THAT(logged(), testing::AllOf(HasSubstr("one"), HasSubstr("two")));
}

TEST_F(Warnings, FurtherOnesAreOneLineAfterFiveSeconds) {
  warnings_.warn("a", "first", begin_);
  for (int i = 0; i < 1000; ++i) warnings_.warn("a", "again " + std::to_string(i), begin_ + 1s);
  warnings_.report(begin_ + 4s);
  EXPECT_THAT(logged(), Not(HasSubstr("again")));
  warnings_.report(begin_ + 5s);
  EXPECT_THAT(logged(), HasSubstr("again 999 (and 999 more like it before)"));
  warnings_.warn("a", "later", begin_ + 6s);
  EXPECT_EQ(logged(), "") << "the next five seconds";
  warnings_.report(begin_ + 10s);
  EXPECT_THAT(logged(), testing::AllOf(HasSubstr("later"), Not(HasSubstr("more"))));
}

TEST_F(Warnings, OneThatComesAfterAPauseIsALineAtOnce) {
  warnings_.warn("a", "first", begin_);
  warnings_.report(begin_ + 5s);
  warnings_.warn("a", "second", begin_ + 6s);
  EXPECT_THAT(logged(), HasSubstr("second"));
}

TEST_F(Warnings, BeyondSoManyPeersAllOthersAreOne) {
  for (std::size_t i = 0; i < PeerWarnings::kMaxPeers; ++i) {
    warnings_.warn("peer " + std::to_string(i), "known", begin_);
  }
  logged();
  warnings_.warn("one", "first", begin_);
  warnings_.warn("another", "second", begin_);
  EXPECT_THAT(logged(), testing::AllOf(HasSubstr("first"), Not(HasSubstr("second"))));
}

TEST_F(Warnings, WhatIsHeldBackIsToldInTheEnd) {
  warnings_.warn("a", "first", begin_);
  warnings_.warn("a", "second", begin_);
  warnings_.report_all();
  EXPECT_THAT(logged(), HasSubstr("second"));
}

}  // namespace
}  // namespace postern::os::peer_warnings_test
