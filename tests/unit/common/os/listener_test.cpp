#include "common/os/listener.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <thread>

#include "tests/support/temporary_folder.h"

namespace postern::os::listener_test {
namespace {

ListenAddress unix_at(const std::string& path) {
  ListenAddress address;
  address.kind = ListenAddress::Kind::unix_socket;
  address.path = path;
  return address;
}

ListenAddress tcp_at(const std::string& ip, std::uint16_t port) {
  ListenAddress address;
  address.address = IpAddress::parse(ip).value_or(IpAddress{});
  address.port = port;
  return address;
}

bool can_connect(const std::string& path) {
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, path.c_str(), sizeof name.sun_path - 1);
  return ::connect(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0;
}

std::string error_of(const ListenAddress& address) {
  const auto listener = Listener::open(address);
  return listener ? "no error" : listener.error().text;
}

// A socket file that nobody listens on, as a crash leaves it behind.
void leave_stale_socket(const std::string& path) {
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, path.c_str(), sizeof name.sun_path - 1);
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
}

class ListenerTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(ListenerTest, UnixSocketLivesAsLongAsItsListener) {
  const std::string path = folder_.path("socket");
  {
    const auto listener = Listener::open(unix_at(path));
    ASSERT_TRUE(listener) << listener.error().text;
    EXPECT_TRUE(can_connect(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ListenerTest, UnixSocketHasTheModeItIsGiven) {
  for (const std::uint32_t mode : {0600U, 0660U, 0666U}) {
    ListenAddress address = unix_at(folder_.path("socket"));
    address.mode = mode;
    const auto listener = Listener::open(address);
    ASSERT_TRUE(listener) << listener.error().text;
    struct stat status {};
    ASSERT_EQ(::lstat(address.path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, mode);
  }
}

TEST_F(ListenerTest, TheModeDependsOnNoUmask) {
  const mode_t before = ::umask(0777);
  ListenAddress address = unix_at(folder_.path("socket"));
  address.mode = 0646;
  const auto listener = Listener::open(address);
  ::umask(before);
  ASSERT_TRUE(listener) << listener.error().text;
  struct stat status {};
  ASSERT_EQ(::lstat(address.path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0646U);
}

// A default ACL takes the place of the umask and of the mode.
TEST_F(ListenerTest, TheModeDependsOnNoDefaultAcl) {
  // acl(5), as the kernel stores it: version 2; owner, group, mask and others with rwx each, r--
  // and nothing: what a new file gets at most.
  const std::uint8_t acl[] = {2,    0,    0,    0, 0x01, 0,    7,    0,    0xff, 0xff,
                              0xff, 0xff, 0x04, 0, 4,    0,    0xff, 0xff, 0xff, 0xff,
                              0x20, 0,    0,    0, 0xff, 0xff, 0xff, 0xff};
  if (::setxattr(folder_.path("").c_str(), "system.posix_acl_default", acl, sizeof acl, 0) != 0) {
    GTEST_SKIP() << "no ACLs here: " << std::strerror(errno);
  }
  ListenAddress address = unix_at(folder_.path("socket"));
  address.mode = 0666;
  const auto listener = Listener::open(address);
  ASSERT_TRUE(listener) << listener.error().text;
  struct stat status {};
  ASSERT_EQ(::lstat(address.path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0666U);
}

TEST_F(ListenerTest, ASocketHasTheOwnerAndGroupItIsGiven) {
  const passwd* self = ::getpwuid(::geteuid());
  const group* own = ::getgrgid(::getegid());
  if (self == nullptr || own == nullptr) GTEST_SKIP() << "this account has no name";
  ListenAddress address = unix_at(folder_.path("socket"));
  address.owner = self->pw_name;
  address.group = own->gr_name;
  if (::geteuid() == 0) {
    address.owner = "nobody";
    address.group = "daemon";
  }
  const auto listener = Listener::open(address);
  ASSERT_TRUE(listener) << listener.error().text;
  struct stat status {};
  ASSERT_EQ(::lstat(address.path.c_str(), &status), 0);
  EXPECT_EQ(::getpwuid(status.st_uid)->pw_name, address.owner);
  EXPECT_EQ(::getgrgid(status.st_gid)->gr_name, address.group);
  EXPECT_EQ(status.st_mode & 07777, 0660U);
}

// The owner of the folder puts a link in the place of the socket, again and again: nothing but a
// socket of this process is ever changed.
TEST_F(ListenerTest, FollowsNoLinkThatTakesThePlaceOfTheSocket) {
  const std::string precious = folder_.write("precious", "text");
  ASSERT_EQ(::chmod(precious.c_str(), 0600), 0);
  const std::string path = folder_.path("socket");
  std::atomic<bool> over{false};
  std::thread other([&] {
    const std::string link = folder_.path("link");
    while (!over) {
      std::filesystem::create_symlink(precious, link);
      std::filesystem::rename(link, path);
      std::filesystem::remove(path);
    }
  });
  ListenAddress address = unix_at(path);
  address.mode = 0666;
  for (int i = 0; i < 3000; ++i) static_cast<void>(Listener::open(address));
  over = true;
  other.join();
  struct stat status {};
  ASSERT_EQ(::stat(precious.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST_F(ListenerTest, TheUmaskIsAsBefore) {
  const mode_t before = ::umask(0027);
  static_cast<void>(Listener::open(unix_at(folder_.path("socket"))));
  EXPECT_EQ(::umask(before), 0027U);
}

TEST_F(ListenerTest, ReplacesAStaleSocket) {
  const std::string path = folder_.path("socket");
  leave_stale_socket(path);
  const auto listener = Listener::open(unix_at(path));
  ASSERT_TRUE(listener) << listener.error().text;
  EXPECT_TRUE(can_connect(path));
}

TEST_F(ListenerTest, LeavesASocketInUseAlone) {
  const std::string path = folder_.path("socket");
  const auto first = Listener::open(unix_at(path));
  ASSERT_TRUE(first);
  EXPECT_EQ(error_of(unix_at(path)),
            "cannot listen on unix:" + path + ": another process listens on it");
  EXPECT_TRUE(can_connect(path));
}

TEST_F(ListenerTest, NeverRemovesAFile) {
  const std::string path = folder_.write("file", "precious");
  EXPECT_NE(error_of(unix_at(path)).find("not a socket"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_regular_file(path));
}

TEST_F(ListenerTest, LeavesTheSocketOfASuccessorAlone) {
  const std::string path = folder_.path("socket");
  std::optional<Listener> first(std::move(*Listener::open(unix_at(path))));
  std::filesystem::rename(path, folder_.path("elsewhere"));
  const auto second = Listener::open(unix_at(path));
  ASSERT_TRUE(second) << second.error().text;
  first.reset();
  EXPECT_TRUE(can_connect(path));
}

TEST_F(ListenerTest, SaysWhatIsWrongWithAPath) {
  EXPECT_NE(error_of(unix_at("")).find("no path"), std::string::npos);
  EXPECT_NE(error_of(unix_at(folder_.path(std::string(200, 'x')))).find("want at most 107"),
            std::string::npos);
  EXPECT_NE(error_of(unix_at(folder_.path("none/socket"))).find("No such file"), std::string::npos);
}

TEST_F(ListenerTest, SaysWhichAccountIsMissing) {
  ListenAddress address = unix_at(folder_.path("socket"));
  address.owner = "no-such-user";
  EXPECT_NE(error_of(address).find("no user 'no-such-user'"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(address.path)) << "nothing is left behind";
  address.owner.clear();
  address.group = "no-such-group";
  EXPECT_NE(error_of(address).find("no group 'no-such-group'"), std::string::npos);
}

TEST_F(ListenerTest, TcpTakesAFreePortAndTellsIt) {
  const auto listener = Listener::open(tcp_at("127.0.0.1", 0));
  ASSERT_TRUE(listener) << listener.error().text;
  const std::uint16_t port = listener->address().port;
  EXPECT_NE(port, 0);
  EXPECT_NE(error_of(tcp_at("127.0.0.1", port)).find("Address already in use"), std::string::npos);
}

TEST_F(ListenerTest, TcpOverIpv6) {
  const auto listener = Listener::open(tcp_at("::1", 0));
  if (!listener) GTEST_SKIP() << listener.error().text;
  EXPECT_NE(listener->address().port, 0);
}

TEST_F(ListenerTest, ConnectsToItself) {
  for (const ListenAddress& address :
       {unix_at(folder_.path("socket")), tcp_at("127.0.0.1", 0), tcp_at("0.0.0.0", 0)}) {
    const auto listener = Listener::open(address);
    ASSERT_TRUE(listener) << listener.error().text;
    const auto connection = listener->connect();
    ASSERT_TRUE(connection) << connection.error().text;
    const UniqueFd other(::accept(listener->fd(), nullptr, nullptr));
    ASSERT_TRUE(other.is_open()) << address.to_string();
    EXPECT_EQ(::send(connection->get(), "a", 1, 0), 1);
    char byte = 0;
    EXPECT_EQ(::recv(other.get(), &byte, 1, 0), 1);
    EXPECT_EQ(byte, 'a');
    EXPECT_EQ(::recv(connection->get(), &byte, 1, 0), -1) << "does not block";
  }
}

TEST_F(ListenerTest, CannotConnectWhereItIsNoMore) {
  const std::string path = folder_.path("socket");
  const auto listener = Listener::open(unix_at(path));
  ASSERT_TRUE(listener) << listener.error().text;
  std::filesystem::remove(path);
  const auto connection = listener->connect();
  ASSERT_FALSE(connection);
  EXPECT_NE(connection.error().text.find("connect to unix:" + path), std::string::npos)
      << connection.error().text;
}

TEST_F(ListenerTest, TcpAtAnAddressOfSomebodyElse) {
  EXPECT_NE(error_of(tcp_at("192.0.2.1", 10040)).find("inet:192.0.2.1:10040"), std::string::npos);
}

}  // namespace
}  // namespace postern::os::listener_test
