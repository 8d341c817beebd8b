#include "common/os/systemd.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "common/os/unique_fd.h"
#include "tests/support/temporary_folder.h"

namespace postern::os::systemd_notify_test {
namespace {

// The service manager's end.
class Manager {
 public:
  explicit Manager(const std::string& name)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  }

  // One datagram; `nothing` when there is none.
  std::string receive() {
    char bytes[256];
    const ssize_t got = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    return got < 0 ? "nothing" : std::string(bytes, static_cast<std::size_t>(got));
  }

 private:
  UniqueFd fd_;
};

TEST(SystemdNotify, TellsTheSocketItIsGiven) {
  const TemporaryFolder folder;
  Manager manager(folder.path("notify"));
  const SystemdNotify notify(folder.path("notify"));
  notify.ready();
  EXPECT_EQ(manager.receive(), "READY=1");
  notify.stopping();
  EXPECT_EQ(manager.receive(), "STOPPING=1");
  notify.alive();
  EXPECT_EQ(manager.receive(), "WATCHDOG=1");
  notify.reloading();
  const std::string reloading = manager.receive();
  EXPECT_EQ(reloading.rfind("RELOADING=1\nMONOTONIC_USEC=", 0), 0U) << reloading;
  EXPECT_EQ(manager.receive(), "nothing");
}

// A daemon that has no descriptor left serves those who are connected: it is not to be ended.
TEST(SystemdNotify, IsAliveWithoutAFreeDescriptor) {
  const TemporaryFolder folder;
  Manager manager(folder.path("notify"));
  const SystemdNotify notify(folder.path("notify"));
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{0, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const int refused = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  notify.alive();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(refused, -1);
  EXPECT_EQ(manager.receive(), "WATCHDOG=1");
}

// It is said on a loop that serves mail.
TEST(SystemdNotify, DoesNotWaitForAManagerThatDoesNotRead) {
  const TemporaryFolder folder;
  Manager manager(folder.path("notify"));
  const SystemdNotify notify(folder.path("notify"));
  for (int i = 0; i < 100'000; ++i) notify.alive();
  EXPECT_EQ(manager.receive(), "WATCHDOG=1");
}

TEST(SystemdNotify, KnowsAbstractSockets) {
  const std::string name = "@postern-test-" + std::to_string(::getpid());
  Manager manager(name);
  SystemdNotify(name).ready();
  EXPECT_EQ(manager.receive(), "READY=1");
}

TEST(SystemdNotify, TakesTheSocketFromTheEnvironment) {
  const TemporaryFolder folder;
  Manager manager(folder.path("notify"));
  ::setenv("NOTIFY_SOCKET", folder.path("notify").c_str(), 1);
  SystemdNotify::from_environment().ready();
  ::unsetenv("NOTIFY_SOCKET");
  SystemdNotify::from_environment().stopping();
  EXPECT_EQ(manager.receive(), "READY=1");
  EXPECT_EQ(manager.receive(), "nothing");
}

TEST(SystemdNotify, TheWatchdogIsForTheProcessThatItNames) {
  EXPECT_EQ(watchdog_interval(), std::nullopt);
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(watchdog_interval(), std::chrono::seconds{30});
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(watchdog_interval(), std::chrono::seconds{30});
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(watchdog_interval(), std::nullopt);
  ::unsetenv("WATCHDOG_PID");
  for (const char* odd : {"", "0", "-1", "30s", "99999999999999999999"}) {
    ::setenv("WATCHDOG_USEC", odd, 1);
    EXPECT_EQ(watchdog_interval(), std::nullopt) << odd;
  }
  ::unsetenv("WATCHDOG_USEC");
}

TEST(SystemdNotify, NobodyListeningIsNoTrouble) {
  SystemdNotify("/nowhere/at/all").ready();
  SystemdNotify(std::string(200, 'x')).ready();
  SystemdNotify("").ready();
}

}  // namespace
}  // namespace postern::os::systemd_notify_test
