// What root shows of files that the daemons' account cannot read.
#include "server/config/hidden_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "common/os/accounts.h"
#include "tests/support/temporary_folder.h"

namespace postern::config::hidden_files_test {
namespace {

using testing::HasSubstr;
using testing::Not;

class HiddenFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root sees what others cannot";
    settings_.user = "nobody";
    if (!os::find_user(settings_.user)) GTEST_SKIP() << "no account 'nobody' here";
    mode("", 0755);
    std::filesystem::create_directory(folder_.path("private"));
    mode("private", 0700);
    folder_.write("secret", "root:$6$salt$hash:19000::\n");
    mode("secret", 0600);
    folder_.write("private/open", "root:$6$salt$hash:19000::\n");
    folder_.write("l.txt", "a..b\n");
  }

  void mode(const std::string& name, mode_t bits) const {
    ASSERT_EQ(::chmod(folder_.path(name).c_str(), bits), 0);
  }
  // What is said of rules whose list is that file.
  [[nodiscard]] std::string said(const std::string& list, const std::string& rules = "rules.yaml") {
    const auto file = folder_.write(
        rules, "version: 1\nlists: { l: { kind: domain, file: " + list +
                   " } }\nrules: [{ name: l, when: { sender_domain: l }, then: reject }]\n");
    const auto read = RuleSource::files(file).load({});
    return HiddenFiles::of(settings_, read.files).shown(read.diagnostics).to_string();
  }

  TemporaryFolder folder_;
  Settings settings_;
};

TEST_F(HiddenFilesTest, WhatTheDaemonsCanReadIsShown) {
  EXPECT_THAT(said("l.txt"), HasSubstr("a..b"));
}

TEST_F(HiddenFilesTest, OfAFileThatTheyCannotNothingIs) {
  EXPECT_THAT(said("secret"), Not(HasSubstr("hash")));
  EXPECT_THAT(said("secret"),
              HasSubstr("secret:1:1: error: what it is, is not shown, as 'nobody' (user: of the "
                        "settings) cannot read the file: " +
                        folder_.path("secret") + " has owner root, group root, mode 0600"));
  EXPECT_THAT(said(folder_.path("secret")), Not(HasSubstr("hash")));
}

TEST_F(HiddenFilesTest, NorOfOneInAFolderThatTheyCannotEnter) {
  EXPECT_THAT(said("private/open"), Not(HasSubstr("hash")));
}

TEST_F(HiddenFilesTest, NorOfOneByALink) {
  std::filesystem::create_symlink("secret", folder_.path("link.txt"));
  EXPECT_THAT(said("link.txt"), Not(HasSubstr("hash")));
  std::filesystem::create_symlink("private", folder_.path("lists"));
  EXPECT_THAT(said("lists/open"), Not(HasSubstr("hash")));
}

// As root writes rules before they are put into their place.
TEST_F(HiddenFilesTest, RulesInAFolderOfRootsShowTheirOwnLists) {
  folder_.write("private/l.txt", "a..b\n");
  EXPECT_THAT(said("l.txt", "private/rules.yaml"), HasSubstr("a..b"));
  EXPECT_THAT(said("../secret", "private/rules.yaml"), Not(HasSubstr("hash")));
}

TEST_F(HiddenFilesTest, AnAccountThatIsNotThereHidesNothing) {
  settings_.user = "no-such-account-here";
  EXPECT_THAT(said("secret"), HasSubstr("hash"));
}

// Another file by the same path, after it was read.
TEST_F(HiddenFilesTest, WhatWasReadIsWhatCounts) {
  const auto file = folder_.write("rules.yaml", "version: 1\nrules: []\n");
  auto read = RuleSource::files(file).load({});
  EXPECT_TRUE(HiddenFiles::of(settings_, read.files).empty());
  std::filesystem::rename(file, file + ".old");
  folder_.write("rules.yaml", "version: 1\nrules: []\n");
  EXPECT_FALSE(HiddenFiles::of(settings_, read.files).empty());
}

}  // namespace
}  // namespace postern::config::hidden_files_test
