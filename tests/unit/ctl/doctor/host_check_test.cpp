// What is seen of a machine: sockets, name servers, copies of files.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "common/os/accounts.h"
#include "common/os/listener.h"
#include "ctl/doctor/io/host_check.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/zone_server.h"

namespace postern::doctor::host_check_test {
namespace {

using State = SocketStatus::State;

class SocketCheck : public testing::Test {
 protected:
  SocketCheck() { ::chmod(folder_.path("").c_str(), 0755); }

  os::Listener listen(unsigned mode) const {
    ListenAddress address;
    address.kind = ListenAddress::Kind::unix_socket;
    address.path = folder_.path("socket");
    address.mode = mode;
    return os::Listener::open(address).value();
  }

  SocketStatus check(const std::string& user) const {
    return check_socket({"unix:" + folder_.path("socket"), user, false});
  }

  TemporaryFolder folder_;
};

TEST_F(SocketCheck, ASocketThatAnswers) {
  const auto listener = listen(0660);
  const SocketStatus socket = check("root");
  EXPECT_EQ(socket.state, State::answers) << socket.detail;
  EXPECT_FALSE(socket.for_everybody);
  EXPECT_EQ(socket.open_folder, "/tmp");  // where the folder of this test is
}

TEST_F(SocketCheck, NobodyElseMayConnect) {
  const auto listener = listen(0600);
  const SocketStatus socket = check("nobody");
  EXPECT_EQ(socket.state, State::barred);
  EXPECT_NE(socket.detail.find("socket has owner root"), std::string::npos) << socket.detail;
  EXPECT_NE(socket.detail.find("mode 0600"), std::string::npos) << socket.detail;
}

TEST_F(SocketCheck, AFolderMayBarToo) {
  const auto listener = listen(0666);
  EXPECT_EQ(check("nobody").state, State::answers);
  EXPECT_TRUE(check("nobody").for_everybody);
  ::chmod(folder_.path("").c_str(), 0700);
  const SocketStatus socket = check("nobody");
  EXPECT_EQ(socket.state, State::barred);
  EXPECT_NE(socket.detail.find("mode 0700"), std::string::npos) << socket.detail;
  EXPECT_FALSE(socket.for_everybody);
}

TEST_F(SocketCheck, WhatIsNotThereOrNoSocket) {
  EXPECT_EQ(check("root").state, State::missing);
  folder_.write("socket", "");
  EXPECT_EQ(check("root").state, State::no_socket);
}

TEST_F(SocketCheck, ASocketWithoutAListener) {
  {
    const auto copied = listen(0660);
    std::filesystem::rename(folder_.path("socket"), folder_.path("left"));
  }
  const SocketStatus socket = check_socket({"unix:" + folder_.path("left"), "root", false});
  EXPECT_EQ(socket.state, State::nobody);
}

TEST_F(SocketCheck, AUserThatIsNotThere) {
  EXPECT_EQ(check("no-such-user-here").state, State::unknown);
}

TEST(TcpCheck, AnswersOrNot) {
  ListenAddress address;
  address.address = IpAddress::from_v4(0x7f000001);
  std::string port;
  {
    const auto listener = os::Listener::open(address).value();
    port = std::to_string(listener.address().port);
    EXPECT_EQ(check_socket({"inet:127.0.0.1:" + port, {}, false}).state, State::answers);
    EXPECT_EQ(check_socket({"inet:localhost:" + port, {}, false}).state, State::answers);
  }
  const SocketStatus socket = check_socket({"inet:127.0.0.1:" + port, {}, false});
  EXPECT_EQ(socket.state, State::nobody);
  EXPECT_EQ(socket.detail, "Connection refused");
}

// Name servers that are asked for two names, with what they say.
class ServerCheck : public testing::Test {
 protected:
  ServerCheck() : work_(loop_.get_executor()) {}
  ~ServerCheck() override {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
  }

  std::vector<ServerStatus> ask(const std::string& zone) {
    const boost::asio::ip::udp::endpoint any(boost::asio::ip::address_v4::loopback(), 0);
    server_ = std::make_unique<ZoneServer>(loop_.get_executor(), any, ZoneMap::parse(zone).value());
    thread_ = std::thread([this] { loop_.run(); });
    resolver::DnsSettings dns;
    dns.attempt_timeout = std::chrono::milliseconds(100);
    dns.upstreams = {{{IpAddress::from_v4(0x7f000001), server_->port()}}};
    return ask_name_servers(dns, {"made-up.invalid", "made-up.com"});
  }

  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::unique_ptr<ZoneServer> server_;
  std::thread thread_;
};

TEST_F(ServerCheck, OneThatIsHonest) {
  const auto found = ask("zone: { other.com: { A: [192.0.2.1] } }\n");
  ASSERT_EQ(found.size(), 1U);
  ASSERT_EQ(found[0].answers.size(), 2U);
  for (const auto& answer : found[0].answers) EXPECT_EQ(answer.reason, dns::DnsReason::nxdomain);
}

TEST_F(ServerCheck, OneThatMakesUpAnAnswer) {
  const auto found = ask("zone: { made-up.com: { A: [192.0.2.9] } }\n");
  ASSERT_EQ(found.size(), 1U);
  std::string records;
  for (const auto& answer : found[0].answers) records += answer.record;
  EXPECT_EQ(records, "192.0.2.9");
}

TEST_F(ServerCheck, OneThatIsSilentOrRefuses) {
  const auto found =
      ask("zone: { made-up.com: { fault: timeout }, made-up.invalid: { fault: refused } }\n");
  ASSERT_EQ(found.size(), 1U);
  for (const auto& answer : found[0].answers) {
    EXPECT_EQ(answer.status, dns::DnsStatus::temporary_failure);
    EXPECT_EQ(answer.reason,
              answer.name == "made-up.com" ? dns::DnsReason::timeout : dns::DnsReason::refused);
  }
}

TEST(HostAddresses, AreTheAddressesOfAName) {
  const auto addresses = addresses_of_host("localhost");
  EXPECT_TRUE(std::any_of(addresses.begin(), addresses.end(), [](const IpAddress& one) {
    return one == IpAddress::parse("127.0.0.1").value() || one == IpAddress::parse("::1").value();
  }));
  EXPECT_TRUE(addresses_of_host("nobody.invalid").empty());
}

// As systemctl of systemd 252 has written it.
TEST(UnitCheck, AreThoseThatSystemdKnows) {
  const auto units = read_unit_states(
      "Result=start-limit-hit\nId=postern-policyd.service\nLoadState=loaded\nActiveState=failed\n"
      "\nResult=success\nId=postern-milter.socket\nLoadState=not-found\nActiveState=inactive\n");
  ASSERT_EQ(units.size(), 1U);
  EXPECT_EQ(units[0].unit, "postern-policyd.service");
  EXPECT_EQ(units[0].state, "failed");
  EXPECT_EQ(units[0].result, "start-limit-hit");
}

TEST(UnitCheck, AreAskedOfSystemctl) {
  const TemporaryFolder folder;
  const std::string program = folder.write(
      "systemctl",
      "#!/bin/sh\n[ \"$1 $2\" = 'show --property=Id,LoadState,ActiveState,Result' ] || exit 1\n"
      "shift 2\nfor unit; do echo \"Id=$unit\nLoadState=loaded\nActiveState=active\nResult=success"
      "\n\"; done\n");
  ::chmod(program.c_str(), 0755);
  EXPECT_EQ(check_units({"a.socket", "a.service"}, program).size(), 2U);
  EXPECT_TRUE(check_units({}, program).empty());
  EXPECT_TRUE(check_units({"a.socket"}, folder.path("missing")).empty());
}

TEST(NamesOfNobody, AreNewEachTime) {
  const auto names = names_of_nobody();
  ASSERT_EQ(names.size(), 2U);
  EXPECT_TRUE(names[0].ends_with(".invalid"));
  EXPECT_NE(names, names_of_nobody());
}

TEST(HostCheck, ComparesTheCopiesOfAChroot) {
  const TemporaryFolder folder;
  HostFiles files;
  files.hosts = folder.write("hosts", "192.0.2.1 a.example\n");
  files.copied = {files.hosts, folder.write("same", "1"), folder.write("gone", "1"),
                  folder.path("never")};
  const std::string queue = folder.path("queue");
  std::filesystem::create_directories(queue + folder.path(""));
  std::ofstream(queue + files.hosts) << "192.0.2.2 a.example\n";
  std::ofstream(queue + folder.path("same")) << "1";
  MtaConfig mta;
  mta.postfix = PostfixConfig{};
  mta.postfix->queue_directory = queue;
  mta.postfix->services.emplace_back().chroot = true;
  const HostState state = check_host(mta, config::Settings{}, files);
  ASSERT_TRUE(state.hosts);
  EXPECT_EQ(state.hosts->hosts.lines.size(), 1U);
  ASSERT_EQ(state.copies.size(), 3U);
  EXPECT_EQ(state.copies[0].state, CopyStatus::State::differs);
  EXPECT_EQ(state.copies[1].state, CopyStatus::State::same);
  EXPECT_EQ(state.copies[2].state, CopyStatus::State::missing);
  mta.postfix->services[0].chroot = false;
  EXPECT_TRUE(check_host(mta, config::Settings{}, files).copies.empty());
}

TEST(HostCheck, OfTheStoreSaysWhoseItIsAndWhereItIs) {
  const TemporaryFolder folder;
  config::Settings settings;
  settings.state_folder = folder.path("");
  settings.user = os::name_of_user(::geteuid());
  EXPECT_FALSE(check_store(settings)) << "it is not made yet";
  std::filesystem::create_directory(folder.path("store"));
  std::filesystem::permissions(folder.path("store"), std::filesystem::perms::owner_all);
  const std::string key = folder.write("store/key", "k");
  const std::string records = folder.write("store/records.mdb", std::string(5000, 'r'));
  ASSERT_EQ(::chmod(key.c_str(), 0600), 0);
  ASSERT_EQ(::chmod(records.c_str(), 0640), 0);
  const auto store = check_store(settings);
  ASSERT_TRUE(store);
  ASSERT_EQ(store->foreign.size(), 1U);
  EXPECT_TRUE(store->foreign[0].path.ends_with("/store/records.mdb"));
  EXPECT_EQ(store->foreign[0].what, "is open to others (mode 0640)");
  EXPECT_EQ(store->bytes, 5000U);
  EXPECT_EQ(store->max_bytes, settings.store.max_bytes);
  settings.store.backend = config::StoreBackend::off;
  EXPECT_FALSE(check_store(settings));
}

TEST(HostCheck, OfAStoreInMemorySaysSo) {
  config::Settings settings;
  settings.state_folder = "/dev/shm/postern-doctor-" + std::to_string(::getpid());
  const std::string store = settings.state_folder + "/store";
  std::error_code failed;
  std::filesystem::create_directories(store, failed);
  struct ::statfs system {};
  if (failed || ::statfs(store.c_str(), &system) != 0 || system.f_type != 0x01021994) {
    GTEST_SKIP() << "wants /dev/shm on tmpfs";
  }
  const auto status = check_store(settings);
  std::filesystem::remove_all(settings.state_folder, failed);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->place, StoreStatus::Place::memory);
  EXPECT_EQ(status->file_system, "tmpfs");
}

}  // namespace
}  // namespace postern::doctor::host_check_test
