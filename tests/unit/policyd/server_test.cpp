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
    live_.replace(settings_);
    server_ = std::make_unique<PolicyServer>(
        ServerParts{live_, snapshots_, hits_, *log_, std::move(listeners)});
    server_->start([this] { ended_.set_value(); });
  }

  // As the daemon does it when settings_ have changed.
  void change_settings() {
    live_.replace(settings_);
    server_->settings_changed();
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
      if (server_->status().open_connections == count) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  std::string folder_;
  DarkDns dns_;
  Settings settings_;
  LiveSettings live_{{}};
  SnapshotStore snapshots_{rules(kRules, 1)};
  Hits hits_;
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
  while (server_->status().delays.held_now < 2) std::this_thread::sleep_for(5ms);
  Client third = connect();
  const auto begun = Clock::now();
  EXPECT_EQ(third.ask(kSlowConnect), kDunno);
  EXPECT_LT(Clock::now() - begun, 500ms);
  for (Client& client : held) EXPECT_EQ(client.reply(), kDunno);
  EXPECT_EQ(server_->status().delays.skipped_full, 1U);
  EXPECT_EQ(server_->status().delays.held_now, 0U);
}

TEST_F(PolicyServerTest, DelaysNothingWhenNearlyFull) {
  settings_.policyd.max_connections = 1;
  start();
  Client client = connect();
  const auto begun = Clock::now();
  EXPECT_EQ(client.ask(kSlowConnect), kDunno);
  EXPECT_LT(Clock::now() - begun, 500ms);
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
  EXPECT_EQ(hits_.decisions(), 3U) << "nothing was decided about VRFY";
  EXPECT_EQ(hits_.rules().at("spammer").acted.hits, 2U);
  const auto entries = hits_.entries();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].list + " " + entries[0].entry, "inline spam.example");
  EXPECT_EQ(logged().find("decision "), std::string::npos);
}

TEST_F(PolicyServerTest, TellsHowItIsDoing) {
  start();
  Client client = connect();
  client.ask(rcpt("a@dark.example"));
  const ServerStatus status = server_->status();
  EXPECT_EQ(status.open_connections, 1U);
  EXPECT_EQ(status.cache.misses, 1U);
  ASSERT_EQ(status.upstreams.size(), 1U);
  EXPECT_EQ(status.upstreams[0].server, dns_.server().to_string());
  EXPECT_EQ(status.upstreams[0].asked, 1U);
  EXPECT_EQ(status.upstreams[0].answered, 0U);
}

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
  Client client = connect();
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
  EXPECT_GE(Clock::now() - begun, 690ms);
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
  while (server_->status().delays.held_now < 1) std::this_thread::sleep_for(5ms);
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
    AcceptShortage shortage(*log_);
    Acceptor acceptor(context, listener->fd(), shortage,
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
