#include "server/config/generation_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <sstream>

#include "common/os/folder_lock.h"
#include "common/os/unique_fd.h"
#include "tests/support/stopwatch.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/server/config/generation_store_fixture.h"

namespace postern::config::generation_store_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST_F(Store, KeepsFilesAsAPersonWouldLookForThem) {
  EXPECT_EQ(save("the rules"), 1U);
  EXPECT_EQ(text_of(in(1, "rules.yaml")), "the rules");
  EXPECT_EQ(text_of(in(1, "lists/a.txt")), "a list");
  EXPECT_THAT(text_of(in(1, "manifest.json")), HasSubstr("/etc/postern/lists/a.txt"));
}

TEST_F(Store, GivesBackWhatItWasGiven) {
  save("one", std::string("\0\xff\n", 3));
  const auto generation = store_.find(1);
  ASSERT_TRUE(generation) << generation.error().text;
  EXPECT_EQ(generation->since, kTime);
  const auto read = store_.read(*generation);
  ASSERT_TRUE(read) << read.error().text;
  ASSERT_EQ(read->size(), 3U);
  EXPECT_EQ(read->at(0).path, "/etc/postern/rules.yaml");
  EXPECT_EQ(read->at(0).text, "one");
  EXPECT_EQ(read->at(1).text, std::string("\0\xff\n", 3));
  EXPECT_EQ(read->at(2).path, "/srv/b.txt");
  EXPECT_EQ(fingerprint_of_files(*read),
            fingerprint_of_files(files("one", std::string("\0\xff\n", 3))));
}

TEST_F(Store, CountsUp) {
  EXPECT_EQ(save("one"), 1U);
  EXPECT_EQ(save("two"), 2U);
  EXPECT_EQ(save("one"), 3U) << "back to an old text is a new generation";
  EXPECT_EQ(store_.save(files("four", ""), kTime, 7).value(), 8U);
  EXPECT_EQ(store_.save(files("five", ""), kTime, 3).value(), 9U);
  std::vector<std::uint64_t> numbers;
  for (const auto& generation : store_.list()) numbers.push_back(generation.number);
  EXPECT_THAT(numbers, testing::ElementsAre(1, 2, 3, 8, 9));
}

TEST_F(Store, TheSameAgainIsTheSameGeneration) {
  EXPECT_EQ(save("one"), 1U);
  EXPECT_EQ(save("one"), 1U);
  EXPECT_EQ(GenerationStore::open(folder_.path("state"))->save(files("one", "a list"), kTime), 1U);
  EXPECT_EQ(save("one", "another list"), 2U);
  auto fewer = files("one", "another list");
  fewer.pop_back();
  EXPECT_EQ(store_.save(fewer, kTime), 3U);
}

TEST_F(Store, WhatDidNotChangeIsThereOnce) {
  save("one");
  save("two");
  EXPECT_EQ(inode(in(1, "lists/a.txt")), inode(in(2, "lists/a.txt")));
  EXPECT_NE(inode(in(1, "rules.yaml")), inode(in(2, "rules.yaml")));
}

TEST_F(Store, ASpoiledCopyIsNotLinkedAgain) {
  save("one");
  std::ofstream(in(1, "lists/a.txt")) << "A LIST";
  save("two");
  EXPECT_EQ(text_of(in(2, "lists/a.txt")), "a list");
  expect_none(1);
}

TEST_F(Store, IsTheOwnersAlone) {
  save("one");
  struct stat status {};
  ASSERT_EQ(::stat(in(1, "rules.yaml").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0007, 0U);
  ASSERT_EQ(::stat(store_.folder().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0007, 0U);
}

// Which ones: generation_pruning_test.cpp.
TEST_F(Store, KeepsTheNewestAndWhereTheRulesChanged) {
  for (int round = 0; round < 5; ++round) save("first", "list " + std::to_string(round));
  for (int round = 5; round < 40; ++round) save("then", "list " + std::to_string(round));
  std::vector<std::uint64_t> numbers;
  for (const auto& generation : store_.list()) numbers.push_back(generation.number);
  EXPECT_THAT(numbers, testing::ElementsAre(5, 6, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40));
  EXPECT_FALSE(fs::exists(store_.folder() + "/30"));
  EXPECT_FALSE(fs::exists(store_.folder() + "/.gone"));
  EXPECT_EQ(store_.read(*store_.find(5))->at(0).text, "first");
}

TEST_F(Store, OfVeryManyTheNewestAreLookedAt) {
  save("one");
  for (int number = 2; number <= 250; ++number) {
    fs::create_directory(store_.folder() + "/" + std::to_string(number));
  }
  const GenerationList found = store_.look();
  EXPECT_EQ(found.broken.size(), GenerationStore::kMostLooked);
  EXPECT_EQ(found.broken.front().number, 151U);
  EXPECT_EQ(found.not_looked_at, 150U);
  save("the next");
  EXPECT_FALSE(fs::exists(store_.folder() + "/1"));
}

TEST_F(Store, AReaderMakesNothing) {
  EXPECT_FALSE(GenerationStore::open_to_read(folder_.path("none")));
  EXPECT_FALSE(fs::exists(folder_.path("none")));
  save("one");
  EXPECT_EQ(GenerationStore::open_to_read(folder_.path("state"))->list().size(), 1U);
}

TEST_F(Store, WhereNothingCanBeMadeIsAnError) {
  folder_.write("file", "");
  EXPECT_FALSE(GenerationStore::open(folder_.path("file")));
  EXPECT_FALSE(GenerationStore::open(folder_.path("no/such/folder")));
}

TEST_F(Store, AFailedSaveLeavesNothingBehind) {
  save("one");
  auto taken = files("two", "list");
  taken[1].path = "/etc/postern/rules.yaml/a.txt";  // a folder and a file at once
  EXPECT_FALSE(store_.save(taken, kTime));
  EXPECT_FALSE(fs::exists(store_.folder() + "/.new"));
  EXPECT_EQ(save("one"), 1U);
}

TEST_F(Store, ALockThatIsHeldIsNotWaitedForForEver) {
  auto other = os::FolderLock::take(store_.folder());
  ASSERT_TRUE(other);
  const Stopwatch watch;
  EXPECT_FALSE(store_.save(files("one", ""), kTime));
  EXPECT_LT(watch.own(), std::chrono::seconds(8));
  { const os::FolderLock given_up = std::move(*other); }
  EXPECT_EQ(save("one"), 1U);
}

TEST_F(Store, WhoLocksTheFolderItselfHoldsUpNobody) {
  const os::UniqueFd reader(::open(store_.folder().c_str(), O_RDONLY | O_DIRECTORY));
  ASSERT_EQ(::flock(reader.get(), LOCK_EX), 0);
  EXPECT_EQ(save("one"), 1U);
}

// Both daemons, at every change of a file.
TEST_F(Store, TwoProcessesMaySaveAtOnce) {
  constexpr int kRounds = 8;
  std::vector<pid_t> children;
  for (const char* name : {"a", "b"}) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(60);
      auto store = GenerationStore::open(folder_.path("state"));
      for (int round = 0; round < kRounds; ++round) {
        const auto text = name + std::to_string(round);
        if (!store || !store->save(files(text, text), kTime)) ::_exit(1);
      }
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  std::set<std::string> texts;
  for (const auto& generation : store_.list()) {
    const auto read = store_.read(generation);
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(read->at(0).text, read->at(1).text);
    texts.insert(read->at(0).text);
  }
  EXPECT_EQ(texts.size(), 2U * kRounds);
  EXPECT_EQ(store_.list().back().number, 2U * kRounds);
}

TEST(FingerprintOfFiles, TellsContentsApartAndNotPlaces) {
  const std::vector<SourceFile> here = {{"/a/rules.yaml", "r", {}}, {"/a/l.txt", "l", {}}};
  const std::vector<SourceFile> there = {{"/b/c/rules.yaml", "r", {}}, {"/b/c/l.txt", "l", {}}};
  EXPECT_EQ(fingerprint_of_files(here), fingerprint_of_files(there));
  auto other = here;
  other[1].text = "L";
  EXPECT_NE(fingerprint_of_files(other), fingerprint_of_files(here));
  other = here;
  other[1].path = "/a/L.txt";
  EXPECT_NE(fingerprint_of_files(other), fingerprint_of_files(here));
  EXPECT_NE(fingerprint_of_files({here[0]}), fingerprint_of_files(here));
}

}  // namespace
}  // namespace postern::config::generation_store_test
