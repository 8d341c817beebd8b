// Settings that change while the policy server serves.
#include <gtest/gtest.h>

#include <thread>

#include "tests/unit/policyd/policy_server_fixture.h"

namespace postern::policyd::server_settings_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

TEST_F(PolicyServerTest, MaxConnectionsCanChange) {
  settings_.policyd.max_connections = 1;
  start();
  Client first = connect();
  EXPECT_EQ(first.ask(rcpt("a@b.example")), kDunno);
  EXPECT_TRUE(connect().is_closed());
  settings_.policyd.max_connections = 2;
  change_settings();
  Client second = connect();
  EXPECT_EQ(second.ask(rcpt("a@b.example")), kDunno);
  settings_.policyd.max_connections = 1;
  change_settings();
  EXPECT_TRUE(connect().is_closed());
  EXPECT_EQ(first.ask(rcpt("a@b.example")), kDunno) << "those that are open stay";
  EXPECT_EQ(second.ask(rcpt("a@b.example")), kDunno);
}

// Also for the connections that are open, whose buffers were made for larger ones.
TEST_F(PolicyServerTest, RequestLimitsHoldFromTheNextRequestOn) {
  settings_.policyd.threads = 1;
  start();
  const std::string bytes =
      request("RCPT", "sender=a@spam.example\nx=" + std::string(10000, 'x') + "\n");
  Client used = connect();
  EXPECT_EQ(used.ask(bytes), kReject);
  Client half = connect();
  half.send(bytes.substr(0, 5000));  // its buffer has yet to grow
  Client waiting = connect();
  EXPECT_EQ(waiting.ask(request("VRFY")), kDunno) << "and what came before has been read, too";

  settings_.policyd.max_request_bytes = 4096;
  change_settings();
  half.send(bytes.substr(5000));
  EXPECT_EQ(half.reply(), kReject) << "read to its end as it began";
  EXPECT_EQ(half.ask(rcpt("a@spam.example", "i2")), kReject);
  for (Client* client : {&half, &used, &waiting}) {
    client->send(bytes);
    EXPECT_TRUE(client->is_closed());
  }
  EXPECT_NE(logged().find("found no empty line within 4096 bytes"), std::string::npos);

  settings_.policyd.max_request_bytes = 65536;
  settings_.policyd.max_request_attributes = 4;
  change_settings();
  Client client(port_);  // another peer, so that its warning is a line of its own
  const std::string large =
      "request=smtpd_access_policy\nprotocol_state=RCPT\nsender=a@spam.example\nx=" +
      std::string(60000, 'x') + "\n\n";
  EXPECT_EQ(client.ask(large), kReject);
  client.send(rcpt("a@spam.example"));
  EXPECT_TRUE(client.is_closed());
  EXPECT_NE(logged().find("found more than 4 attributes"), std::string::npos);
}

TEST_F(PolicyServerTest, RequestLimitsChangeUnderLoad) {
  settings_.log.level = LogLevel::warning;
  start();
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([this, i] {
      Client client = connect();
      const std::string bytes =
          request("RCPT", "sender=a@spam.example\nx=" +
                              std::string(static_cast<std::size_t>(1000 + i * 900), 'x') + "\n");
      for (int round = 0; round < 300; ++round) {
        const std::size_t cut = static_cast<std::size_t>(round * 7) % bytes.size();
        client.send(bytes.substr(0, cut));
        client.send(bytes.substr(cut));
        ASSERT_EQ(client.reply(), kReject);
      }
    });
  }
  for (int round = 0; round < 300; ++round) {
    settings_.policyd.max_request_bytes = round % 2 == 0 ? 4096 : 8000;
    settings_.dns.cache.max_bytes = round % 3 == 0 ? 1 << 20 : 1 << 21;
    change_settings();
    std::this_thread::sleep_for(1ms);
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(PolicyServerTest, TimeoutsOfOpenConnectionsCanChange) {
  settings_.policyd.threads = 1;
  start();
  Client half = connect();
  half.send("request=");
  Client idle = connect();
  EXPECT_EQ(idle.ask(rcpt("a@b.example")), kDunno);
  settings_.policyd.idle_timeout = 1s;
  settings_.policyd.request_timeout = 1s;
  change_settings();
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(half.is_closed());
  EXPECT_NE(logged().find("the rest of a request did not come in time"), std::string::npos);
}

TEST_F(PolicyServerTest, TheDeadlineCanChange) {
  settings_.decision.deadline = 60s;
  start();
  settings_.decision.deadline = 100ms;
  change_settings();
  Client client = connect();
  EXPECT_EQ(client.ask(rcpt("a@dark.example")), "action=451 4.4.3 try again\n\n");
  EXPECT_NE(logged().find("MX dark.example: deadline"), std::string::npos) << logged();
}

TEST_F(PolicyServerTest, HowManyAreDelayedCanChange) {
  settings_.decision.max_delayed = 0;
  start();
  settings_.decision.max_delayed = 1;
  change_settings();
  Client slow = connect();
  const auto begun = Clock::now();
  EXPECT_EQ(slow.ask(kSlowConnect), kDunno);
  EXPECT_GE(Clock::now() - begun, kDelay - 10ms);
  EXPECT_EQ(server_->status().delays.held, 1U);
}

TEST_F(PolicyServerTest, UpstreamsCanChangeWhileADecisionWaits) {
  start();
  const DarkDns other;
  Client waiting = connect();
  waiting.send(rcpt("a@dark.example"));
  while (server_->status().upstreams[0].asked == 0) std::this_thread::sleep_for(5ms);
  settings_.dns.upstreams = {{other.server()}};
  change_settings();
  EXPECT_EQ(waiting.reply(), "action=451 4.4.3 try again\n\n");
  ASSERT_EQ(server_->status().upstreams.size(), 1U);
  EXPECT_EQ(server_->status().upstreams[0].server, other.server().to_string());
}

TEST_F(PolicyServerTest, TheStopTimeoutCanChange) {
  settings_.policyd.threads = 1;
  settings_.policyd.stop_timeout = 60s;
  start();
  Client half = connect();
  half.send("request=");
  EXPECT_EQ(connect().ask(request("VRFY")), kDunno);
  settings_.policyd.stop_timeout = 1s;
  change_settings();
  server_->stop();
  EXPECT_TRUE(ends_within(10s));
  EXPECT_NE(logged().find("stop_timeout is over"), std::string::npos);
}

}  // namespace
}  // namespace postern::policyd::server_settings_test
