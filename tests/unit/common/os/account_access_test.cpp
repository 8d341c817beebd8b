#include "common/os/account_access.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/temporary_folder.h"

namespace postern::os::account_access_test {
namespace {

constexpr uid_t kSomebody = 4711;
constexpr gid_t kTheirGroup = 4712;

class AccountAccess : public testing::Test {
 protected:
  AccountAccess() {
    std::filesystem::create_directory(folder_.path("etc"));
    file_ = folder_.write("etc/rules.yaml", "rules");
    for (const char* name : {"", "etc"}) mode(name, 0755);
    mode("etc/rules.yaml", 0644);
  }

  void mode(const std::string& name, mode_t bits) const {
    ASSERT_EQ(::chmod(folder_.path(name).c_str(), bits), 0);
  }
  [[nodiscard]] std::string barred(uid_t uid = kSomebody, std::vector<gid_t> groups = {}) const {
    return what_bars_reading(file_, {uid, std::move(groups)}).value_or("");
  }

  TemporaryFolder folder_;
  std::string file_;
};

TEST_F(AccountAccess, WhatAllMayReadIsRead) {
  EXPECT_EQ(barred(), "");
}

TEST_F(AccountAccess, AFileOfOthersIsNot) {
  mode("etc/rules.yaml", 0640);
  EXPECT_TRUE(barred().starts_with(file_ + " has owner ")) << barred();
  EXPECT_TRUE(barred().ends_with(", mode 0640"));
  EXPECT_EQ(barred(::getuid()), "") << "its owner";
  EXPECT_EQ(barred(0), "") << "root";
}

TEST_F(AccountAccess, TheGroupCountsBeforeTheOthers) {
  struct stat status {};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  mode("etc/rules.yaml", 0640);
  EXPECT_EQ(barred(kSomebody, {kTheirGroup, status.st_gid}), "");
  mode("etc/rules.yaml", 0604);
  EXPECT_NE(barred(kSomebody, {status.st_gid}), "");
  EXPECT_EQ(barred(kSomebody, {kTheirGroup}), "");
}

TEST_F(AccountAccess, AFolderThatCannotBeSearchedIsTheReason) {
  mode("etc", 0744);
  EXPECT_TRUE(barred().starts_with(folder_.path("etc") + " has owner ")) << barred();
  mode("etc", 0711);
  EXPECT_EQ(barred(), "") << "nobody lists it";
}

TEST_F(AccountAccess, LinksAreFollowed) {
  std::filesystem::create_directory(folder_.path("far"));
  std::filesystem::rename(file_, folder_.path("far/rules.yaml"));
  std::filesystem::create_symlink("../far/rules.yaml", file_);
  EXPECT_EQ(barred(), "");
  mode("far", 0700);
  EXPECT_TRUE(barred().find("/far has owner ") != std::string::npos) << barred();
}

// acl(5): the first kind of entry that fits decides, and the mask takes away from all but owner and
// others.
TEST_F(AccountAccess, AnAccessListDecidesAsTheKernelDoes) {
  using Entry = AccessListEntry;
  struct stat status {};
  status.st_uid = 1;
  status.st_gid = 2;
  const auto reads = [&](const AccessList& list, uid_t uid, std::vector<gid_t> groups) {
    return may({uid, std::move(groups)}, status, list, kMayRead);
  };
  const AccessList list = {
      {Entry::owner, 6, 0},        {Entry::user, 4, kSomebody},    {Entry::user, 0, 5},
      {Entry::owning_group, 0, 0}, {Entry::group, 4, kTheirGroup}, {Entry::mask, 4, 0},
      {Entry::other, 4, 0}};
  EXPECT_TRUE(reads(list, 1, {}));
  EXPECT_TRUE(reads(list, kSomebody, {2}));
  EXPECT_FALSE(reads(list, 5, {kTheirGroup})) << "their own entry comes first";
  EXPECT_FALSE(reads(list, 6, {2})) << "who is in a group is none of the others";
  EXPECT_TRUE(reads(list, 6, {2, kTheirGroup})) << "one of the groups is enough";
  EXPECT_TRUE(reads(list, 6, {}));
  AccessList masked = list;
  masked[5].permissions = 0;
  EXPECT_FALSE(reads(masked, kSomebody, {}));
  EXPECT_TRUE(reads(masked, 1, {}));
}

TEST_F(AccountAccess, OfWhatIsNotThereNothingIsKnown) {
  std::filesystem::remove(file_);
  EXPECT_EQ(barred(), "");
  EXPECT_FALSE(account_with_groups("no-such-account-here"));
  EXPECT_FALSE(account_with_groups("root", "no-such-group-here"));
  EXPECT_EQ(account_with_groups("root")->uid, 0U);
}

}  // namespace
}  // namespace postern::os::account_access_test
