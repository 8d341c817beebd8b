// What the doctor asks the server of a shared store, and makes of its answers.
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <ctime>
#include <map>
#include <thread>

#include "ctl/doctor/io/host_check.h"
#include "server/redis/reply.h"
#include "tests/support/redis_server.h"

namespace postern::doctor::store_server_check_test {
namespace {

using boost::asio::ip::tcp;
using Says = std::map<std::string, std::string>;
using Persistence = StoreServerStatus::Persistence;

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string time_reply(std::chrono::seconds ahead) {
  return "*2\r\n" + bulk(std::to_string(std::time(nullptr) + ahead.count())) + bulk("0");
}

ListenAddress tcp_address(std::uint16_t port) {
  ListenAddress address;
  address.kind = ListenAddress::Kind::tcp;
  address.address = IpAddress::parse("127.0.0.1").value();
  address.port = port;
  return address;
}

// Takes one connection, and answers each command by what it has for the first word: nothing is
// silence. It ends with the connection.
class FakeServer {
 public:
  explicit FakeServer(Says says)
      : says_(std::move(says)),
        acceptor_(loop_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
        thread_([this] { run(); }) {}
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;
  ~FakeServer() { thread_.join(); }

  [[nodiscard]] config::StoreSettings settings() const {
    config::StoreSettings settings;
    settings.backend = config::StoreBackend::redis;
    settings.redis.server = tcp_address(acceptor_.local_endpoint().port());
    return settings;
  }

 private:
  void run() {
    tcp::socket socket = acceptor_.accept();
    redis::ReplyReader reader;
    std::array<char, 4096> bytes{};
    boost::system::error_code error;
    while (const std::size_t got = socket.read_some(boost::asio::buffer(bytes), error)) {
      reader.feed({bytes.data(), got});
      for (auto command = reader.next(); command && *command; command = reader.next()) {
        const auto said = says_.find((*command)->items.at(0).text);
        if (said == says_.end()) continue;
        boost::asio::write(socket, boost::asio::buffer(said->second), error);
      }
    }
  }

  const Says says_;
  boost::asio::io_context loop_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

Says sound() {
  return {{"PING", "-NOAUTH Authentication required.\r\n"},
          {"INFO", bulk("# Server\r\nrole:master\r\nmaxmemory:1000\r\n"
                        "maxmemory_policy:volatile-ttl\r\naof_enabled:0\r\n")},
          {"CONFIG", "*2\r\n" + bulk("save") + bulk("3600 1")},
          {"TIME", time_reply(std::chrono::seconds{0})}};
}

StoreServerStatus check(Says says) {
  const FakeServer server(std::move(says));
  return check_store_server(server.settings()).value();
}

TEST(StoreServerCheck, AServerThatIsAsItShould) {
  const auto status = check(sound());
  EXPECT_EQ(status.failing, "");
  EXPECT_EQ(status.barred_user, "");
  EXPECT_FALSE(status.is_open);
  EXPECT_FALSE(status.primary);
  EXPECT_EQ(status.max_memory, 1000U);
  EXPECT_EQ(status.memory_policy, "volatile-ttl");
  EXPECT_EQ(status.persistence, Persistence::there);
  EXPECT_LT(std::chrono::abs(status.ahead), std::chrono::seconds{5});
}

TEST(StoreServerCheck, NoServerIsAskedThatTheSettingsDoNotWant) {
  config::StoreSettings settings;
  settings.redis.server = tcp_address(1);
  EXPECT_FALSE(check_store_server(settings));
}

TEST(StoreServerCheck, ItSavesNothing) {
  Says says = sound();
  says["CONFIG"] = "*2\r\n" + bulk("save") + bulk("");
  EXPECT_EQ(check(says).persistence, Persistence::none);
  says["INFO"] = bulk("aof_enabled:1\r\n");
  EXPECT_EQ(check(says).persistence, Persistence::there);
}

TEST(StoreServerCheck, WhetherItSavesIsNotKnownWhereNeitherIsTold) {
  Says says = sound();
  says["CONFIG"] = "-NOPERM this user has no permissions to run the 'config|get' command\r\n";
  EXPECT_EQ(check(says).persistence, Persistence::unknown);
}

TEST(StoreServerCheck, AUserThatMayNotAsk) {
  Says says = sound();
  says["INFO"] = says["CONFIG"] = "-NOPERM no\r\n";
  says["TIME"] = time_reply(std::chrono::seconds{3600});
  const auto status = check(says);
  EXPECT_EQ(status.failing, "");
  EXPECT_EQ(status.barred_user, "default");
  EXPECT_EQ(status.persistence, Persistence::unknown);
  EXPECT_GT(status.ahead, std::chrono::seconds{3500});
}

TEST(StoreServerCheck, WhoHasNoPasswordMayUseIt) {
  Says says = sound();
  says["PING"] = "+PONG\r\n";
  EXPECT_TRUE(check(says).is_open);
}

TEST(StoreServerCheck, AnOpenServerThatWantsCertificatesIsNotOpen) {
  const FakeServer server([] {
    Says says = sound();
    says["PING"] = "+PONG\r\n";
    return says;
  }());
  auto settings = server.settings();
  settings.redis.tls_certificate = "/nowhere";
  EXPECT_FALSE(check_store_server(settings)->is_open);
}

TEST(StoreServerCheck, APasswordThatIsWrongIsNotShown) {
  const TemporaryFolder folder;
  folder.write("password", "hunter2\n");
  Says says = sound();
  says["AUTH"] = "-WRONGPASS hunter2 is not it\r\n";
  const FakeServer server(says);
  auto settings = server.settings();
  settings.redis.password_file = folder.path("password");
  EXPECT_EQ(check_store_server(settings)->failing, "it says: WRONGPASS");
}

TEST(StoreServerCheck, APasswordThatCannotBeRead) {
  config::StoreSettings settings;
  settings.backend = config::StoreBackend::redis;
  settings.redis.server = tcp_address(1);
  settings.redis.password_file = "/nowhere/password";
  EXPECT_NE(check_store_server(settings)->failing.find("/nowhere/password"), std::string::npos);
  settings.redis.password_file.clear();
  EXPECT_EQ(check_store_server(settings)->failing, "cannot connect: Connection refused");
}

TEST(StoreServerCheck, OneThatSaysNothingIsWaitedForABoundedTime) {
  EXPECT_EQ(check({}).failing, "no answer within 2s");
  Says says = sound();
  says.erase("TIME");
  EXPECT_EQ(check(says).failing, "no answer within 2s");
}

TEST(StoreServerCheck, OneThatSaysNoReplies) {
  Says says = sound();
  says["PING"] = "HTTP/1.1 400 Bad Request\r\n";
  EXPECT_NE(check(says).failing, "");
}

TEST(StoreServerCheck, WhatItSaysIsShownEscaped) {
  Says says = sound();
  says["INFO"] = "-LOADING \x1b[2J\r\n";
  EXPECT_EQ(check(says).failing, "it says: LOADING \\x1b[2J");
  says["INFO"] = bulk("maxmemory_policy:\x1b[2J\r\nrole:slave\r\nmaster_host:\x1b\r\n");
  const auto status = check(says);
  EXPECT_EQ(status.memory_policy, "\\x1b[2J");
  EXPECT_EQ(status.primary, "");
}

// The user of docs/store.md.
TEST(StoreServerCheck, ARealServer) {
  const RedisServer server({"--maxmemory", "64mb"});
  const TemporaryFolder folder;
  folder.write("password", "secret\n");
  server.says(
      "ACL SETUSER postern on '>secret' resetkeys resetchannels '~p1:{mx}:*' -@all +auth "
      "+evalsha +eval +get +set +del +time");
  config::StoreSettings settings;
  settings.backend = config::StoreBackend::redis;
  ListenAddress& address = settings.redis.server.emplace();
  address.kind = ListenAddress::Kind::unix_socket;
  address.path = server.socket();
  settings.redis.user = "postern";
  settings.redis.password_file = folder.path("password");
  EXPECT_EQ(check_store_server(settings)->barred_user, "postern");
  server.says("ACL SETUSER postern +info");
  auto status = check_store_server(settings).value();
  EXPECT_EQ(status.failing, "");
  EXPECT_EQ(status.barred_user, "");
  EXPECT_EQ(status.memory_policy, "noeviction");
  EXPECT_EQ(status.max_memory, 64U << 20U);
  EXPECT_EQ(status.persistence, Persistence::unknown);
  EXPECT_FALSE(status.is_open);  // on a unix socket
  EXPECT_LE(std::chrono::abs(status.ahead), std::chrono::seconds{1});
  settings.redis.user.clear();
  settings.redis.password_file.clear();
  EXPECT_EQ(check_store_server(settings)->persistence, Persistence::none);
  server.says("CONFIG SET appendonly yes");
  EXPECT_EQ(check_store_server(settings)->persistence, Persistence::there);
  server.says("REPLICAOF 127.0.0.1 1");
  EXPECT_EQ(check_store_server(settings)->primary, "127.0.0.1:1");
}

}  // namespace
}  // namespace postern::doctor::store_server_check_test
