// Who makes room when all places are taken: connections, and greetings that are held back.
#include <gtest/gtest.h>

#include <thread>

#include "tests/support/stopwatch.h"
#include "tests/unit/policyd/policy_server_fixture.h"

namespace postern::policyd::server_room_test {
namespace {

using namespace std::chrono_literals;

// Longer than a connection has to have been idle.
constexpr auto kIdle = 1200ms;

class MakingRoom : public PolicyServerTest {
 protected:
  void start_with(std::size_t max_connections, unsigned threads = 1) {
    settings_.policyd.max_connections = max_connections;
    settings_.policyd.threads = threads;
    settings_.decision.deadline = 10s;
    settings_.dns.query_timeout = 10s;
    start();
  }
  std::vector<Client> clients(std::size_t number) const {
    std::vector<Client> all;
    for (std::size_t i = 0; i < number; ++i) all.push_back(connect());
    return all;
  }
};

TEST_F(MakingRoom, TheConnectionThatHasBeenIdleLongestDoes) {
  start_with(3);
  auto all = clients(3);
  for (Client& client : all) ASSERT_EQ(client.ask(rcpt("a@b.example")), kDunno);
  // The first is no longer the one that has been idle longest.
  ASSERT_EQ(all[0].ask(rcpt("a@b.example")), kDunno);
  std::this_thread::sleep_for(kIdle);
  Client newcomer = connect();
  EXPECT_EQ(newcomer.ask(rcpt("a@spam.example")), kReject);
  EXPECT_TRUE(all[1].is_closed());
  EXPECT_EQ(all[0].ask(rcpt("a@b.example")), kDunno);
  EXPECT_EQ(all[2].ask(rcpt("a@b.example")), kDunno);
  EXPECT_EQ(server_->status().evicted_connections, 1U);
  EXPECT_EQ(server_->status().refused_connections, 0U);
  EXPECT_EQ(server_->status().open_connections, 3U);
}

TEST_F(MakingRoom, ADoorFullOfIdleConnectionsOpensForAllWhoCome) {
  start_with(200, 2);
  const auto idle = clients(200);
  ASSERT_TRUE(has_open_connections(200));
  std::vector<Client> newcomers;
  // On a busy machine a loop begins to count later than its clients.
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (newcomers.size() < 100 && std::chrono::steady_clock::now() < end) {
    Client one = connect();
    if (one.ask(rcpt("a@spam.example")) == kReject) {
      newcomers.push_back(std::move(one));
    } else {
      std::this_thread::sleep_for(100ms);
    }
  }
  EXPECT_EQ(newcomers.size(), 100U);
  EXPECT_EQ(server_->status().evicted_connections, 100U);
  EXPECT_EQ(server_->status().open_connections, 200U);
}

TEST_F(MakingRoom, NobodyInTheMidstOfADecisionDoes) {
  start_with(2);
  auto all = clients(2);
  for (Client& client : all) client.send(rcpt("a@dark.example"));
  std::this_thread::sleep_for(kIdle);
  Client newcomer = connect();
  EXPECT_TRUE(newcomer.is_closed());
  EXPECT_EQ(server_->status().refused_connections, 1U);
  EXPECT_EQ(server_->status().evicted_connections, 0U);
}

TEST_F(MakingRoom, NobodyWhoseGreetingIsHeldBackDoes) {
  start_with(20);
  state_->snapshots.replace(rules(
      "version: 1\nrules: [{ name: slow, when: { client: 198.51.100.0/24 }, then: delay 4s }]\n",
      2));
  auto all = clients(2);
  for (int i = 0; i < 2; ++i) all[static_cast<std::size_t>(i)].send(slow_connect(i));
  while (server_->status().delays.held_now < 2) std::this_thread::sleep_for(5ms);
  settings_.policyd.max_connections = 2;
  change_settings();
  std::this_thread::sleep_for(kIdle);
  Client newcomer = connect();
  EXPECT_TRUE(newcomer.is_closed());
  for (Client& client : all) EXPECT_EQ(client.reply(), kDunno);
}

TEST_F(MakingRoom, HalfARequestDoesAfterThoseThatAreIdle) {
  start_with(2);
  auto all = clients(2);
  all[0].send("request=smtpd");
  ASSERT_EQ(all[1].ask(rcpt("a@b.example")), kDunno);
  std::this_thread::sleep_for(kIdle);
  Client first = connect();
  EXPECT_EQ(first.ask(rcpt("a@spam.example")), kReject);
  EXPECT_TRUE(all[1].is_closed());
  Client second = connect();
  EXPECT_EQ(second.ask(rcpt("a@spam.example")), kReject);
  EXPECT_TRUE(all[0].is_closed());
}

TEST_F(MakingRoom, OneClientDoesNotHoldAllGreetings) {
  start_with(200);
  auto greedy = clients(50);
  for (Client& client : greedy) client.send(kSlowConnect);
  for (int i = 0; i < 500 && server_->status().delays.skipped_share < 43; ++i) {
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_EQ(server_->status().delays.skipped_share, 43U);
  EXPECT_LE(server_->status().delays.held_now, 7U);
  Client other = connect();
  const Stopwatch watch;
  EXPECT_EQ(other.ask(slow_connect(8)), kDunno);
  EXPECT_GE(watch.took(), kDelay - 10ms);
  for (Client& client : greedy) EXPECT_EQ(client.reply(), kDunno);
}

}  // namespace
}  // namespace postern::policyd::server_room_test
