#include "common/os/text_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/temporary_folder.h"

namespace postern::os::text_file_test {
namespace {

class TextFile : public testing::Test {
 protected:
  void expect_error(const std::string& path, std::size_t max_bytes, const std::string& text) {
    const auto read = read_text_file(path, max_bytes);
    ASSERT_FALSE(read) << path;
    EXPECT_NE(read.error().text.find(text), std::string::npos) << read.error().text;
    EXPECT_NE(read.error().text.find(path), std::string::npos) << read.error().text;
  }

  TemporaryFolder folder_;
};

TEST_F(TextFile, ReadsAllOfIt) {
  for (const std::size_t size : {0U, 1U, 4095U, 4096U, 100000U}) {
    const std::string text(size, 'x');
    const auto read = read_text_file(folder_.write("file", text), 100000);
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(*read, text);
  }
}

TEST_F(TextFile, SaysWhichFileItWas) {
  const std::string path = folder_.write("file", "text");
  const auto read = read_identified_file(path, 100);
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->text, "text");
  EXPECT_EQ(read->identity, identify_file(path));
}

TEST_F(TextFile, KeepsBytesAsTheyAre) {
  const std::string text("a\0\r\n\xff", 5);
  EXPECT_EQ(read_text_file(folder_.write("file", text), 100).value_or(""), text);
}

TEST_F(TextFile, ReadsThroughALink) {
  folder_.write("file", "text");
  std::filesystem::create_symlink(folder_.path("file"), folder_.path("link"));
  EXPECT_EQ(read_text_file(folder_.path("link"), 100).value_or(""), "text");
}

TEST_F(TextFile, ReadsWhatHasNoSizeOfItsOwn) {
  const auto read = read_text_file("/proc/self/status", 1 << 20);
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_NE(read->find("Name:"), std::string::npos);
}

TEST_F(TextFile, RefusesMoreThanTheLimit) {
  expect_error(folder_.write("file", std::string(101, 'x')), 100, "more than 100 bytes");
  EXPECT_TRUE(read_text_file(folder_.write("file", std::string(100, 'x')), 100));
}

TEST_F(TextFile, RefusesWhatEverybodyMayWrite) {
  const std::string path = folder_.write("file", "text");
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  expect_error(path, 100, "chmod o-w");
}

TEST_F(TextFile, RefusesWhatIsNoFile) {
  expect_error(folder_.path("nothing"), 100, "No such file");
  std::filesystem::create_directory(folder_.path("folder"));
  expect_error(folder_.path("folder"), 100, "regular file");
  ASSERT_EQ(::mkfifo(folder_.path("fifo").c_str(), 0600), 0);
  expect_error(folder_.path("fifo"), 100, "regular file");
  expect_error("/dev/null", 100, "regular file");
}

// Also where openat2(2) is not there, as below RestrictSUIDSGID= of a unit.
TEST_F(TextFile, FollowsNoLinkWhereNoneIsWanted) {
  std::filesystem::create_directories(folder_.path("a/b"));
  folder_.write("a/b/file", "text");
  const auto read = [&](const std::string& path) {
    return read_identified_file(folder_.path(path), 100, Links::refuse);
  };
  EXPECT_EQ(read("a/b/file").value().text, "text");
  EXPECT_EQ(read("a//b/../b/file").value().text, "text");
  std::filesystem::create_symlink("file", folder_.path("a/b/link"));
  std::filesystem::create_symlink("b", folder_.path("a/c"));
  for (const char* path : {"a/b/link", "a/c/file", "a/b/none", "a/b/file/", "a/b/"}) {
    EXPECT_FALSE(read(path)) << path;
  }
  EXPECT_EQ(read_identified_file(folder_.path("a/c/link"), 100).value().text, "text");
}

}  // namespace
}  // namespace postern::os::text_file_test
