#include "common/os/secret_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace postern::os::secret_file_test {
namespace {

mode_t mode_of(const std::string& path) {
  struct ::stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

TEST(SecretFile, IsMadeOnceForItsOwnerAlone) {
  const TemporaryFolder folder;
  const std::string inner = folder.path("store");
  const auto secret = secret_in_file(inner, "key");
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret_in_file(inner, "key"), secret);
  EXPECT_EQ(read_secret_file(inner + "/key"), secret);
  EXPECT_EQ(mode_of(inner), 0700U);
  EXPECT_EQ(mode_of(inner + "/key"), 0600U);
}

TEST(SecretFile, IsOneForAllWhoMakeItAtOnce) {
  const TemporaryFolder folder;
  std::vector<Result<FileSecret>> secrets(8);
  std::vector<std::thread> threads;
  for (auto& secret : secrets) {
    threads.emplace_back([&] { secret = secret_in_file(folder.path("store"), "key"); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& secret : secrets) {
    ASSERT_TRUE(secret);
    EXPECT_EQ(*secret, *secrets.front());
  }
}

TEST(SecretFile, IsNotTakenFromAFileThatHasNone) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path("store"));
  std::ofstream(folder.path("store/key")) << "too short";
  const auto secret = secret_in_file(folder.path("store"), "key");
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().text, "found no key of 32 bytes in " + folder.path("store/key"));
}

TEST(SecretFile, IsNotLookedForBehindALink) {
  const TemporaryFolder folder;
  ASSERT_TRUE(secret_in_file(folder.path("store"), "elsewhere"));
  std::filesystem::create_symlink("elsewhere", folder.path("store/key"));
  EXPECT_FALSE(secret_in_file(folder.path("store"), "key"));
}

}  // namespace
}  // namespace postern::os::secret_file_test
