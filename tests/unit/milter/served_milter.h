// For the tests of the server: the real one, with libmilter, in the test's own process. libmilter
// can be started only once and its threads never end, so all tests share one server, which is never
// destroyed. Rules and zone are swapped; the DNS cache stays: each test uses names of its own.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "milter/server.h"
#include "tests/support/milter_client.h"
#include "tests/unit/milter/session_fixture.h"

namespace postern::milter {

class ServedMilter {
 public:
  static constexpr std::size_t kMaxConnections = 300;

  // Made and started when a test first asks for it.
  static ServedMilter& get() {
    if (the_one() == nullptr) the_one() = new ServedMilter;
    return *the_one();
  }
  // When all tests are over: stops it as the daemon would.
  static void end_if_started() {
    if (the_one() != nullptr) the_one()->end();
  }

  ServedMilter(const ServedMilter&) = delete;
  ServedMilter& operator=(const ServedMilter&) = delete;

  // For connections that begin from now on, and for messages whose connection covers them.
  void use_rules(const std::string& rules) {
    state_->snapshots.replace(generation(++number_, rules));
  }
  void use_zone(const std::string& text) { zone_server_->replace(resolver::zone(text)); }

  [[nodiscard]] MilterClient client() const { return MilterClient(where_); }
  // For one that may have to wait in vain.
  [[nodiscard]] MilterClient impatient_client() const {
    return MilterClient(where_, std::chrono::milliseconds{200});
  }
  [[nodiscard]] service::ServerStatus status() const { return server_->status(); }
  [[nodiscard]] std::size_t open_sessions() const { return status().open_connections; }
  [[nodiscard]] const service::Hits& hits() const { return state_->hits; }

  // What `change` makes of the settings holds until the next one.
  template <class Change>
  void change_settings(Change change) {
    config::Settings next = settings_;
    change(next);
    state_->settings.replace(next);
    server_->settings_changed();
  }
  void restore_settings() {
    change_settings([](config::Settings&) {});
  }
  // Each of them is in the log; others must not be.
  void expect_failed_callback() { ++failed_callbacks_; }
  std::string logged() { return text_of_log(*log_, folder_->path("log")); }

  // Waits, because a session is forgotten a moment after its client is gone.
  [[nodiscard]] bool is_idle() const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (open_sessions() > 0 && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    return open_sessions() == 0;
  }

 private:
  std::size_t count_in_log(const std::string& text) {
    const std::string log = logged();
    std::size_t count = 0;
    for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++count;
    return count;
  }

  static ServedMilter*& the_one() {
    static ServedMilter* one = nullptr;
    return one;
  }

  ServedMilter() {
    zone_server_ = std::make_unique<ZoneServer>(
        dns_.get_executor(), resolver::ResolverFixture::any_port(), resolver::zone("zone: {}\n"));
    dns_thread_ = std::thread([this] { dns_.run(); });
    settings_.dns = resolver::ResolverFixture::patient();
    settings_.dns.upstreams = {{{IpAddress::from_v4(0x7f000001), zone_server_->port()}}};
    settings_.milter.max_connections = kMaxConnections;
    settings_.decision.max_delayed = kMaxConnections;
    settings_.log.file = folder_->path("log");
    log_ = std::move(os::DaemonLog::open(settings_.log).value());
    where_.kind = ListenAddress::Kind::unix_socket;
    where_.path = folder_->path("milter");
    std::vector<os::Listener> listeners;
    listeners.push_back(std::move(os::Listener::open(where_).value()));
    std::vector<os::UniqueFd> own_connections;
    while (own_connections.size() < MilterServer::kOwnConnections) {
      own_connections.push_back(listeners.front().connect().value());
    }
    state_.reset(new service::DaemonState{"postern-milter",
                                          "1.2",
                                          {},
                                          "",
                                          *log_,
                                          config::LiveSettings(settings_),
                                          config::SnapshotStore(generation(1, "rules: []\n"))});
    server_ = std::make_unique<MilterServer>(
        service::ServerParts{*state_, std::move(listeners), std::move(own_connections)});
    server_->start([this] { ended_.set_value(); });
  }

  // A session that is open goes on; there are no new ones; it ends when the last one is over.
  void end() {
    use_rules("rules: [{ name: a, when: { sender: no@ }, then: 'reject 550 5.7.1 no' }]\n");
    EXPECT_TRUE(is_idle());
    auto ended = ended_.get_future();
    {
      MilterClient open = client();
      open.open();
      server_->stop();
      EXPECT_FALSE(client().negotiate());
      EXPECT_EQ(open.mail("no@b.example"), "550 5.7.1 no");
      EXPECT_EQ(ended.wait_for(std::chrono::milliseconds{100}), std::future_status::timeout);
    }
    EXPECT_EQ(ended.wait_for(std::chrono::seconds{20}), std::future_status::ready);
    server_->stop_now();
    EXPECT_FALSE(std::filesystem::exists(where_.path)) << "the socket's file";
    EXPECT_EQ(count_in_log("a callback failed"), failed_callbacks_);
    EXPECT_EQ(logged().find("libmilter has ended"), std::string::npos);
    dns_.stop();
    dns_thread_.join();
    folder_.reset();
  }

  std::unique_ptr<TemporaryFolder> folder_ = std::make_unique<TemporaryFolder>();
  boost::asio::io_context dns_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
      boost::asio::make_work_guard(dns_);
  std::unique_ptr<ZoneServer> zone_server_;
  std::thread dns_thread_;
  config::Settings settings_;
  std::uint64_t number_ = 1;
  std::size_t failed_callbacks_ = 0;
  std::unique_ptr<os::DaemonLog> log_;
  std::unique_ptr<service::DaemonState> state_;
  ListenAddress where_;
  std::promise<void> ended_;
  std::unique_ptr<MilterServer> server_;
};

// Leaves no session behind.
class WithServedMilter : public testing::Test {
 protected:
  void TearDown() override { EXPECT_TRUE(served_.is_idle()) << served_.open_sessions(); }

  [[nodiscard]] MilterClient client() const { return served_.client(); }

  ServedMilter& served_ = ServedMilter::get();
};

}  // namespace postern::milter
