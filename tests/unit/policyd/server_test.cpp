// How the policy server answers, delays, limits and logs.
#include "policyd/server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/support/stopwatch.h"
#include "tests/unit/policyd/policy_server_fixture.h"

namespace postern::policyd::server_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

TEST_F(PolicyServerTest, AnswersOverUnixAndTcp) {
  start();
  Client over_unix = connect();
  EXPECT_EQ(over_unix.ask(rcpt("a@example.org")), kDunno);
  EXPECT_EQ(over_unix.ask(rcpt("a@spam.example", "i2")), kReject);
  Client over_tcp(port_);
  EXPECT_EQ(over_tcp.ask(rcpt("a@spam.example")), kReject);
  EXPECT_EQ(over_tcp.ask(request("VRFY", "recipient=joe\n")), kDunno);
}

TEST_F(PolicyServerTest, LogsEveryDecisionWithItsReply) {
  start();
  Client client = connect();
  client.ask(rcpt("a@spam.example"));
  const std::string log = logged();
  EXPECT_NE(log.find("decision door=policy stage=rcpt rule=spammer action=reject "
                     "reply=\"550 5.7.1 no spam please\""),
            std::string::npos)
      << log;
  EXPECT_NE(log.find("generation=1"), std::string::npos) << log;
}

TEST_F(PolicyServerTest, TakesRequestsInPiecesAndSeveralAtOnce) {
  start();
  Client client = connect();
  for (const char byte : rcpt("a@spam.example")) ASSERT_TRUE(client.send({&byte, 1}));
  EXPECT_EQ(client.reply(), kReject);
  std::string several;
  for (int i = 0; i < 50; ++i) several += rcpt(i % 2 == 0 ? "a@spam.example" : "a@b.example");
  ASSERT_TRUE(client.send(several));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.reply(), i % 2 == 0 ? kReject : kDunno) << i;
}

TEST_F(PolicyServerTest, ServesManyConnectionsAtOnce) {
  start();
  std::vector<Client> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(i % 2 == 0 ? connect() : Client(port_));
  for (int round = 0; round < 5; ++round) {
    for (Client& client : clients) ASSERT_TRUE(client.send(rcpt("a@spam.example")));
    for (Client& client : clients) ASSERT_EQ(client.reply(), kReject);
  }
  EXPECT_EQ(server_->status().open_connections, 200U);
  clients.clear();
  EXPECT_TRUE(has_open_connections(0));
}

TEST_F(PolicyServerTest, BadInputEndsItsConnectionWithoutReplyAndNoOther) {
  start();
  Client good = connect();
  const std::vector<std::string> bad = {
      "GET / HTTP/1.1\n",
      std::string("\0", 1),
      "=\n",
      "sender=x\n\n",
      std::string(20000, 'x'),
      "request=smtpd_access_policy\nx=\x1b[31m\xff\nno equals\n\n",
      std::string(1000, '\n'),
  };
  for (const std::string& bytes : bad) {
    Client client = connect();
    client.send(bytes);
    EXPECT_TRUE(client.is_closed()) << bytes.substr(0, 20);
    EXPECT_EQ(good.ask(rcpt("a@spam.example")), kReject);
  }
  const std::string log = logged();
  std::size_t warnings = 0;
  for (auto at = log.find("request refused"); at != std::string::npos;
       at = log.find("request refused", at + 1)) {
    ++warnings;
  }
  EXPECT_EQ(warnings, 1U) << "one a peer and five seconds";
  server_->stop();
  ASSERT_TRUE(ends_within(3s));
  const std::string rest = logged();
  EXPECT_NE(rest.find("(and 5 more like it before)"), std::string::npos) << rest;
  EXPECT_EQ(rest.find('\x1b'), std::string::npos);
}

TEST_F(PolicyServerTest, LogsAnEndInsideARequest) {
  start();
  Client client = connect();
  client.send("request=smtpd_access_policy\n");
  client.shut_writing();
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(has_open_connections(0));
  EXPECT_NE(logged().find("inside a request, after 28 bytes"), std::string::npos);
}

TEST_F(PolicyServerTest, ADarkResolverIsADefermentAtTheDeadline) {
  start();
  Client client = connect();
  const Stopwatch watch;
  EXPECT_EQ(client.ask(rcpt("a@dark.example")), "action=451 4.4.3 try again\n\n");
  EXPECT_GE(watch.took(), 390ms);
  EXPECT_LT(watch.own(), 2s);
}

TEST_F(PolicyServerTest, ADecisionThatWaitsHoldsUpNobodyElse) {
  settings_.policyd.threads = 1;
  settings_.decision.deadline = 3s;
  start();
  Client waiting = connect();
  const Stopwatch watch;
  waiting.send(rcpt("a@dark.example"));
  Client other = connect();
  EXPECT_EQ(other.ask(rcpt("a@spam.example")), kReject);
  EXPECT_LT(watch.own(), settings_.decision.deadline);
  EXPECT_EQ(waiting.reply(), "action=451 4.4.3 try again\n\n");
}

TEST_F(PolicyServerTest, AClientThatLeavesDuringADecisionIsForgotten) {
  start();
  Client client = connect();
  client.send(rcpt("a@dark.example"));
  client.close();
  EXPECT_TRUE(has_open_connections(0));
}

TEST_F(PolicyServerTest, DelaysAGreetingAndNoOther) {
  settings_.policyd.threads = 1;
  start();
  Client slow = connect();
  const Stopwatch watch;
  slow.send(kSlowConnect);
  Client quick = connect();
  EXPECT_EQ(quick.ask(request("CONNECT")), kDunno);
  EXPECT_LT(watch.own(), kDelay);
  EXPECT_EQ(slow.reply(), kDunno);
  EXPECT_GE(watch.took(), kDelay - 10ms);
  EXPECT_LT(watch.own(), kDelay + 2s);
}

TEST_F(PolicyServerTest, DelaysNoMoreThanTheCap) {
  settings_.decision.max_delayed = 2;
  start();
  std::vector<Client> held;
  for (int i = 0; i < 2; ++i) {
    held.push_back(connect());
    held.back().send(slow_connect(i));
  }
  while (server_->status().delays.held_now < 2) std::this_thread::sleep_for(5ms);
  Client third = connect();
  const Stopwatch watch;
  EXPECT_EQ(third.ask(kSlowConnect), kDunno);
  EXPECT_LT(watch.own(), kDelay);
  for (Client& client : held) EXPECT_EQ(client.reply(), kDunno);
  EXPECT_EQ(server_->status().delays.skipped_full, 1U);
  EXPECT_EQ(server_->status().delays.held_now, 0U);
}

TEST_F(PolicyServerTest, DelaysNothingWhenNearlyFull) {
  settings_.policyd.max_connections = 1;
  start();
  Client client = connect();
  const Stopwatch watch;
  EXPECT_EQ(client.ask(kSlowConnect), kDunno);
  EXPECT_LT(watch.own(), kDelay);
  EXPECT_EQ(server_->status().delays.skipped_overloaded, 1U);
}

TEST_F(PolicyServerTest, ClosesConnectionsBeyondTheLimit) {
  settings_.policyd.max_connections = 3;
  start();
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(connect());
    ASSERT_EQ(clients.back().ask(rcpt("a@b.example")), kDunno);
  }
  Client fourth = connect();
  EXPECT_TRUE(fourth.is_closed());
  EXPECT_EQ(server_->status().refused_connections, 1U);
  for (Client& client : clients) EXPECT_EQ(client.ask(rcpt("a@b.example")), kDunno);
  clients.pop_back();
  ASSERT_TRUE(has_open_connections(2));
  Client fifth = connect();
  EXPECT_EQ(fifth.ask(rcpt("a@b.example")), kDunno);
}

TEST_F(PolicyServerTest, CountsEveryDecisionAlsoWhenNoneIsLogged) {
  settings_.log.level = LogLevel::warning;
  start();
  Client client = connect();
  client.ask(rcpt("a@spam.example", "i1"));
  client.ask(rcpt("a@spam.example", "i2"));
  client.ask(rcpt("a@b.example", "i3"));
  client.ask(request("VRFY", "recipient=joe\n"));
  EXPECT_EQ(state_->hits.decisions(), 3U) << "nothing was decided about VRFY";
  EXPECT_EQ(state_->hits.rules().at("spammer").acted.hits, 2U);
  const auto entries = state_->hits.entries();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].list + " " + entries[0].entry, "inline spam.example");
  EXPECT_EQ(logged().find("decision "), std::string::npos);
}

TEST_F(PolicyServerTest, TellsHowItIsDoing) {
  start();
  Client client = connect();
  client.ask(rcpt("a@dark.example"));
  const service::ServerStatus status = server_->status();
  EXPECT_EQ(status.open_connections, 1U);
  EXPECT_EQ(status.cache.misses, 1U);
  ASSERT_EQ(status.upstreams.size(), 1U);
  EXPECT_EQ(status.upstreams[0].server, dns_.server().to_string());
  EXPECT_EQ(status.upstreams[0].asked, 1U);
  EXPECT_EQ(status.upstreams[0].answered, 0U);
}

TEST_F(PolicyServerTest, ClosesIdleConnections) {
  settings_.policyd.idle_timeout = 1s;
  start();
  Client client = connect();
  EXPECT_EQ(client.ask(rcpt("a@b.example")), kDunno);
  const Stopwatch watch;
  EXPECT_TRUE(client.is_closed());
  EXPECT_GE(watch.took(), 900ms);
  EXPECT_LT(watch.own(), 3s);
}

TEST_F(PolicyServerTest, ClosesATricklingConnection) {
  settings_.policyd.request_timeout = 1s;
  start();
  Client client = connect();
  const Stopwatch watch;
  bool closed = false;
  for (int i = 0; i < 50 && !closed; ++i) {
    client.send("a");
    closed = client.is_closed(100ms);
  }
  EXPECT_TRUE(closed);
  EXPECT_GE(watch.took(), 900ms);
  EXPECT_LT(watch.own(), 3s);
}

TEST_F(PolicyServerTest, ClosesAClientThatNeverReads) {
  settings_.policyd.request_timeout = 1s;
  start();
  Client client = connect();
  ASSERT_EQ(client.ask(rcpt("a@b.example")), kDunno);
  // Sends until the server, which cannot get rid of its replies, reads no more.
  std::string many;
  for (int i = 0; i < 100; ++i) many += rcpt("a@b.example");
  const auto begun = Clock::now();
  while (Clock::now() - begun < 10s && server_->status().open_connections == 1) {
    static_cast<void>(::send(client.fd(), many.data(), many.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  }
  EXPECT_TRUE(has_open_connections(0));
  EXPECT_NE(logged().find("does not read its reply"), std::string::npos);
}

TEST_F(PolicyServerTest, AMessageKeepsTheSnapshotItBeganWith) {
  start();
  Client client = connect();
  EXPECT_EQ(client.ask(rcpt("a@spam.example", "i1")), kReject);
  state_->snapshots.replace(rules("version: 1\nrules: []\n", 2));
  EXPECT_EQ(client.ask(rcpt("a@spam.example", "i1")), kReject);
  EXPECT_EQ(client.ask(rcpt("a@spam.example", "i2")), kDunno);
}

TEST_F(PolicyServerTest, PrependsOncePerMessage) {
  start();
  Client client = connect();
  EXPECT_EQ(client.ask(rcpt("a@tag.example", "i1")), "action=PREPEND X-Tag: yes\n\n");
  EXPECT_EQ(client.ask(rcpt("a@tag.example", "i1")), kDunno);
  EXPECT_EQ(client.ask(rcpt("a@tag.example", "i2")), "action=PREPEND X-Tag: yes\n\n");
}

}  // namespace
}  // namespace postern::policyd::server_test
