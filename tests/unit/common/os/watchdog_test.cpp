#include "common/os/systemd.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <future>
#include <string>
#include <thread>

#include "common/os/unique_fd.h"
#include "tests/support/temporary_folder.h"

namespace postern::os::watchdog_test {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{20000};

// The service manager, who waits to hear of it.
class Listening {
 public:
  explicit Listening(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  bool hears(milliseconds patience) {
    pollfd waiting{fd_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(patience.count())) <= 0) return false;
    char bytes[64];
    const ssize_t got = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    return got > 0 && std::string(bytes, static_cast<std::size_t>(got)) == "WATCHDOG=1";
  }
  // Nothing that was said before counts.
  void forget() {
    while (hears(milliseconds{0})) {
    }
  }

 private:
  UniqueFd fd_;
};

class Loop {
 public:
  Loop() : work_(context_.get_executor()), thread_([this] { context_.run(); }) {}
  ~Loop() { end(); }
  void end() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }
  boost::asio::any_io_executor executor() { return context_.get_executor(); }

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

class WatchdogTest : public testing::Test {
 protected:
  ~WatchdogTest() override {
    first_.end();
    second_.end();
  }

  TemporaryFolder folder_;
  Listening manager_{folder_.path("notify")};
  SystemdNotify notify_{folder_.path("notify")};
  Loop first_;
  Loop second_;
};

TEST_F(WatchdogTest, TellsAgainAndAgainWhileAllLoopsRun) {
  Watchdog watchdog({first_.executor(), second_.executor()}, notify_, milliseconds{20});
  watchdog.start();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(manager_.hears(kPatience)) << i;
  first_.end();
  second_.end();
}

TEST_F(WatchdogTest, AnyLoopThatIsStuckSilencesIt) {
  for (Loop* stuck : {&first_, &second_}) {
    Loop first;
    std::promise<void> freed;
    Watchdog watchdog({first.executor(), stuck->executor()}, notify_, milliseconds{20});
    watchdog.start();
    ASSERT_TRUE(manager_.hears(kPatience));
    std::promise<void> is_stuck;
    boost::asio::post(stuck->executor(), [&] {
      is_stuck.set_value();
      freed.get_future().wait();
    });
    is_stuck.get_future().wait();
    manager_.forget();
    EXPECT_FALSE(manager_.hears(milliseconds{200})) << "ten intervals";
    freed.set_value();
    EXPECT_TRUE(manager_.hears(kPatience)) << "and goes on when it is free";
    first.end();
    stuck->end();
  }
}

TEST_F(WatchdogTest, TellsTwiceInEachInterval) {
  Watchdog watchdog({first_.executor()}, notify_, milliseconds{4000});
  watchdog.start();
  ASSERT_TRUE(manager_.hears(kPatience));
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(manager_.hears(kPatience));
  EXPECT_GE(std::chrono::steady_clock::now() - began, milliseconds{1000});
  first_.end();
}

}  // namespace
}  // namespace postern::os::watchdog_test
