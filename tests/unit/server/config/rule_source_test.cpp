#include "server/config/rule_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "server/config/generation_store.h"
#include "tests/support/temporary_folder.h"

namespace postern::config::rule_source_test {
namespace {

using testing::HasSubstr;

class RuleFilesOnDisk : public testing::Test {
 protected:
  RulesRead read(const std::string& text, const LoadTarget& target = {}) {
    return RuleSource::files(folder_.write("rules.yaml", text)).load(target);
  }

  TemporaryFolder folder_;
};

TEST_F(RuleFilesOnDisk, ReadsTheRulesForTheDoorThatJudges) {
  const std::string text =
      "version: 1\nrules: [{ name: a, when: { header.subject: spam.example }, then: reject }]\n";
  EXPECT_TRUE(read(text, {Door::milter, DoorSet::all()}).snapshot);
  const auto passed_over = read(text, {Door::policy, DoorSet::all()});
  EXPECT_TRUE(passed_over.snapshot) << passed_over.diagnostics.to_string();
  EXPECT_FALSE(read(text, {Door::policy, {Door::policy}}).snapshot);
}

constexpr const char* kTwoLists =
    "version: 1\nlists:\n  a: { kind: domain, file: a.txt }\n"
    "  b: { kind: domain, file: a.txt }\n  c: { kind: domain, file: sub/c.txt }\n"
    "rules: [{ name: a, when: { sender_domain: [a, b], helo: c }, then: reject }]\n";

std::vector<std::string> paths_of(const RulesRead& read) {
  std::vector<std::string> paths;
  for (const SourceFile& file : read.files) paths.push_back(file.path);
  return paths;
}

TEST_F(RuleFilesOnDisk, TellsWhichFilesItRead) {
  const std::string a = folder_.write("a.txt", "a.example\n");
  std::filesystem::create_directory(folder_.path("sub"));
  const std::string c = folder_.write("sub/c.txt", "x.example\n");
  const auto result = read(kTwoLists);
  ASSERT_TRUE(result.snapshot) << result.diagnostics.to_string();
  EXPECT_THAT(paths_of(result), testing::ElementsAre(folder_.path("rules.yaml"), a, c));
  EXPECT_EQ(result.files[0].text, kTwoLists);
  EXPECT_EQ(result.files[1].text, "a.example\n");
  EXPECT_EQ(result.files[1].identity, os::identify_file(a));
  EXPECT_EQ(identities_of(result.files).at(c), os::identify_file(c));
}

TEST_F(RuleFilesOnDisk, NamesFilesThatCouldNotBeReadToo) {
  const std::string a = folder_.write("a.txt", "a.example\n");
  ASSERT_EQ(::chmod(a.c_str(), 0666), 0);
  const auto result = read(kTwoLists);
  EXPECT_FALSE(result.snapshot);
  EXPECT_THAT(paths_of(result),
              testing::ElementsAre(folder_.path("rules.yaml"), a, folder_.path("sub/c.txt")));
  EXPECT_FALSE(result.files[1].identity.there);
  EXPECT_EQ(result.files[1].looked_at, os::identify_file(a));
  EXPECT_FALSE(result.files[2].looked_at.there);
}

TEST_F(RuleFilesOnDisk, ARuleFileThatIsNotThereIsNamed) {
  const auto result = RuleSource::files(folder_.path("none.yaml")).load({});
  EXPECT_FALSE(result.snapshot);
  EXPECT_THAT(paths_of(result), testing::ElementsAre(folder_.path("none.yaml")));
  EXPECT_EQ(result.diagnostics.errors(), 1);
}

// A deployment: all files change at once, again and again. What is read is of one of them.
TEST_F(RuleFilesOnDisk, ReadsOneStateOfAllFilesAndNoneInBetween) {
  namespace fs = std::filesystem;
  const auto deploy = [this](int round) {
    const std::string release = "release-" + std::to_string(round);
    fs::create_directory(folder_.path(release));
    for (const char* name : {"/a.txt", "/c.txt"}) {
      folder_.write(release + name, "w" + std::to_string(round) + ".example\n");
    }
    fs::create_symlink(release, folder_.path("next"));
    fs::rename(folder_.path("next"), folder_.path("current"));
  };
  deploy(0);
  fs::create_directory(folder_.path("sub"));
  fs::create_symlink("current/a.txt", folder_.path("a.txt"));
  fs::create_symlink("../current/c.txt", folder_.path("sub/c.txt"));
  const std::string file = folder_.write("rules.yaml", kTwoLists);
  std::atomic<bool> enough{false};
  std::thread writer([&] {
    for (int round = 1; !enough; ++round) {
      deploy(round);
      std::this_thread::sleep_for(std::chrono::milliseconds(round % 40));
    }
  });
  int read_well = 0;
  for (int round = 0; round < 200 && read_well < 20; ++round) {
    const auto result = RuleSource::files(file).load({});
    if (!result.snapshot) {
      EXPECT_THAT(result.diagnostics.to_string(), HasSubstr("changes while it is read"));
      continue;
    }
    ++read_well;
    EXPECT_EQ(result.files[1].text, result.files[2].text);
  }
  enough = true;
  writer.join();
  EXPECT_GT(read_well, 0);
}

TEST_F(RuleFilesOnDisk, AFileThatNeverRestsIsAnError) {
  const std::string file = folder_.write("rules.yaml", "version: 1\nrules: []\n");
  std::atomic<bool> enough{false};
  std::promise<void> has_begun;
  std::thread writer([&] {
    for (int round = 0; !enough; ++round) {
      std::ofstream(file, std::ios::app) << "#\n";
      if (round == 0) has_begun.set_value();
    }
  });
  has_begun.get_future().wait();
  // Once more while it was the writer's bad luck that it had no turn during a whole reading.
  RulesRead result;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  do {
    result = RuleSource::files(file).load({});
  } while (result.snapshot && std::chrono::steady_clock::now() < until);
  enough = true;
  writer.join();
  EXPECT_FALSE(result.snapshot);
  EXPECT_THAT(result.diagnostics.to_string(),
              HasSubstr("found a file that changes while it is read"));
  EXPECT_EQ(result.diagnostics.errors(), 1);
}

TEST_F(RuleFilesOnDisk, ListsThatDidNotChangeAreShared) {
  folder_.write("a.txt", "a.example\n");
  std::filesystem::create_directory(folder_.path("sub"));
  folder_.write("sub/c.txt", "x.example\n");
  const auto result = read(kTwoLists);
  const auto before = result.snapshot;
  ASSERT_TRUE(before) << result.diagnostics.to_string();
  folder_.write("sub/c.txt", "x.example\ny.example\n");
  const auto after =
      RuleSource::files(folder_.path("rules.yaml")).load({}, 2, before.get()).snapshot;
  ASSERT_TRUE(after);
  EXPECT_EQ(after->lists()[0], before->lists()[0]);
  EXPECT_NE(after->lists()[2], before->lists()[2]);
}

constexpr const char* kOneList =
    "version: 1\nlists: { bad: { kind: domain, file: lists/bad.txt } }\n"
    "rules: [{ name: a, when: { sender_domain: bad }, then: reject }]\n";

TEST(RuleTexts, AreAllThatTheRulesAreMadeOf) {
  const std::vector<SourceFile> files{{"/nowhere/rules.yaml", kOneList, {}},
                                      {"/nowhere/lists/bad.txt", "bad.example\n", {}}};
  const auto read = RuleSource::edited(files).load({}, 12);
  ASSERT_TRUE(read.snapshot) << read.diagnostics.to_string();
  EXPECT_EQ(read.snapshot->generation(), 12U);
  EXPECT_EQ(read.snapshot->lists().at(0)->entries().size(), 1U);
}

TEST(RuleTexts, AListThatIsNotAmongThemIsAnError) {
  const std::vector<SourceFile> files{{"/nowhere/rules.yaml", kOneList, {}}};
  const auto read = RuleSource::edited(files).load({});
  EXPECT_FALSE(read.snapshot);
  EXPECT_THAT(read.diagnostics.to_string(), HasSubstr("/nowhere/lists/bad.txt"));
  EXPECT_FALSE(RuleSource::edited({}).load({}).snapshot);
}

TEST(StoredRules, ThatAreGoneAreAnError) {
  const TemporaryFolder folder;
  auto store = GenerationStore::open(folder.path("state")).value();
  ASSERT_TRUE(store.save({{"/nowhere/rules.yaml", "version: 1\nrules: []\n", {}}}, {}));
  const auto source = RuleSource::stored(store, *store.find(1));
  const auto read = source.load({}, 1);
  EXPECT_TRUE(read.snapshot) << read.diagnostics.to_string();
  EXPECT_EQ(read.files.at(0).path, "/nowhere/rules.yaml");
  std::filesystem::remove(store.folder() + "/1/rules.yaml");
  const auto gone = source.load({}, 1);
  EXPECT_FALSE(gone.snapshot);
  EXPECT_THAT(gone.diagnostics.to_string(), HasSubstr("generation 1 is not whole"));
}

TEST(ResolveBeside, KeepsAbsolutePathsAndJoinsOthers) {
  EXPECT_EQ(resolve_beside("/etc/postern/postern.yaml", "rules.yaml"), "/etc/postern/rules.yaml");
  EXPECT_EQ(resolve_beside("/etc/postern/postern.yaml", "/srv/rules.yaml"), "/srv/rules.yaml");
  EXPECT_EQ(resolve_beside("postern.yaml", "rules.yaml"), "rules.yaml");
}

}  // namespace
}  // namespace postern::config::rule_source_test
