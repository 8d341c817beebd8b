// What is seen of a machine: sockets, name servers, copies of files.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "common/os/listener.h"
#include "ctl/doctor/io/host_sight.h"
#include "ctl/doctor/io/machine_sights.h"
#include "ctl/doctor/io/server_sight.h"
#include "ctl/doctor/io/socket_sight.h"
#include "ctl/doctor/io/unit_sight.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/zone_server.h"

namespace postern::doctor {
namespace {

using State = SocketSight::State;

class SocketSights : public testing::Test {
 protected:
  SocketSights() { ::chmod(folder_.path("").c_str(), 0755); }

  os::Listener listen(unsigned mode) const {
    ListenAddress address;
    address.kind = ListenAddress::Kind::unix_socket;
    address.path = folder_.path("socket");
    address.mode = mode;
    return os::Listener::open(address).value();
  }

  SocketSight look(const std::string& user) const {
    return look_at_socket({"unix:" + folder_.path("socket"), user, false});
  }

  TemporaryFolder folder_;
};

TEST_F(SocketSights, ASocketThatAnswers) {
  const auto listener = listen(0660);
  const SocketSight sight = look("root");
  EXPECT_EQ(sight.state, State::answers) << sight.detail;
  EXPECT_FALSE(sight.for_everybody);
  EXPECT_EQ(sight.open_folder, "/tmp");  // where the folder of this test is
}

TEST_F(SocketSights, NobodyElseMayConnect) {
  const auto listener = listen(0600);
  const SocketSight sight = look("nobody");
  EXPECT_EQ(sight.state, State::barred);
  EXPECT_NE(sight.detail.find("socket has owner root"), std::string::npos) << sight.detail;
  EXPECT_NE(sight.detail.find("mode 0600"), std::string::npos) << sight.detail;
}

TEST_F(SocketSights, AFolderMayBarToo) {
  const auto listener = listen(0666);
  EXPECT_EQ(look("nobody").state, State::answers);
  EXPECT_TRUE(look("nobody").for_everybody);
  ::chmod(folder_.path("").c_str(), 0700);
  const SocketSight sight = look("nobody");
  EXPECT_EQ(sight.state, State::barred);
  EXPECT_NE(sight.detail.find("mode 0700"), std::string::npos) << sight.detail;
  EXPECT_FALSE(sight.for_everybody);
}

TEST_F(SocketSights, WhatIsNotThereOrNoSocket) {
  EXPECT_EQ(look("root").state, State::missing);
  folder_.write("socket", "");
  EXPECT_EQ(look("root").state, State::no_socket);
}

TEST_F(SocketSights, ASocketWithoutAListener) {
  {
    const auto copied = listen(0660);
    std::filesystem::rename(folder_.path("socket"), folder_.path("left"));
  }
  const SocketSight sight = look_at_socket({"unix:" + folder_.path("left"), "root", false});
  EXPECT_EQ(sight.state, State::nobody);
}

TEST_F(SocketSights, AUserThatIsNotThere) {
  EXPECT_EQ(look("no-such-user-here").state, State::unknown);
}

TEST(TcpSights, AnswersOrNot) {
  ListenAddress address;
  address.address = IpAddress::from_v4(0x7f000001);
  std::string port;
  {
    const auto listener = os::Listener::open(address).value();
    port = std::to_string(listener.address().port);
    EXPECT_EQ(look_at_socket({"inet:127.0.0.1:" + port, {}, false}).state, State::answers);
    EXPECT_EQ(look_at_socket({"inet:localhost:" + port, {}, false}).state, State::answers);
  }
  const SocketSight sight = look_at_socket({"inet:127.0.0.1:" + port, {}, false});
  EXPECT_EQ(sight.state, State::nobody);
  EXPECT_EQ(sight.detail, "Connection refused");
}

// Name servers that are asked for two names, with what they say.
class ServerSights : public testing::Test {
 protected:
  ServerSights() : work_(loop_.get_executor()) {}
  ~ServerSights() override {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
  }

  std::vector<ServerSight> ask(const std::string& zone) {
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

TEST_F(ServerSights, OneThatIsHonest) {
  const auto sights = ask("zone: { other.com: { A: [192.0.2.1] } }\n");
  ASSERT_EQ(sights.size(), 1U);
  ASSERT_EQ(sights[0].answers.size(), 2U);
  for (const auto& answer : sights[0].answers) EXPECT_EQ(answer.reason, dns::DnsReason::nxdomain);
}

TEST_F(ServerSights, OneThatMakesUpAnAnswer) {
  const auto sights = ask("zone: { made-up.com: { A: [192.0.2.9] } }\n");
  ASSERT_EQ(sights.size(), 1U);
  std::string records;
  for (const auto& answer : sights[0].answers) records += answer.record;
  EXPECT_EQ(records, "192.0.2.9");
}

TEST_F(ServerSights, OneThatIsSilentOrRefuses) {
  const auto sights =
      ask("zone: { made-up.com: { fault: timeout }, made-up.invalid: { fault: refused } }\n");
  ASSERT_EQ(sights.size(), 1U);
  for (const auto& answer : sights[0].answers) {
    EXPECT_EQ(answer.status, dns::DnsStatus::temporary_failure);
    EXPECT_EQ(answer.reason,
              answer.name == "made-up.com" ? dns::DnsReason::timeout : dns::DnsReason::refused);
  }
}

TEST(HostSights, AreTheAddressesOfAName) {
  const auto addresses = addresses_of_host("localhost");
  EXPECT_TRUE(std::any_of(addresses.begin(), addresses.end(), [](const IpAddress& one) {
    return one == IpAddress::parse("127.0.0.1").value() || one == IpAddress::parse("::1").value();
  }));
  EXPECT_TRUE(addresses_of_host("nobody.invalid").empty());
}

// As systemctl of systemd 252 has written it.
TEST(UnitSights, AreThoseThatSystemdKnows) {
  const auto units = read_unit_states(
      "Result=start-limit-hit\nId=postern-policyd.service\nLoadState=loaded\nActiveState=failed\n"
      "\nResult=success\nId=postern-milter.socket\nLoadState=not-found\nActiveState=inactive\n");
  ASSERT_EQ(units.size(), 1U);
  EXPECT_EQ(units[0].unit, "postern-policyd.service");
  EXPECT_EQ(units[0].state, "failed");
  EXPECT_EQ(units[0].result, "start-limit-hit");
}

TEST(UnitSights, AreAskedOfSystemctl) {
  const TemporaryFolder folder;
  const std::string program = folder.write(
      "systemctl",
      "#!/bin/sh\n[ \"$1 $2\" = 'show --property=Id,LoadState,ActiveState,Result' ] || exit 1\n"
      "shift 2\nfor unit; do echo \"Id=$unit\nLoadState=loaded\nActiveState=active\nResult=success"
      "\n\"; done\n");
  ::chmod(program.c_str(), 0755);
  EXPECT_EQ(look_at_units({"a.socket", "a.service"}, program).size(), 2U);
  EXPECT_TRUE(look_at_units({}, program).empty());
  EXPECT_TRUE(look_at_units({"a.socket"}, folder.path("missing")).empty());
}

TEST(NamesOfNobody, AreNewEachTime) {
  const auto names = names_of_nobody();
  ASSERT_EQ(names.size(), 2U);
  EXPECT_TRUE(names[0].ends_with(".invalid"));
  EXPECT_NE(names, names_of_nobody());
}

TEST(MachineSights, ComparesTheCopiesOfAChroot) {
  const TemporaryFolder folder;
  MachineFiles files;
  files.hosts = folder.write("hosts", "192.0.2.1 a.example\n");
  files.copied = {files.hosts, folder.write("same", "1"), folder.write("gone", "1"),
                  folder.path("never")};
  const std::string queue = folder.path("queue");
  std::filesystem::create_directories(queue + folder.path(""));
  std::ofstream(queue + files.hosts) << "192.0.2.2 a.example\n";
  std::ofstream(queue + folder.path("same")) << "1";
  Wiring wiring;
  wiring.postfix = PostfixWiring{};
  wiring.postfix->queue_directory = queue;
  wiring.postfix->services.emplace_back().chroot = true;
  const Sights sights = look_at_machine(wiring, resolver::DnsSettings{}, files);
  ASSERT_TRUE(sights.hosts);
  EXPECT_EQ(sights.hosts->hosts.lines.size(), 1U);
  ASSERT_EQ(sights.copies.size(), 3U);
  EXPECT_EQ(sights.copies[0].state, CopySight::State::differs);
  EXPECT_EQ(sights.copies[1].state, CopySight::State::same);
  EXPECT_EQ(sights.copies[2].state, CopySight::State::missing);
  wiring.postfix->services[0].chroot = false;
  EXPECT_TRUE(look_at_machine(wiring, resolver::DnsSettings{}, files).copies.empty());
}

}  // namespace
}  // namespace postern::doctor
