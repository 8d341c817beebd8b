#include "common/os/folder_lock.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <functional>
#include <future>
#include <thread>
#include <vector>

#include "common/os/access_list.h"
#include "tests/support/temporary_folder.h"

namespace postern::os::folder_lock_test {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kShort{50};
constexpr uid_t kSomebody = 4711;
constexpr gid_t kTheirGroup = 4712;
constexpr uid_t kReader = 4713;

class FolderLockTest : public testing::Test {
 protected:
  [[nodiscard]] std::string here() const { return folder_.path(""); }
  [[nodiscard]] bool is_free() const { return FolderLock::take(here(), kShort).has_value(); }
  [[nodiscard]] mode_t lock_mode() const {
    struct stat status {};
    return ::lstat(folder_.path(".postern.lock").c_str(), &status) == 0 ? status.st_mode & 07777
                                                                        : 0;
  }

  TemporaryFolder folder_;
};

// What `what` says in a process of that account.
bool as_account(uid_t uid, gid_t gid, const std::function<bool()>& what) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool changed = ::setgroups(0, nullptr) == 0 && ::setresgid(gid, gid, gid) == 0 &&
                         ::setresuid(uid, uid, uid) == 0;
    ::_exit(changed && what() ? 0 : 1);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(FolderLockTest, OneAtATimeHasIt) {
  auto first = FolderLock::take(here());
  ASSERT_TRUE(first);
  EXPECT_FALSE(is_free());
  auto second = std::async(std::launch::async, [&] { return FolderLock::take(here()); });
  { const FolderLock given_up = std::move(*first); }
  EXPECT_TRUE(second.get());
}

TEST_F(FolderLockTest, NothingIsLeftOfIt) {
  {
    const auto lock = FolderLock::take(here());
    EXPECT_EQ(lock_mode(), 0600U);
  }
  EXPECT_TRUE(fs::is_empty(here()));
}

// Who waits holds the file that goes; the next one makes another.
TEST_F(FolderLockTest, NeverTwoHaveItThoughTheFileGoesAndComes) {
  std::atomic<int> inside = 0;
  std::atomic<bool> alone = true;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        const auto lock = FolderLock::take(here(), std::chrono::minutes(5));
        if (!lock || ++inside != 1) alone = false;
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(alone);
}

TEST_F(FolderLockTest, OfOneThatWasKilledNobodyWaits) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = FolderLock::take(here());
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(lock_mode(), 0600U);
  EXPECT_TRUE(is_free());
}

TEST_F(FolderLockTest, WhoLocksTheFolderItselfHoldsUpNobody) {
  const UniqueFd reader(::open(here().c_str(), O_RDONLY | O_DIRECTORY));
  ASSERT_EQ(::flock(reader.get(), LOCK_EX), 0);
  EXPECT_TRUE(is_free());
}

TEST_F(FolderLockTest, WhoCanOnlyReadTheFolderCannotTakeIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  ASSERT_EQ(::chmod(here().c_str(), 0755), 0);
  const auto can_open = [&] {
    return ::open(folder_.path(".postern.lock").c_str(), O_RDONLY) >= 0;
  };
  EXPECT_FALSE(as_account(kReader, kReader, [&] { return is_free(); }));
  const auto lock = FolderLock::take(here());
  ASSERT_TRUE(lock);
  EXPECT_FALSE(as_account(kReader, kReader, can_open));
  EXPECT_FALSE(as_account(kReader, 0, can_open)) << "nor the group, which cannot write either";
}

TEST_F(FolderLockTest, WhoeverMayWriteInTheFolderMayTakeItAfterRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  ASSERT_EQ(::chown(here().c_str(), kSomebody, kTheirGroup), 0);
  ASSERT_EQ(::chmod(here().c_str(), 0775), 0);
  // One that stays, as of a process that was killed.
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = FolderLock::take(here());
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(lock_mode(), 0660U);
  EXPECT_FALSE(as_account(kReader, kReader, [&] { return is_free(); }));
  EXPECT_TRUE(as_account(kReader, kTheirGroup, [&] { return is_free(); }));
  EXPECT_TRUE(as_account(kSomebody, kReader, [&] { return is_free(); }));
  EXPECT_TRUE(is_free());
}

// The group bits of a folder with an access list are those of its mask.
TEST_F(FolderLockTest, AnAccessListCountsByWhoMayWrite) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  using Entry = AccessListEntry;
  ASSERT_EQ(::chown(here().c_str(), 0, kTheirGroup), 0);
  const UniqueFd folder(::open(here().c_str(), O_RDONLY | O_DIRECTORY));
  const AccessList list = {{Entry::owner, 7, ~0U},    {Entry::user, 7, kSomebody},
                           {Entry::user, 5, kReader}, {Entry::owning_group, 5, ~0U},
                           {Entry::mask, 7, ~0U},     {Entry::other, 5, ~0U}};
  if (!set_access_list(folder.get(), list)) GTEST_SKIP() << "no access lists on this file system";
  ASSERT_EQ(access_list_of(folder.get()), list);
  const auto lock = FolderLock::take(here());
  ASSERT_TRUE(lock);
  const auto can_open = [&] {
    return ::open(folder_.path(".postern.lock").c_str(), O_RDONLY) >= 0;
  };
  EXPECT_TRUE(as_account(kSomebody, kSomebody, can_open));
  EXPECT_FALSE(as_account(kReader, kReader, can_open));
  EXPECT_FALSE(as_account(kReader + 1, kTheirGroup, can_open));
}

TEST_F(FolderLockTest, WhatStandsInItsPlaceIsNotFollowed) {
  folder_.write("file", "");
  fs::create_symlink("file", folder_.path(".postern.lock"));
  const auto by_link = FolderLock::take(here(), kShort);
  ASSERT_FALSE(by_link);
  EXPECT_THAT(by_link.error().text, testing::HasSubstr(folder_.path(".postern.lock")));
  fs::remove(folder_.path(".postern.lock"));
  ASSERT_EQ(::mkfifo(folder_.path(".postern.lock").c_str(), 0600), 0);
  const auto fifo = FolderLock::take(here(), kShort);
  ASSERT_FALSE(fifo);
  EXPECT_THAT(fifo.error().text, testing::HasSubstr("want a regular file, or none"));
}

// Which process it is the kernel tells not everywhere.
TEST_F(FolderLockTest, SaysWhoHasIt) {
  const auto first = FolderLock::take(here());
  ASSERT_TRUE(first);
  const auto second = FolderLock::take(here(), kShort);
  ASSERT_FALSE(second);
  const std::string who = " (pid " + std::to_string(::getpid()) + ", from /proc/locks)";
  EXPECT_THAT(second.error().text,
              testing::AllOf(testing::HasSubstr(" is locked by another process"),
                             testing::AnyOf(testing::HasSubstr("process" + who + "; "),
                                            testing::HasSubstr("process; "))));
}

TEST_F(FolderLockTest, WhatCannotBeLockedIsAnError) {
  EXPECT_FALSE(FolderLock::take(folder_.path("missing")));
}

TEST(AccessListText, OtherBytesAreNone) {
  EXPECT_TRUE(parse_access_list("").empty());
  EXPECT_TRUE(parse_access_list("abc").empty());
  EXPECT_TRUE(parse_access_list(std::string("\1\0\0\0", 4)).empty()) << "another version";
  const AccessList list = {{AccessListEntry::user, 6, 7}};
  EXPECT_EQ(parse_access_list(format_access_list(list)), list);
  EXPECT_EQ(parse_access_list(format_access_list(list) + "cut"), list);
}

}  // namespace
}  // namespace postern::os::folder_lock_test
