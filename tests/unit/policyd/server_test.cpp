// The server as a whole, in this process, over real sockets and with rules from a text.
#include "policyd/server.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "rules/rule_file.h"

namespace postern {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr const char* kRules = R"(
version: 1
rules:
  - name: slow
    when: { client: 198.51.100.7 }
    then: delay 700ms
  - name: spammer
    when: { sender_domain: spam.example }
    then: reject 550 5.7.1 "no spam please"
  - name: tagged
    when: { sender_domain: tag.example }
    then: 'prepend "X-Tag: yes"'
  - name: looked-up
    when: { sender_domain: dark.example }
    check: sender_mx
    on: { unknown: defer 451 4.4.3 "try again" }
)";

std::shared_ptr<const Snapshot> rules(const std::string& text, std::uint64_t generation) {
  Diagnostics diagnostics;
  auto snapshot = load_rules(
      text, "rules.yaml", [](const std::string&) { return failure("no lists"); }, generation,
      {Door::policy, {Door::policy}}, diagnostics);
  EXPECT_TRUE(snapshot) << diagnostics.to_string();
  return snapshot;
}

std::string request(const std::string& state, const std::string& more = "") {
  return "request=smtpd_access_policy\nprotocol_state=" + state +
         "\nclient_address=192.0.2.1\nhelo_name=h.example\n" + more + "\n";
}

std::string rcpt(const std::string& sender, const std::string& instance = "i1") {
  return request("RCPT",
                 "sender=" + sender + "\nrecipient=r@dest.example\ninstance=" + instance + "\n");
}

const std::string kSlowConnect =
    "request=smtpd_access_policy\nprotocol_state=CONNECT\nclient_address=198.51.100.7\n\n";
const std::string kDunno = "action=DUNNO\n\n";
const std::string kReject = "action=550 5.7.1 no spam please\n\n";

// A blocking client; what it does not get within five seconds, it does not get.
class Client {
 public:
  explicit Client(const std::string& unix_path) : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strncpy(name.sun_path, unix_path.c_str(), sizeof name.sun_path - 1);
    connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0;
  }
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0;
  }

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

  bool send(std::string_view bytes) {
    return ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }

  // Up to and with an empty line; less when the connection is closed first.
  std::string reply() {
    while (received_.find("\n\n") == std::string::npos && receive()) {
    }
    const auto end = received_.find("\n\n");
    const std::string one = received_.substr(0, end == std::string::npos ? end : end + 2);
    received_.erase(0, one.size());
    return one;
  }

  std::string ask(std::string_view bytes) {
    send(bytes);
    return reply();
  }

  // Whether the server closes the connection, without having sent anything.
  bool is_closed(std::chrono::milliseconds within = 5000ms) {
    pollfd waiting{fd(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(within.count())) <= 0) return false;
    char byte = 0;
    return ::recv(fd(), &byte, 1, 0) <= 0;
  }

  void close() { fd_.reset(); }
  void shut_writing() const { ::shutdown(fd(), SHUT_WR); }

 private:
  bool receive() {
    pollfd waiting{fd(), POLLIN, 0};
    if (::poll(&waiting, 1, 5000) <= 0) return false;
    char bytes[4096];
    const ssize_t got = ::recv(fd(), bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    received_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  UniqueFd fd_;
  bool connected_ = false;
  std::string received_;
};

// A DNS server that never answers.
class DarkDns {
 public:
  DarkDns() : fd_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(fd_.get(), reinterpret_cast<sockaddr*>(&name), sizeof name);
    socklen_t length = sizeof name;
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&name), &length);
    port_ = ntohs(name.sin_port);
  }
  [[nodiscard]] DnsServer server() const { return {IpAddress::from_v4(INADDR_LOOPBACK), port_}; }

 private:
  UniqueFd fd_;
  std::uint16_t port_ = 0;
};

class PolicyServerTest : public testing::Test {
 protected:
  PolicyServerTest() {
    char folder[] = "/tmp/postern-server-test-XXXXXX";
    folder_ = ::mkdtemp(folder);
    settings_.dns.upstreams = {{dns_.server()}};
    settings_.decision.deadline = 400ms;
    settings_.log.file = folder_ + "/log";
    settings_.log.level = LogLevel::debug;
    settings_.policyd.threads = 2;
    settings_.policyd.stop_timeout = 3s;
  }
  ~PolicyServerTest() override {
    server_.reset();
    log_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start() {
    ListenAddress unix_address;
    unix_address.kind = ListenAddress::Kind::unix_socket;
    unix_address.path = folder_ + "/policy";
    ListenAddress tcp_address;
    tcp_address.address = IpAddress::from_v4(INADDR_LOOPBACK);
    std::vector<Listener> listeners;
    for (const auto& address : {unix_address, tcp_address}) {
      auto listener = Listener::open(address);
      ASSERT_TRUE(listener) << listener.error().text;
      listeners.push_back(std::move(*listener));
    }
    port_ = listeners.back().address().port;
    log_ = std::move(*DaemonLog::open(settings_.log));
    server_ = std::make_unique<PolicyServer>(settings_, snapshots_, *log_, std::move(listeners));
    server_->start([this] { ended_.set_value(); });
  }

  [[nodiscard]] Client connect() const { return Client(folder_ + "/policy"); }

  bool ends_within(std::chrono::milliseconds time) {
    return ended_future_.wait_for(time) == std::future_status::ready;
  }

  std::string logged() {
    log_->flush();
    std::ifstream file(settings_.log.file);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  // Waits, because a connection is forgotten a moment after its client sees the end.
  bool has_open_connections(std::size_t count) {
    for (int i = 0; i < 500; ++i) {
      if (server_->statistics().open_connections == count) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  std::string folder_;
  DarkDns dns_;
  Settings settings_;
  SnapshotStore snapshots_{rules(kRules, 1)};
  std::unique_ptr<DaemonLog> log_;
  std::unique_ptr<PolicyServer> server_;
  std::uint16_t port_ = 0;
  std::promise<void> ended_;
  std::future<void> ended_future_ = ended_.get_future();
};

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
  EXPECT_EQ(server_->statistics().open_connections, 200U);
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
  EXPECT_EQ(warnings, bad.size()) << "one warning each";
  EXPECT_EQ(log.find('\x1b'), std::string::npos);
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
  const auto begun = Clock::now();
  EXPECT_EQ(client.ask(rcpt("a@dark.example")), "action=451 4.4.3 try again\n\n");
  EXPECT_GE(Clock::now() - begun, 390ms);
  EXPECT_LT(Clock::now() - begun, 2s);
}

TEST_F(PolicyServerTest, ADecisionThatWaitsHoldsUpNobodyElse) {
  settings_.policyd.threads = 1;
  start();
  Client waiting = connect();
  waiting.send(rcpt("a@dark.example"));
  Client other = connect();
  const auto begun = Clock::now();
  EXPECT_EQ(other.ask(rcpt("a@spam.example")), kReject);
  EXPECT_LT(Clock::now() - begun, 300ms);
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
  const auto begun = Clock::now();
  slow.send(kSlowConnect);
  Client quick = connect();
  EXPECT_EQ(quick.ask(request("CONNECT")), kDunno);
  EXPECT_LT(Clock::now() - begun, 400ms);
  EXPECT_EQ(slow.reply(), kDunno);
  EXPECT_GE(Clock::now() - begun, 690ms);
  EXPECT_LT(Clock::now() - begun, 2s);
}

TEST_F(PolicyServerTest, DelaysNoMoreThanTheCap) {
  settings_.decision.max_delayed = 2;
  start();
  std::vector<Client> held;
  for (int i = 0; i < 2; ++i) {
    held.push_back(connect());
    held.back().send(kSlowConnect);
  }
  while (server_->statistics().delays.held_now < 2) std::this_thread::sleep_for(5ms);
  Client third = connect();
  const auto begun = Clock::now();
  EXPECT_EQ(third.ask(kSlowConnect), kDunno);
  EXPECT_LT(Clock::now() - begun, 500ms);
  for (Client& client : held) EXPECT_EQ(client.reply(), kDunno);
  EXPECT_EQ(server_->statistics().delays.skipped_full, 1U);
  EXPECT_EQ(server_->statistics().delays.held_now, 0U);
}

TEST_F(PolicyServerTest, DelaysNothingWhenNearlyFull) {
  settings_.policyd.max_connections = 1;
  start();
  Client client = connect();
  const auto begun = Clock::now();
  EXPECT_EQ(client.ask(kSlowConnect), kDunno);
  EXPECT_LT(Clock::now() - begun, 500ms);
  EXPECT_EQ(server_->statistics().delays.skipped_overloaded, 1U);
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
  EXPECT_EQ(server_->statistics().refused_connections, 1U);
  for (Client& client : clients) EXPECT_EQ(client.ask(rcpt("a@b.example")), kDunno);
  clients.pop_back();
  ASSERT_TRUE(has_open_connections(2));
  Client fifth = connect();
  EXPECT_EQ(fifth.ask(rcpt("a@b.example")), kDunno);
}

TEST_F(PolicyServerTest, ClosesIdleConnections) {
  settings_.policyd.idle_timeout = 1s;
  start();
  Client client = connect();
  EXPECT_EQ(client.ask(rcpt("a@b.example")), kDunno);
  const auto begun = Clock::now();
  EXPECT_TRUE(client.is_closed());
  EXPECT_GE(Clock::now() - begun, 900ms);
  EXPECT_LT(Clock::now() - begun, 3s);
}

TEST_F(PolicyServerTest, ClosesATricklingConnection) {
  settings_.policyd.request_timeout = 1s;
  start();
  Client client = connect();
  const auto begun = Clock::now();
  bool closed = false;
  for (int i = 0; i < 50 && !closed; ++i) {
    client.send("a");
    closed = client.is_closed(100ms);
  }
  EXPECT_TRUE(closed);
  EXPECT_GE(Clock::now() - begun, 900ms);
  EXPECT_LT(Clock::now() - begun, 3s);
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
  while (Clock::now() - begun < 10s && server_->statistics().open_connections == 1) {
    static_cast<void>(::send(client.fd(), many.data(), many.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  }
  EXPECT_TRUE(has_open_connections(0));
  EXPECT_NE(logged().find("does not read its reply"), std::string::npos);
}

TEST_F(PolicyServerTest, AMessageKeepsTheSnapshotItBeganWith) {
  start();
  Client client = connect();
  EXPECT_EQ(client.ask(rcpt("a@spam.example", "i1")), kReject);
  snapshots_.replace(rules("version: 1\nrules: []\n", 2));
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
  start();
  Client deciding = connect();
  deciding.send(rcpt("a@dark.example"));
  Client held = connect();
  held.send(kSlowConnect);
  Client half = connect();
  const std::string bytes = rcpt("a@spam.example");
  half.send(bytes.substr(0, 40));
  Client idle = connect();
  while (server_->statistics().delays.held_now < 1) std::this_thread::sleep_for(5ms);
  std::this_thread::sleep_for(50ms);
  server_->stop();
  EXPECT_TRUE(idle.is_closed());
  EXPECT_EQ(held.reply(), kDunno) << "held back no longer";
  half.send(bytes.substr(40));
  EXPECT_EQ(half.reply(), kReject);
  EXPECT_EQ(deciding.reply(), "action=451 4.4.3 try again\n\n");
  EXPECT_TRUE(ends_within(2s));
}

TEST_F(PolicyServerTest, StopsAtTheStopTimeoutAtTheLatest) {
  settings_.policyd.stop_timeout = 1s;
  start();
  Client half = connect();
  half.send("request=");
  std::this_thread::sleep_for(50ms);
  const auto begun = Clock::now();
  server_->stop();
  EXPECT_TRUE(ends_within(3s));
  EXPECT_GE(Clock::now() - begun, 900ms);
}

TEST_F(PolicyServerTest, EndsAtOnceWithEverythingInFlight) {
  settings_.decision.deadline = 5000ms;
  start();
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(connect());
    clients.back().send(i % 2 == 0 ? rcpt("a@dark.example") : kSlowConnect);
  }
  const auto begun = Clock::now();
  server_.reset();
  EXPECT_LT(Clock::now() - begun, 1s);
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
  log_ = std::move(*DaemonLog::open(settings_.log));
  for (int distance = 0; distance < 6; ++distance) {
    ListenAddress address;
    address.kind = ListenAddress::Kind::unix_socket;
    address.path = folder_ + "/policy";
    const auto listener = Listener::open(address);
    ASSERT_TRUE(listener) << listener.error().text;
    boost::asio::io_context context{1};
    bool stopped = false;
    int taken_late = 0;
    Acceptor acceptor(context, listener->fd(), *log_,
                      [&](UniqueFd, int) { taken_late += stopped; });
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
}  // namespace postern
