// How the policy server ends: what is in flight, listeners, the stop timeout.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <future>
#include <thread>

#include "tests/support/stopwatch.h"
#include "tests/unit/policyd/policy_server_fixture.h"

namespace postern::policyd::server_stop_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

TEST_F(PolicyServerTest, StopsAtOnceWhenIdle) {
  start();
  Client client = connect();
  EXPECT_EQ(client.ask(rcpt("a@b.example")), kDunno);
  server_->stop();
  EXPECT_TRUE(ends_within(2s));
  EXPECT_TRUE(client.is_closed());
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/policy"));
  EXPECT_FALSE(connect().connected());
}

TEST_F(PolicyServerTest, FinishesWhatIsInFlightBeforeItStops) {
  settings_.policyd.threads = 1;
  settings_.decision.deadline = 2s;
  start();
  Client deciding = connect();
  deciding.send(rcpt("a@dark.example"));
  Client held = connect();
  held.send(kSlowConnect);
  Client half = connect();
  const std::string bytes = rcpt("a@spam.example");
  half.send(bytes.substr(0, 40));
  Client idle = connect();
  // The only thread has read what came before this.
  EXPECT_EQ(idle.ask(rcpt("a@b.example")), kDunno);
  EXPECT_EQ(server_->status().delays.held_now, 1U);
  const Stopwatch watch;
  server_->stop();
  EXPECT_TRUE(idle.is_closed());
  EXPECT_EQ(held.reply(), kDunno);
  EXPECT_LT(watch.own(), kDelay - 1s) << "held back no longer";
  half.send(bytes.substr(40));
  EXPECT_EQ(half.reply(), kReject);
  EXPECT_EQ(deciding.reply(), "action=451 4.4.3 try again\n\n");
  EXPECT_TRUE(ends_within(2s));
}

TEST_F(PolicyServerTest, StopsAtTheStopTimeoutAtTheLatest) {
  settings_.policyd.threads = 1;
  settings_.policyd.stop_timeout = 1s;
  start();
  Client half = connect();
  half.send("request=");
  // The only thread has read what came before this.
  EXPECT_EQ(connect().ask(rcpt("a@b.example")), kDunno);
  const auto begun = Clock::now();
  server_->stop();
  EXPECT_TRUE(ends_within(3s));
  EXPECT_GE(Clock::now() - begun, 900ms);
}

TEST_F(PolicyServerTest, EndsAtOnceWithEverythingInFlight) {
  settings_.decision.deadline = 20s;
  start();
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(connect());
    clients.back().send(i % 2 == 0 ? rcpt("a@dark.example") : kSlowConnect);
  }
  const Stopwatch watch;
  server_.reset();
  EXPECT_LT(watch.own(), 1s);
}

TEST_F(PolicyServerTest, GivesUpItsListenersWhenItEndsAtOnce) {
  start();
  ASSERT_TRUE(connect().connected());
  server_->stop_now();
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/policy"));
  EXPECT_FALSE(Client(port_).connected());
}

// The loop may have a completion in its queue by the time the acceptor is stopped: after how many
// other handlers that is depends on the loop, so every distance is tried.
TEST_F(PolicyServerTest, AnAcceptorThatIsStoppedTakesNothingMore) {
  log_ = std::move(*os::DaemonLog::open(settings_.log));
  for (int distance = 0; distance < 6; ++distance) {
    ListenAddress address;
    address.kind = ListenAddress::Kind::unix_socket;
    address.path = folder_ + "/policy";
    const auto listener = os::Listener::open(address);
    ASSERT_TRUE(listener) << listener.error().text;
    boost::asio::io_context context{1};
    bool stopped = false;
    int taken_late = 0;
    os::AcceptShortage shortage(*log_);
    Acceptor acceptor(context, listener->fd(), shortage,
                      [&](os::UniqueFd, const sockaddr_storage&) { taken_late += stopped; });
    acceptor.start();
    const Client client = connect();
    ASSERT_TRUE(client.connected());
    std::function<void(int)> stop_after = [&](int others) {
      if (others > 0) return boost::asio::post(context, [&, others] { stop_after(others - 1); });
      acceptor.stop();
      stopped = true;
    };
    stop_after(distance);
    context.run_for(1s);
    EXPECT_TRUE(stopped);
    EXPECT_EQ(taken_late, 0) << "stopped after " << distance << " handlers";
  }
}

}  // namespace
}  // namespace postern::policyd::server_stop_test
