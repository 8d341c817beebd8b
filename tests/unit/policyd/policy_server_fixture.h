// For the tests of the policy server: the server as a whole, in this process, over real sockets and
// with rules from a text; its clients; and a DNS server that never answers.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "policyd/server.h"
#include "rules/load/rule_file.h"
#include "tests/support/stopwatch.h"

namespace postern::policyd {

// Of the rule `slow`: what is answered sooner has not waited for it, on a busy machine either.
inline constexpr std::chrono::seconds kDelay{3};

inline constexpr const char* kRules = R"(
version: 1
rules:
  - name: slow
    when: { client: 198.51.100.0/24 }
    then: delay 3s
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

inline std::shared_ptr<const Snapshot> rules(const std::string& text, std::uint64_t generation) {
  Diagnostics diagnostics;
  auto snapshot = load::load_rules(
      text, "rules.yaml", [](const std::string&) { return failure("no lists"); }, generation,
      {Door::policy, {Door::policy}}, diagnostics);
  EXPECT_TRUE(snapshot) << diagnostics.to_string();
  return snapshot;
}

inline std::string request(const std::string& state, const std::string& more = "") {
  return "request=smtpd_access_policy\nprotocol_state=" + state +
         "\nclient_address=192.0.2.1\nhelo_name=h.example\n" + more + "\n";
}

inline std::string rcpt(const std::string& sender, const std::string& instance = "i1") {
  return request("RCPT",
                 "sender=" + sender + "\nrecipient=r@dest.example\ninstance=" + instance + "\n");
}

inline std::string slow_connect(int client) {
  return "request=smtpd_access_policy\nprotocol_state=CONNECT\nclient_address=198.51.100." +
         std::to_string(client) + "\n\n";
}
inline const std::string kSlowConnect = slow_connect(7);
inline const std::string kDunno = "action=DUNNO\n\n";
inline const std::string kReject = "action=550 5.7.1 no spam please\n\n";

// A blocking client; what it does not get within twenty seconds, it does not get.
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
  bool is_closed(std::chrono::milliseconds within = std::chrono::seconds{20}) {
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
    if (::poll(&waiting, 1, 20000) <= 0) return false;
    char bytes[4096];
    const ssize_t got = ::recv(fd(), bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    received_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  os::UniqueFd fd_;
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
  [[nodiscard]] dns::DnsServer server() const {
    return {IpAddress::from_v4(INADDR_LOOPBACK), port_};
  }

 private:
  os::UniqueFd fd_;
  std::uint16_t port_ = 0;
};

class PolicyServerTest : public testing::Test {
 protected:
  PolicyServerTest() {
    char folder[] = "/tmp/postern-server-test-XXXXXX";
    folder_ = ::mkdtemp(folder);
    settings_.dns.upstreams = {{dns_.server()}};
    settings_.decision.deadline = std::chrono::milliseconds{400};
    settings_.log.file = folder_ + "/log";
    settings_.log.level = LogLevel::debug;
    settings_.policyd.threads = 2;
    settings_.policyd.stop_timeout = std::chrono::seconds{3};
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
    std::vector<os::Listener> listeners;
    for (const auto& address : {unix_address, tcp_address}) {
      auto listener = os::Listener::open(address);
      ASSERT_TRUE(listener) << listener.error().text;
      listeners.push_back(std::move(*listener));
    }
    port_ = listeners.back().address().port;
    log_ = std::move(*os::DaemonLog::open(settings_.log));
    state_.reset(new service::DaemonState{"postern-policyd",
                                          "1.2",
                                          {},
                                          "",
                                          *log_,
                                          config::LiveSettings(settings_),
                                          config::SnapshotStore(rules(kRules, 1))});
    server_ = std::make_unique<PolicyServer>(service::ServerParts{*state_, std::move(listeners)});
    server_->start([this] { ended_.set_value(); });
  }

  // As the daemon does it when settings_ have changed.
  void change_settings() {
    state_->settings.replace(settings_);
    server_->settings_changed();
  }

  [[nodiscard]] Client connect() const { return Client(folder_ + "/policy"); }

  bool ends_within(std::chrono::milliseconds time) {
    const Stopwatch watch;
    while (ended_future_.wait_for(std::chrono::milliseconds{10}) != std::future_status::ready) {
      if (watch.own() > time) return false;
    }
    return true;
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
    for (int i = 0; i < 6000; ++i) {
      if (server_->status().open_connections == count) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    return false;
  }

  std::string folder_;
  DarkDns dns_;
  config::Settings settings_;
  std::unique_ptr<os::DaemonLog> log_;
  std::unique_ptr<service::DaemonState> state_;  // from start() on
  std::unique_ptr<PolicyServer> server_;
  std::uint16_t port_ = 0;
  std::promise<void> ended_;
  std::future<void> ended_future_ = ended_.get_future();
};

}  // namespace postern::policyd
