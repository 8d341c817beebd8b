#include "server/config/rollback_mark.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "common/os/atomic_file.h"
#include "server/config/generation_store.h"
#include "tests/support/temporary_folder.h"

namespace postern::config::rollback_mark_test {
namespace {

namespace fs = std::filesystem;

const UtcTime kTime{std::chrono::seconds(1795284000)};

// A rule file and a list, and what a rollback does with them.
class RollbackMark : public testing::Test {
 protected:
  RollbackMark() { fs::create_directory(folder_.path("lists")); }

  void write(const std::string& rules, const std::string& list) const {
    ASSERT_TRUE(os::replace_file(folder_.path("rules.yaml"), rules));
    ASSERT_TRUE(os::replace_file(folder_.path("lists/l.txt"), list));
  }

  // As a daemon reads them.
  [[nodiscard]] std::vector<SourceFile> files() const {
    std::vector<SourceFile> read;
    for (const char* name : {"rules.yaml", "lists/l.txt"}) {
      auto text = os::read_identified_file(folder_.path(name), 1000);
      if (text) read.push_back({folder_.path(name), text->text, text->identity, text->identity});
    }
    return read;
  }

  void roll_back_to(std::uint64_t number, const std::string& rules, const std::string& list) const {
    write(rules, list);
    ASSERT_TRUE(write_rollback_mark(files(), number));
  }

  TemporaryFolder folder_;
};

TEST_F(RollbackMark, IsOfTheFilesThatWerePutThere) {
  write("rules\n", "list\n");
  EXPECT_EQ(restored_generation(files()), std::nullopt);
  roll_back_to(7, "rules\n", "list\n");
  EXPECT_EQ(restored_generation(files()), 7U);
  EXPECT_TRUE(fs::exists(folder_.path(".rules.yaml.rollback")));
}

TEST_F(RollbackMark, IsNotOfTheSameTextsWrittenByHand) {
  roll_back_to(7, "rules\n", "list\n");
  ASSERT_TRUE(os::replace_file(folder_.path("lists/l.txt"), "other\n"));
  EXPECT_EQ(restored_generation(files()), std::nullopt);
  ASSERT_TRUE(os::replace_file(folder_.path("lists/l.txt"), "list\n"));
  EXPECT_EQ(restored_generation(files()), std::nullopt);
}

TEST_F(RollbackMark, IsNotOfAnotherTextThatLooksUntouched) {
  roll_back_to(7, "rules\n", "list\n");
  auto read = files();
  read[1].text = "tsil\n";
  EXPECT_EQ(restored_generation(read), std::nullopt);
}

TEST_F(RollbackMark, AnotherOwnerModeOrNameIsNoChange) {
  roll_back_to(7, "rules\n", "list\n");
  ASSERT_EQ(::chmod(folder_.path("lists/l.txt").c_str(), 0640), 0);
  fs::rename(folder_.path("lists/l.txt"), folder_.path("lists/m.txt"));
  fs::rename(folder_.path("lists/m.txt"), folder_.path("lists/l.txt"));
  EXPECT_EQ(restored_generation(files()), 7U);
}

TEST_F(RollbackMark, OneFileLessIsNotTheSame) {
  roll_back_to(7, "rules\n", "list\n");
  auto read = files();
  read.pop_back();
  EXPECT_EQ(restored_generation(read), std::nullopt);
  EXPECT_EQ(restored_generation({}), std::nullopt);
}

TEST_F(RollbackMark, AFileThatSaysAnythingElseIsNone) {
  roll_back_to(7, "rules\n", "list\n");
  const auto mark = os::read_text_file(folder_.path(".rules.yaml.rollback"), 1000).value();
  for (const std::string& text :
       {std::string(), mark.substr(0, mark.size() - 1), mark + "\n", "x" + mark,
        "generation -7" + mark.substr(12), "generation 0" + mark.substr(12),
        "generation 99999999999999999999999" + mark.substr(12), std::string(5000, 'x')}) {
    folder_.write(".rules.yaml.rollback", text);
    EXPECT_EQ(restored_generation(files()), std::nullopt) << text;
  }
  folder_.write(".rules.yaml.rollback", mark);
  EXPECT_EQ(restored_generation(files()), 7U);
}

TEST_F(RollbackMark, TheGenerationOfSuchFilesKeepsIt) {
  auto store = GenerationStore::open(folder_.path("state")).value();
  write("one\n", "l\n");
  ASSERT_EQ(store.save(files(), kTime), 1U);
  write("two\n", "l\n");
  ASSERT_EQ(store.save(files(), kTime), 2U);
  roll_back_to(1, "one\n", "l\n");
  ASSERT_EQ(store.save(files(), kTime), 3U);
  EXPECT_EQ(store.find(3)->rollback_of, 1U);
  EXPECT_EQ(store.find(2)->rollback_of, std::nullopt);
  EXPECT_EQ(store.save(files(), kTime), 3U) << "the other daemon, or a restart";
  EXPECT_EQ(store.find(3)->rollback_of, 1U);
  write("two\n", "l\n");
  ASSERT_EQ(store.save(files(), kTime), 4U);
  EXPECT_EQ(store.find(4)->rollback_of, std::nullopt) << "by hand";
}

TEST_F(RollbackMark, OfANumberThatIsStillToComeNothingIsKept) {
  auto store = GenerationStore::open(folder_.path("state")).value();
  roll_back_to(9, "one\n", "l\n");
  ASSERT_EQ(store.save(files(), kTime), 1U);
  EXPECT_EQ(store.find(1)->rollback_of, std::nullopt);
}

}  // namespace
}  // namespace postern::config::rollback_mark_test
