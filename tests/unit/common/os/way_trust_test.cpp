// Over what root writes by whose links and folders. Only root can give a folder away.
#include "common/os/way_trust.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "common/os/atomic_file.h"
#include "common/os/new_file.h"
#include "tests/support/temporary_folder.h"

namespace postern::os::way_trust_test {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kSomebody = 4711;
constexpr uid_t kAnother = 4712;

class WayTrust : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
    for (const char* name : {"etc", "etc/lists", "srv"}) fs::create_directory(at(name));
    folder_.write("etc/lists/a.txt", "list");
    folder_.write("srv/secret", "secret");
  }

  [[nodiscard]] std::string at(const std::string& name) const { return folder_.path(name); }
  void give(const std::string& name, uid_t uid, gid_t gid = 0) const {
    ASSERT_EQ(::lchown(at(name).c_str(), uid, gid), 0);
  }
  void link(const std::string& target, const std::string& name, uid_t owner) const {
    fs::remove(at(name));
    fs::create_symlink(target, at(name));
    give(name, owner);
  }
  // Empty: root may replace it.
  [[nodiscard]] std::string stranger(const std::string& name) const {
    return stranger_on_way(FilePlace::find(at(name)).value()).value_or("");
  }

  TemporaryFolder folder_;
};

TEST_F(WayTrust, WhatIsAllRootsIsReplaced) {
  EXPECT_EQ(stranger("etc/lists/a.txt"), "");
  link("../../srv/secret", "etc/lists/a.txt", 0);
  EXPECT_EQ(stranger("etc/lists/a.txt"), "") << "by a link of root's, where it may be";
  link("../srv", "etc/folder", 0);
  EXPECT_EQ(stranger("etc/folder/secret"), "");
}

TEST_F(WayTrust, AListOfItsFoldersOwnerIsReplaced) {
  give("etc/lists", kSomebody);
  give("etc/lists/a.txt", kSomebody);
  EXPECT_EQ(stranger("etc/lists/a.txt"), "");
  link("a.txt", "etc/lists/link.txt", kSomebody);
  EXPECT_EQ(stranger("etc/lists/link.txt"), "") << "its owner could write it without a link";
}

TEST_F(WayTrust, ALinkOfSomebodyElseIsNot) {
  link("../../srv/secret", "etc/lists/a.txt", kSomebody);
  EXPECT_EQ(stranger("etc/lists/a.txt"),
            "the link " + at("etc/lists/a.txt") + " belongs to 4711, and " + at("srv/secret") +
                ", where it leads, to root; want both to be 4711's, or the link root's (chown -h "
                "root " +
                at("etc/lists/a.txt") + ")");
  give("srv/secret", kAnother);
  EXPECT_NE(stranger("etc/lists/a.txt"), "") << "nor to a third";
}

TEST_F(WayTrust, AFolderOfSomebodyElseIsNot) {
  give("etc/lists", kSomebody);
  EXPECT_EQ(stranger("etc/lists/a.txt"),
            "the folder " + at("etc/lists") + " belongs to 4711, and " + at("etc/lists/a.txt") +
                ", where it leads, to root; want both to be 4711's, or the folder root's (chown "
                "root " +
                at("etc/lists") + ")");
  link("../../srv", "etc/lists/sub", kSomebody);
  EXPECT_NE(stranger("etc/lists/sub/secret"), "");
}

TEST_F(WayTrust, ALinkOfRootsThatOthersCouldHaveBroughtIsNot) {
  link("../../srv/secret", "etc/lists/a.txt", 0);
  give("etc/lists", 0, kSomebody);
  ASSERT_EQ(::chmod(at("etc/lists").c_str(), 0775), 0);
  EXPECT_NE(stranger("etc/lists/a.txt").find("others than root may write"), std::string::npos);
  ASSERT_EQ(::chmod(at("etc/lists").c_str(), 0755), 0);
  EXPECT_EQ(stranger("etc/lists/a.txt"), "");
}

TEST_F(WayTrust, WhatIsNewTakesNothingAway) {
  give("etc/lists", kSomebody);
  EXPECT_EQ(stranger("etc/lists/new.txt"), "");
  link("../../srv", "etc/lists/sub", kSomebody);
  EXPECT_NE(stranger("etc/lists/sub/new.txt"), "") << "but where a link leads it may";
}

TEST_F(WayTrust, ReplacingSaysWhyNot) {
  link("../../srv/secret", "etc/lists/a.txt", kSomebody);
  const auto replaced = replace_file(at("etc/lists/a.txt"), "new");
  ASSERT_FALSE(replaced);
  EXPECT_TRUE(replaced.error().text.starts_with("will not replace " + at("srv/secret") +
                                                " as root: the link " + at("etc/lists/a.txt")));
  EXPECT_EQ(std::distance(fs::directory_iterator(at("srv")), fs::directory_iterator()), 1);
}

TEST_F(WayTrust, WhatRootMakesIsTheFoldersOwners) {
  give("etc/lists", kSomebody, kAnother);
  ASSERT_TRUE(replace_file(at("etc/lists/new.txt"), "new"));
  const auto deep = make_folders_for(at("etc/lists/x/y/z.txt"));
  ASSERT_TRUE(deep) << deep.error().text;
  ASSERT_TRUE(make_file(*deep, "z"));
  for (const char* name : {"etc/lists/new.txt", "etc/lists/x", "etc/lists/x/y/z.txt"}) {
    struct stat status {};
    ASSERT_EQ(::lstat(at(name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_uid, kSomebody) << name;
    EXPECT_EQ(status.st_gid, kAnother) << name;
  }
  ASSERT_TRUE(replace_file(at("etc/new.txt"), "new"));
  struct stat status {};
  ASSERT_EQ(::lstat(at("etc/new.txt").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 0U);
}

TEST_F(WayTrust, NothingIsMadeThroughALinkOfSomebodyElse) {
  give("etc/lists", kSomebody);
  link("../../srv", "etc/lists/new", kSomebody);
  EXPECT_FALSE(make_folders_for(at("etc/lists/new/lists/a.txt")));
  const auto place = FilePlace::find(at("etc/lists/new/b.txt"));
  ASSERT_TRUE(place);
  EXPECT_FALSE(make_file(*place, "b"));
  EXPECT_EQ(std::distance(fs::directory_iterator(at("srv")), fs::directory_iterator()), 1);
}

TEST_F(WayTrust, NothingIsMadeOverWhatIsThere) {
  const auto place = FilePlace::find(at("etc/lists/b.txt"));
  ASSERT_TRUE(place);
  link("../../srv/secret", "etc/lists/b.txt", 0);
  EXPECT_FALSE(make_file(*place, "b"));
  EXPECT_EQ(fs::file_size(at("srv/secret")), 6U);
}

TEST_F(WayTrust, NothingIsShownThatWhoLedThereCouldNotRead) {
  const auto shown = [&](const std::string& name) {
    return refuse_to_show_as_root(FilePlace::find(at(name)).value()).has_value();
  };
  ASSERT_EQ(::chmod(at("").c_str(), 0755), 0);
  link("../../srv/secret", "etc/lists/a.txt", kSomebody);
  EXPECT_TRUE(shown("etc/lists/a.txt")) << "everybody may read it";
  ASSERT_EQ(::chmod(at("srv/secret").c_str(), 0600), 0);
  EXPECT_FALSE(shown("etc/lists/a.txt"));
  EXPECT_TRUE(shown("srv/secret")) << "by root's own way";
  give("srv/secret", kSomebody);
  EXPECT_TRUE(shown("etc/lists/a.txt"));
  ASSERT_EQ(::chmod(at("srv").c_str(), 0700), 0);
  EXPECT_FALSE(shown("etc/lists/a.txt")) << "not in that folder";
}

// A program's right to more than its account may is nothing that a text inherits.
TEST_F(WayTrust, ATextBecomesNoProgram) {
  ASSERT_EQ(::chmod(at("etc/lists/a.txt").c_str(), 04755), 0);
  ASSERT_TRUE(replace_file(at("etc/lists/a.txt"), "new"));
  struct stat status {};
  ASSERT_EQ(::lstat(at("etc/lists/a.txt").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0755U);
}

}  // namespace
}  // namespace postern::os::way_trust_test
