#include "common/os/process.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

namespace postern::os::process_test {
namespace {

// What is given up does not come back: every case has a process of its own. Its answer is the text
// that `body` returns.
std::string in_a_child(const std::function<std::string()>& body) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string answer = body();
    const auto written = ::write(ends[1], answer.data(), answer.size());
    ::_exit(written < 0 ? 1 : 0);
  }
  ::close(ends[1]);
  std::string answer;
  char bytes[512];
  for (ssize_t got; (got = ::read(ends[0], bytes, sizeof bytes)) > 0;) {
    answer.append(bytes, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return answer;
}

std::string outcome(const std::string& user, const std::string& group) {
  const auto result = drop_privileges(user, group);
  return result ? "ok" : result.error().text;
}

std::string status_line(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(key, 0) == 0) return line.substr(key.size() + 1);
  }
  return "missing";
}

bool is_root() {
  return ::geteuid() == 0;
}

TEST(DropPrivileges, LeavesNoCapability) {
  const std::string answer = in_a_child([] {
    std::string text = outcome("nobody", "");
    for (const char* key : {"CapInh:", "CapPrm:", "CapEff:", "CapAmb:", "NoNewPrivs:"}) {
      text += " " + status_line(key);
    }
    return text;
  });
  const std::string none = " 0000000000000000";
  EXPECT_EQ(answer, "ok" + none + none + none + none + " 1");
}

// As `SystemCallFilter=` of systemd.exec(5) does.
bool forbid(unsigned call) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{std::size(filter), filter};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST(DropPrivileges, WithNoneLeftMayBeForbiddenToGiveThemUp) {
  EXPECT_EQ(in_a_child([] {
              if (is_root() && ::setresuid(65534, 65534, 65534) != 0) return std::string("setup");
              if (!forbid(SYS_capset)) return std::string("no filter");
              return outcome("nobody", "");
            }),
            "ok");
}

TEST(DropPrivileges, SaysThatItMayNotGiveThemUp) {
  if (!is_root()) GTEST_SKIP() << "for root only";
  // What a service manager with AmbientCapabilities= hands over: not root, but not without.
  EXPECT_EQ(in_a_child([] {
              if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 ||
                  ::setresuid(65534, 65534, 65534) != 0 || !forbid(SYS_capset)) {
                return std::string("setup");
              }
              return outcome("nobody", "");
            }),
            "cannot give up capabilities: Operation not permitted");
}

TEST(DropPrivileges, BecomesTheUserWithItsGroups) {
  if (!is_root()) GTEST_SKIP() << "for root only";
  const std::string answer = in_a_child([] {
    std::string text = outcome("nobody", "");
    if (::getuid() == 0 || ::geteuid() == 0 || ::getgid() == 0 || ::getegid() == 0) text += " root";
    gid_t groups[64];
    const int count = ::getgroups(64, groups);
    for (int i = 0; i < count; ++i) {
      if (groups[i] == 0) text += " root's group";
    }
    if (::setuid(0) == 0 || ::setgid(0) == 0) text += " regained";
    return text;
  });
  EXPECT_EQ(answer, "ok");
}

TEST(DropPrivileges, LeavesTheGroupsOfTheOneWhoStartedIt) {
  if (!is_root()) GTEST_SKIP() << "for root only";
  EXPECT_EQ(in_a_child([] {
              const gid_t groups[] = {0, 4, 54321};
              if (::setgroups(std::size(groups), groups) != 0) return std::string("setup");
              const std::string answer = outcome("nobody", "");
              return answer + " " + status_line("Groups:");
            }),
            "ok " + std::to_string(::getpwnam("nobody")->pw_gid) + " ");
}

TEST(DropPrivileges, LeavesNothingForWhatItMightStart) {
  if (!is_root()) GTEST_SKIP() << "for root only";
  // Who has not CAP_SETPCAP, as root in a container, may not empty the set.
  if (::prctl(PR_CAPBSET_READ, 8 /* CAP_SETPCAP */, 0, 0, 0) != 1) GTEST_SKIP() << "not allowed";
  EXPECT_EQ(in_a_child([] {
              const std::string answer = outcome("nobody", "");
              return answer + " " + status_line("CapBnd:") + " " + status_line("NoNewPrivs:");
            }),
            "ok 0000000000000000 1");
}

// The ids that a program started now would be given back by, and those of the file system.
TEST(DropPrivileges, NoIdOfRootIsLeft) {
  if (!is_root()) GTEST_SKIP() << "for root only";
  EXPECT_EQ(in_a_child([] {
              const std::string answer = outcome("nobody", "");
              const std::string ids =
                  "\t" + status_line("Uid:") + "\t" + status_line("Gid:") + "\t";
              return answer + (ids.find("\t0\t") == std::string::npos ? "" : ids);
            }),
            "ok");
}

TEST(DropPrivileges, TakesAnotherGroup) {
  if (!is_root()) GTEST_SKIP() << "for root only";
  const std::string answer = in_a_child([] {
    std::string text = outcome("nobody", "daemon");
    const group* daemon = ::getgrnam("daemon");
    if (daemon == nullptr || ::getgid() != daemon->gr_gid) text += " another group";
    return text;
  });
  EXPECT_EQ(answer, "ok");
}

TEST(DropPrivileges, SaysWhichAccountIsMissing) {
  if (!is_root()) GTEST_SKIP() << "for root only";
  EXPECT_EQ(in_a_child([] { return outcome("no-such-user", ""); }),
            "found no user 'no-such-user' on this system; create it, or name another as 'user'");
  EXPECT_EQ(in_a_child([] { return outcome("nobody", "no-such-group"); }),
            "found no group 'no-such-group' on this system; create it, or name another as 'group'");
}

TEST(DropPrivileges, RootIsNoAccountToServeAs) {
  if (!is_root()) GTEST_SKIP() << "for root only";
  EXPECT_NE(in_a_child([] { return outcome("root", ""); }).find("which is root"),
            std::string::npos);
}

TEST(DescriptorLimit, IsRaisedToWhatTheSystemAllows) {
  const std::string answer = in_a_child([] {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 64;
    limit.rlim_max = 128;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    const std::size_t raised = raise_descriptor_limit();
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return std::to_string(raised) + " " + std::to_string(limit.rlim_cur);
  });
  EXPECT_EQ(answer, "128 128");
}

}  // namespace
}  // namespace postern::os::process_test
