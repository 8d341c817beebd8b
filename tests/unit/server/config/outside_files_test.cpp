#include "server/config/outside_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temporary_folder.h"

namespace postern::config::outside_files_test {
namespace {

using testing::HasSubstr;
using testing::Not;

class SecretFile : public testing::Test {
 protected:
  Result<std::string> read(const std::string& text, mode_t mode = 0640) {
    const std::string path = folder_.write("key", text);
    ::chmod(path.c_str(), mode);
    return read_secret_file(path);
  }
  std::string error(const std::string& text, mode_t mode = 0640) {
    const auto read_now = read(text, mode);
    return read_now ? "read " + *read_now : read_now.error().text;
  }

  TemporaryFolder folder_;
};

TEST_F(SecretFile, HasOneLine) {
  EXPECT_EQ(read("s3cret").value(), "s3cret");
  EXPECT_EQ(read(" s3cret \r\n").value(), "s3cret");
  EXPECT_THAT(error(""), HasSubstr("found no line"));
  EXPECT_THAT(error("\n\n"), HasSubstr("found no line"));
  EXPECT_THAT(error("s3cret\nmore\n"), HasSubstr("found more than one line"));
  EXPECT_THAT(error(std::string(257, 's')), HasSubstr("found more than 256 bytes"));
}

TEST_F(SecretFile, IsNotReadWhenOthersMayReadOrWriteIt) {
  for (const mode_t mode : {0600U, 0400U, 0640U, 0440U}) EXPECT_TRUE(read("s3cret", mode)) << mode;
  for (const mode_t mode : {0644U, 0660U, 0604U, 0602U, 0601U, 0650U}) {
    EXPECT_THAT(error("s3cret", mode), HasSubstr("want one of mode 0640")) << mode;
  }
}

TEST_F(SecretFile, ThatIsNotThereIsNamed) {
  EXPECT_THAT(read_secret_file(folder_.path("gone")).error().text, HasSubstr("gone"));
}

TEST_F(SecretFile, NoErrorQuotesIt) {
  for (const char* text : {"s3cret\nmore", "s3cret"}) {
    EXPECT_THAT(error(text, 0644), Not(HasSubstr("s3cret")));
  }
  EXPECT_THAT(error("s3cret\nmore"), Not(HasSubstr("s3cret")));
}

TEST(PublicSuffixFile, IsThatOfThisMachineOrNone) {
  EXPECT_EQ(read_public_suffixes()->registrable("a.b.example.co.uk"), "example.co.uk");
}

}  // namespace
}  // namespace postern::config::outside_files_test
