#include "common/mmdb/sealed_copy.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace postern::mmdb::sealed_copy_test {
namespace {

TEST(SealedCopy, IsReadByItsName) {
  const std::string bytes(100000, 'x');
  const auto copy = SealedCopy::of(bytes);
  ASSERT_TRUE(copy) << copy.error().text;
  std::ostringstream read;
  read << std::ifstream(copy->path()).rdbuf();
  EXPECT_EQ(read.str(), bytes);
}

TEST(SealedCopy, CanBeNeitherWrittenNorCut) {
  const auto copy = SealedCopy::of("bytes");
  ASSERT_TRUE(copy) << copy.error().text;
  const int fd = ::open(copy->path().c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(::pwrite(fd, "x", 1, 0), -1);
  EXPECT_EQ(::ftruncate(fd, 0), -1);
  EXPECT_EQ(::ftruncate(fd, 100), -1);
  ::close(fd);
}

}  // namespace
}  // namespace postern::mmdb::sealed_copy_test
