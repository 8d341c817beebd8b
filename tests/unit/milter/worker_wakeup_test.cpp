#include "milter/worker_wakeup.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace postern::milter::worker_wakeup_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

const std::string kPacket("\0\0\0\1A", 5);
constexpr WorkerWakeup::Pace kQuick{10ms, 1h};

struct Ends {
  os::UniqueFd ours;
  os::UniqueFd libmilters;
};

Ends connected() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    throw std::runtime_error("no socketpair");
  }
  return {os::UniqueFd(ends[0]), os::UniqueFd(ends[1])};
}

class WorkerWakeups : public testing::Test {
 protected:
  void connect(std::size_t many) {
    for (std::size_t i = 0; i < many; ++i) ours_.push_back(new_one());
  }
  os::UniqueFd new_one() {
    Ends ends = connected();
    theirs_.push_back(std::move(ends.libmilters));
    return std::move(ends.ours);
  }
  WorkerWakeup& begin(WorkerWakeup::Pace pace) {
    const auto reopen = [this]() -> Result<os::UniqueFd> {
      ++asked_to_reopen_;
      if (!can_reopen_) return failure("no");
      return new_one();
    };
    return wakeup_.emplace(io_.get_executor(), std::move(ours_), reopen, pace);
  }

  // What has come over one connection so far, in packets; all of it has to be whole ones.
  int packets_of(std::size_t index) {
    int packets = 0;
    char bytes[5];
    ssize_t got = 0;
    while ((got = ::recv(theirs_[index].get(), bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
      EXPECT_EQ(std::string(bytes, static_cast<std::size_t>(got)), kPacket);
      ++packets;
    }
    return packets;
  }
  int packets() {
    int sum = 0;
    for (std::size_t i = 0; i < theirs_.size(); ++i) sum += packets_of(i);
    return sum;
  }
  // Runs the loop until that many more have come, or in vain.
  bool come(int wanted) {
    const auto until = Clock::now() + 20s;
    for (int sum = 0; Clock::now() < until; io_.run_for(1ms)) {
      io_.restart();
      if ((sum += packets()) >= wanted) return true;
    }
    return false;
  }
  void run_for(std::chrono::milliseconds time) {
    io_.restart();
    io_.run_for(time);
  }

  boost::asio::io_context io_{1};
  std::vector<os::UniqueFd> ours_;
  std::vector<os::UniqueFd> theirs_;
  bool can_reopen_ = false;
  int asked_to_reopen_ = 0;
  std::optional<WorkerWakeup> wakeup_;
};

TEST_F(WorkerWakeups, SaysNothingWhileNobodyWaits) {
  connect(4);
  begin(kQuick);
  run_for(100ms);
  EXPECT_EQ(packets(), 0);
}

TEST_F(WorkerWakeups, SaysSomethingAtOnce) {
  connect(4);
  const auto wait = begin({1h, 1h}).waiting();
  const auto other = wakeup_->waiting();
  EXPECT_TRUE(come(2)) << "one for each that begins to wait";
  run_for(10ms);
  EXPECT_EQ(packets(), 0) << "no more";
}

TEST_F(WorkerWakeups, SpeaksInTurnsAsLongAsSomebodyWaits) {
  connect(3);
  {
    auto wait = std::make_unique<WorkerWakeup::Wait>(begin(kQuick).waiting());
    const auto other = wakeup_->waiting();
    EXPECT_TRUE(come(6));
    wait.reset();
    EXPECT_TRUE(come(6)) << "the other still does";
  }
  run_for(50ms);
  (void)packets();
  run_for(100ms);
  EXPECT_EQ(packets(), 0) << "nobody does any more";
  const auto again = wakeup_->waiting();
  EXPECT_TRUE(come(6));
}

TEST_F(WorkerWakeups, EachConnectionHasItsTurn) {
  connect(3);
  std::vector<WorkerWakeup::Wait> waits;
  begin({1h, 1h});
  for (int i = 0; i < 6; ++i) waits.push_back(wakeup_->waiting());
  std::vector<int> heard(3);
  const auto all = [&] { return std::accumulate(heard.begin(), heard.end(), 0); };
  for (const auto until = Clock::now() + 20s; all() < 6 && Clock::now() < until; run_for(1ms)) {
    for (std::size_t i = 0; i < heard.size(); ++i) heard[i] += packets_of(i);
  }
  EXPECT_EQ(heard, (std::vector<int>{2, 2, 2}));
}

TEST_F(WorkerWakeups, AWaitThatMovesIsStillOne) {
  connect(1);
  begin(kQuick);
  {
    auto wait = wakeup_->waiting();
    const auto moved = std::move(wait);
    EXPECT_TRUE(come(3));
  }
  run_for(50ms);
  (void)packets();
  run_for(50ms);
  EXPECT_EQ(packets(), 0);
}

TEST_F(WorkerWakeups, ReplacesAConnectionThatIsClosed) {
  connect(2);
  can_reopen_ = true;
  theirs_.clear();
  const auto wait = begin(kQuick).waiting();
  EXPECT_TRUE(come(6));
  EXPECT_EQ(asked_to_reopen_, 2);
}

TEST_F(WorkerWakeups, GoesOnWithTheOthersWhereItCannot) {
  connect(3);
  theirs_.erase(theirs_.begin() + 1);
  const auto wait = begin(kQuick).waiting();
  EXPECT_TRUE(come(6));
  theirs_.clear();
  while (asked_to_reopen_ < 6) run_for(10ms);
  can_reopen_ = true;
  EXPECT_TRUE(come(3)) << "what could not be opened for a while is opened then";
}

TEST_F(WorkerWakeups, DoesNotWaitForRoom) {
  connect(1);
  const std::string much(1 << 20, '\0');
  while (::send(ours_.front().get(), much.data(), much.size(), MSG_DONTWAIT) > 0) {
  }
  const auto wait = begin(kQuick).waiting();
  run_for(100ms);
  EXPECT_EQ(asked_to_reopen_, 0);
  char bytes[4096];
  while (::recv(theirs_.front().get(), bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
  }
  EXPECT_TRUE(come(3));
}

TEST_F(WorkerWakeups, KeepsItsConnectionsAliveWhileNobodyWaits) {
  connect(3);
  begin({1h, 10ms});
  EXPECT_TRUE(come(9));
  for (std::size_t i = 0; i < 3; ++i) theirs_[i].reset();
  while (asked_to_reopen_ < 3) run_for(10ms);
}

TEST_F(WorkerWakeups, WithoutConnectionsDoesNothing) {
  begin(kQuick);
  const auto wait = wakeup_->waiting();
  EXPECT_EQ(io_.poll(), 0U);
  EXPECT_EQ(asked_to_reopen_, 0);
}

}  // namespace
}  // namespace postern::milter::worker_wakeup_test
