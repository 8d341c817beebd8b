#include "common/os/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <iterator>

#include "tests/support/temporary_folder.h"

namespace postern::os::atomic_file_test {
namespace {

namespace fs = std::filesystem;

class AtomicFile : public testing::Test {
 protected:
  std::string read(const std::string& name) const {
    std::ifstream file(folder_.path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_.path("")), fs::directory_iterator()));
  }

  TemporaryFolder folder_;
};

TEST_F(AtomicFile, ReplacesTheTextAndLeavesNothingElse) {
  const std::string path = folder_.write("file", "old");
  ASSERT_TRUE(replace_file(path, std::string_view("n\0w\r\n", 5)));
  EXPECT_EQ(read("file"), std::string("n\0w\r\n", 5));
  EXPECT_EQ(files(), 1U);
}

TEST_F(AtomicFile, ANewOneIsForEverybodyOrForItsOwner) {
  ASSERT_TRUE(replace_file(folder_.path("open"), "new"));
  ASSERT_TRUE(replace_file(folder_.path("closed"), "new", NewReaders::owner));
  ASSERT_TRUE(replace_file(folder_.path("open"), "newer", NewReaders::owner));
  struct stat made {};
  ASSERT_EQ(::stat(folder_.path("open").c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777U, 0644U) << "of one that is there the mode stays";
  ASSERT_EQ(::stat(folder_.path("closed").c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777U, 0600U);
}

TEST_F(AtomicFile, KeepsModeOwnerAndAttributes) {
  const std::string path = folder_.write("file", "old");
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  const bool root = ::geteuid() == 0;
  if (root) {
    ASSERT_EQ(::chown(path.c_str(), 12345, 54321), 0);
  }
  const bool attributes = ::setxattr(path.c_str(), "user.note", "x", 1, 0) == 0;
  struct stat before {};
  ASSERT_EQ(::stat(path.c_str(), &before), 0);

  ASSERT_TRUE(replace_file(path, "new"));

  struct stat after {};
  ASSERT_EQ(::stat(path.c_str(), &after), 0);
  EXPECT_NE(after.st_ino, before.st_ino);
  EXPECT_EQ(after.st_mode, before.st_mode);
  EXPECT_EQ(after.st_uid, before.st_uid);
  EXPECT_EQ(after.st_gid, before.st_gid);
  char value = 0;
  if (attributes) {
    EXPECT_EQ(::getxattr(path.c_str(), "user.note", &value, 1), 1);
  }
}

TEST_F(AtomicFile, AFileThatIsNewCanBeReadByAll) {
  ASSERT_TRUE(replace_file(folder_.path("file"), "new"));
  struct stat status {};
  ASSERT_EQ(::stat(folder_.path("file").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0644U);
}

TEST_F(AtomicFile, ReplacesWhatALinkLeadsTo) {
  fs::create_directory(folder_.path("real"));
  folder_.write("real/file", "old");
  fs::create_symlink("real/file", folder_.path("link"));
  ASSERT_TRUE(replace_file(folder_.path("link"), "new"));
  EXPECT_TRUE(fs::is_symlink(folder_.path("link")));
  EXPECT_EQ(read("real/file"), "new");
}

TEST_F(AtomicFile, ALinkToNowhereIsAnError) {
  fs::create_symlink("nowhere", folder_.path("link"));
  EXPECT_FALSE(replace_file(folder_.path("link"), "new"));
  EXPECT_TRUE(fs::is_symlink(folder_.path("link")));
}

TEST_F(AtomicFile, AnythingButAFileIsAnError) {
  fs::create_directory(folder_.path("folder"));
  EXPECT_FALSE(replace_file(folder_.path("folder"), "new"));
  EXPECT_FALSE(replace_file(folder_.path("missing/file"), "new"));
}

TEST_F(AtomicFile, PreparedAloneChangesNothing) {
  const std::string path = folder_.write("file", "old");
  {
    const auto replacement = FileReplacement::prepare(path, "new");
    ASSERT_TRUE(replacement);
    EXPECT_EQ(files(), 2U);
  }
  EXPECT_EQ(read("file"), "old");
  EXPECT_EQ(files(), 1U);
}

// kill -9 between the steps: nothing of the process is left but what is on the disk.
TEST_F(AtomicFile, WhoDiesInTheMiddleLeavesTheOldFileOrTheNewOne) {
  const std::string path = folder_.write("list.txt", "old");
  enum class DiesAfter { prepare, commit };
  for (const DiesAfter step : {DiesAfter::prepare, DiesAfter::commit}) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto replacement = FileReplacement::prepare(path, "new");
      if (!replacement) ::_exit(1);
      if (step == DiesAfter::commit && !replacement->commit()) ::_exit(2);
      ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    EXPECT_EQ(read("list.txt"), step == DiesAfter::prepare ? "old" : "new");
  }
  // What was prepared stays behind under a name that is no list's and no other writer's.
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder_.path(""))) {
    const std::string name = entry.path().filename();
    if (name != "list.txt") left.push_back(name);
  }
  ASSERT_EQ(left.size(), 1U);
  EXPECT_TRUE(left.front().starts_with(".list.txt."));
  ASSERT_TRUE(replace_file(path, "newer"));
  EXPECT_EQ(read("list.txt"), "newer");
}

TEST_F(AtomicFile, WhatCannotBeSettledIsAnError) {
  fs::create_directory(folder_.path("lists"));
  const std::string path = folder_.write("lists/file", "old");
  auto replacement = FileReplacement::prepare(path, "new");
  ASSERT_TRUE(replacement);
  ASSERT_TRUE(replacement->commit());
  EXPECT_TRUE(replacement->settle());
  EXPECT_EQ(read("lists/file"), "new") << "it was in place before";
  fs::remove_all(folder_.path("lists"));
  const auto settled = replacement->settle();
  ASSERT_FALSE(settled) << "there is nothing that a power failure would leave";
  EXPECT_NE(settled.error().text.find(folder_.path("lists")), std::string::npos);
}

TEST_F(AtomicFile, WhatSomebodyElseHasWrittenMeanwhileStays) {
  const std::string path = folder_.write("file", "old");
  auto replacement = FileReplacement::prepare(path, "new");
  ASSERT_TRUE(replacement);
  folder_.write("file", "of somebody else");
  const auto committed = replacement->commit();
  ASSERT_FALSE(committed);
  EXPECT_NE(committed.error().text.find("somebody else"), std::string::npos);
  EXPECT_EQ(read("file"), "of somebody else");
}

}  // namespace
}  // namespace postern::os::atomic_file_test
