#include "common/os/unix_connect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cstring>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace postern::os::unix_connect_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::chrono::seconds kPatience{20};

// Where nobody listens yet.
UniqueFd bound_to(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, path.c_str(), sizeof name.sun_path - 1);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  return fd;
}

std::string error_of(const std::string& path, std::chrono::milliseconds patience = kPatience) {
  const auto connected = connect_unix(path, patience);
  return connected ? "no error" : connected.error().text;
}

// As an account that has no more rights than the mode of a file gives it.
std::string error_without_rights(const std::string& path) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(1);
    const std::string text = error_of(path);
    ::_exit(::write(ends[1], text.data(), text.size()) > 0 ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text(4096, '\0');
  const ssize_t got = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

TEST(UnixConnect, Connects) {
  const TemporaryFolder folder;
  const UniqueFd fd = bound_to(folder.path("s"));
  ASSERT_EQ(::listen(fd.get(), 1), 0);
  EXPECT_EQ(error_of(folder.path("s")), "no error");
}

TEST(UnixConnect, NoSuchSocket) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of(folder.path("s")),
              AllOf(StartsWith("cannot connect to " + folder.path("s")),
                    HasSubstr("no such socket: the daemon does not run")));
  EXPECT_THAT(error_of(folder.path("no/s")), HasSubstr("no such socket"));
}

TEST(UnixConnect, NobodyListens) {
  const TemporaryFolder folder;
  static_cast<void>(bound_to(folder.path("s")));
  EXPECT_THAT(error_of(folder.path("s")),
              HasSubstr("nobody listens on it: the daemon does not run"));
}

TEST(UnixConnect, NoPermissionForTheSocket) {
  const TemporaryFolder folder;
  ASSERT_EQ(::chmod(folder.path("").c_str(), 0755), 0);
  const UniqueFd fd = bound_to(folder.path("s"));
  ASSERT_EQ(::listen(fd.get(), 1), 0);
  ASSERT_EQ(::chmod(folder.path("s").c_str(), 0440), 0);
  EXPECT_THAT(error_without_rights(folder.path("s")),
              AllOf(HasSubstr("no permission: the socket has owner "),
                    HasSubstr(", mode 0440, want an account that may write to it")));
}

TEST(UnixConnect, NoPermissionForItsFolder) {
  const TemporaryFolder folder;
  ASSERT_EQ(::chmod(folder.path("").c_str(), 0600), 0);
  EXPECT_THAT(error_without_rights(folder.path("s")),
              AllOf(HasSubstr("no permission: its folder has owner "),
                    HasSubstr(", mode 0600, want an account that may enter it")));
}

TEST(UnixConnect, WaitsNoLongerThanItMayForAPlaceInTheQueue) {
  const TemporaryFolder folder;
  const UniqueFd fd = bound_to(folder.path("s"));
  ASSERT_EQ(::listen(fd.get(), 0), 0);
  std::vector<Result<UniqueFd>> taken;
  std::string error = "no error";
  while (error == "no error" && taken.size() < 100) {
    taken.push_back(connect_unix(folder.path("s"), std::chrono::milliseconds{50}));
    if (!taken.back()) error = taken.back().error().text;
  }
  EXPECT_THAT(error, HasSubstr("it took no connection in time"));
}

TEST(UnixConnect, PathsThatFitNoSocket) {
  EXPECT_EQ(error_of(""), "found a socket path of 0 bytes, want 1 to 107");
  EXPECT_EQ(error_of("/" + std::string(200, 'a')),
            "found a socket path of 201 bytes, want 1 to 107");
}

}  // namespace
}  // namespace postern::os::unix_connect_test
