#include "ctl/rollback/restore_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/temporary_folder.h"

namespace postern::ctl::restore_files_test {
namespace {

namespace fs = std::filesystem;

// The rules in one folder; beside it another, which is none of theirs.
class RestoreFiles : public testing::Test {
 protected:
  RestoreFiles() {
    for (const char* name : {"etc", "etc/lists", "other"}) fs::create_directory(at(name));
    write("etc/postern.yaml", "settings");
    write("etc/rules.yaml", "rules");
    write("other/passwd", "secret");
  }

  [[nodiscard]] std::string at(const std::string& name) const { return folder_.path(name); }
  void write(const std::string& name, const std::string& text) const { folder_.write(name, text); }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(at(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  [[nodiscard]] std::vector<config::SourceFile> files(const std::vector<std::string>& names) const {
    std::vector<config::SourceFile> made;
    for (const std::string& name : names) made.push_back({at(name), "new", {}});
    return made;
  }

  [[nodiscard]] RollbackPlan plan(const std::vector<std::string>& names) const {
    RollbackPlan made;
    for (const std::string& name : names) {
      made.files.emplace_back();
      made.files.back().path = at(name);
    }
    return made;
  }

  // Whether these files of a generation may be written, when the present rules name others.
  [[nodiscard]] bool allowed(const std::vector<std::string>& wanted,
                             const std::vector<std::string>& now = {"etc/rules.yaml"}) const {
    return check_places(plan(wanted), files(now), {at("etc/rules.yaml"), at("etc/postern.yaml")})
        .has_value();
  }

  // Where the file of that path is kept.
  [[nodiscard]] static std::string saved(const std::string& path) {
    return save_beside(os::FilePlace::find(path).value()).value().path();
  }

  TemporaryFolder folder_;
};

TEST_F(RestoreFiles, TheNotesForALaterRollbackMayNot) {
  EXPECT_FALSE(allowed({"etc/.rules.yaml.vouched"}));
  EXPECT_FALSE(allowed({"etc/.rules.yaml.history"}));
  EXPECT_FALSE(allowed({"etc/.rules.yaml.rollback"}));
  EXPECT_TRUE(allowed({"etc/.lists.txt"}));
}

TEST_F(RestoreFiles, WhatLiesBelowTheRuleFileMayComeBack) {
  EXPECT_TRUE(allowed({"etc/rules.yaml", "etc/gone.txt", "etc/lists/gone.txt"}));
  EXPECT_TRUE(allowed({"etc/new-folder/gone.txt"}));
}

TEST_F(RestoreFiles, WhatLiesElsewhereMayNot) {
  const auto places =
      check_places(plan({"etc/rules.yaml", "other/passwd"}), files({"etc/rules.yaml"}),
                   {at("etc/rules.yaml"), at("etc/postern.yaml")});
  ASSERT_FALSE(places);
  EXPECT_EQ(places.error().text, "that generation has " + at("other/passwd") +
                                     ", which the present rules do not name and which is not "
                                     "below " +
                                     at("etc") + ": nothing is written");
  EXPECT_FALSE(allowed({"etc/lists/../../other/passwd"}));
  EXPECT_FALSE(allowed({"etc-2/new.txt"})) << "a name that begins alike";
}

TEST_F(RestoreFiles, WhatThePresentRulesNameMay) {
  EXPECT_TRUE(allowed({"other/passwd"}, {"etc/rules.yaml", "other/passwd"}));
}

TEST_F(RestoreFiles, TheSettingsFileNeverMay) {
  EXPECT_FALSE(allowed({"etc/postern.yaml"}));
  EXPECT_FALSE(allowed({"etc/postern.yaml"}, {"etc/rules.yaml", "etc/postern.yaml"}));
  fs::create_symlink("../postern.yaml", at("etc/lists/a.txt"));
  EXPECT_FALSE(allowed({"etc/lists/a.txt"}, {"etc/rules.yaml", "etc/lists/a.txt"}));
}

TEST_F(RestoreFiles, LinksThatLeadOutOfTheFolderAreFollowed) {
  fs::create_symlink("../other", at("etc/out"));
  fs::create_symlink("../other/passwd", at("etc/one.txt"));
  fs::create_symlink("lists", at("etc/in"));
  EXPECT_FALSE(allowed({"etc/out/new.txt"}));
  EXPECT_FALSE(allowed({"etc/one.txt"}));
  EXPECT_TRUE(allowed({"etc/one.txt"}, {"etc/rules.yaml", "etc/one.txt"})) << "as it is used now";
  EXPECT_TRUE(allowed({"etc/in/new.txt"}));
  fs::create_symlink("../other/nowhere", at("etc/lost.txt"));
  EXPECT_FALSE(allowed({"etc/lost.txt"})) << "it would be made there";
}

TEST_F(RestoreFiles, WhatIsSavedHasTheFirstNameThatIsFree) {
  write("etc/rules.yaml", "first");
  EXPECT_EQ(saved(at("etc/rules.yaml")), at("etc/rules.yaml.before-rollback"));
  EXPECT_EQ(saved(at("etc/rules.yaml")), at("etc/rules.yaml.before-rollback.2"));
  write("etc/rules.yaml.before-rollback.4", "of somebody else");
  EXPECT_EQ(saved(at("etc/rules.yaml")), at("etc/rules.yaml.before-rollback.3"));
  EXPECT_EQ(saved(at("etc/rules.yaml")), at("etc/rules.yaml.before-rollback.5"));
  EXPECT_EQ(read("etc/rules.yaml.before-rollback"), "first");
  EXPECT_EQ(read("etc/rules.yaml.before-rollback.4"), "of somebody else");
}

TEST_F(RestoreFiles, WhatALinkLeadsToIsSavedThere) {
  fs::create_symlink("../other/passwd", at("etc/one.txt"));
  EXPECT_EQ(saved(at("etc/one.txt")),
            fs::canonical(at("other")).string() + "/passwd.before-rollback");
}

TEST_F(RestoreFiles, WhatIsNotThereCannotBeSaved) {
  EXPECT_FALSE(save_beside(os::FilePlace::find(at("etc/gone.txt")).value()));
}

TEST_F(RestoreFiles, AllIsWrittenOrNothing) {
  RollbackPlan plan;
  plan.files.push_back({at("etc/rules.yaml"), "new", "rules", {}, true});
  plan.files.push_back({at("gone/lists.txt"), "new", std::nullopt, {}, false});
  WrittenFiles written;
  const auto wanted = files({"etc/rules.yaml"});
  EXPECT_FALSE(write_plan(plan, wanted, 3, written)) << "there is no such folder";
  EXPECT_EQ(read("etc/rules.yaml"), "rules");
  EXPECT_FALSE(fs::exists(at("etc/rules.yaml.before-rollback"))) << "nothing to keep";

  plan.files.pop_back();
  written.saved.clear();
  ASSERT_TRUE(write_plan(plan, wanted, 3, written));
  EXPECT_EQ(read("etc/rules.yaml"), "new");
  EXPECT_FALSE(written.unmarked);
  EXPECT_EQ(written.saved, std::vector<std::string>{at("etc/rules.yaml.before-rollback")});
}

}  // namespace
}  // namespace postern::ctl::restore_files_test
