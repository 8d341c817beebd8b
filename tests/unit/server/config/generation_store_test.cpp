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
#include "tests/support/temporary_folder.h"

namespace postern::config {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const UtcTime kTime{std::chrono::seconds(1795284000)};
const Audience kAudience{Door::policy, {Door::policy}};

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class Store : public testing::Test {
 protected:
  static std::vector<SourceFile> files(const std::string& rules, const std::string& list) {
    return {{"/etc/postern/rules.yaml", rules, {}},
            {"/etc/postern/lists/a.txt", list, {}},
            {"/srv/b.txt", "elsewhere", {}}};
  }
  std::uint64_t save(const std::string& rules, const std::string& list = "a list") {
    const auto number = store_.save(files(rules, list), kTime);
    EXPECT_TRUE(number) << number.error().text;
    return number.value_or(0);
  }
  [[nodiscard]] std::string in(std::uint64_t number, const std::string& name) const {
    return store_.folder() + "/" + std::to_string(number) + "/" + name;
  }
  static ino_t inode(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
  }
  // What is not a whole generation is none, for anybody.
  void expect_none(std::uint64_t number) {
    const auto found = store_.find(number);
    const bool whole = found && store_.read(*found);
    EXPECT_FALSE(whole);
  }

  TemporaryFolder folder_;
  GenerationStore store_ = GenerationStore::open(folder_.path("state")).value();
};

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

TEST_F(Store, WhatIsBrokenGoesWhenItIsOlderThanAllThatStay) {
  save("one", "0");
  fs::remove(in(1, "rules.yaml"));
  for (int round = 1; round < 11; ++round) save("one", std::to_string(round));
  EXPECT_EQ(store_.newest(), 11U);
  EXPECT_FALSE(fs::exists(store_.folder() + "/1"));
  fs::remove(in(8, "rules.yaml"));
  save("one", "11");
  EXPECT_TRUE(fs::exists(store_.folder() + "/8")) << "perhaps it can be read again";
}

TEST_F(Store, CutAtAnyByteItIsNoGeneration) {
  save("the rules", "the list");
  for (const char* name : {"manifest.json", "rules.yaml", "lists/a.txt"}) {
    const std::string path = in(1, name);
    const std::string whole = text_of(path);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      std::ofstream(path, std::ios::binary) << whole.substr(0, size);
      expect_none(1);
      EXPECT_TRUE(store_.list().empty()) << name << " of " << size << " bytes";
    }
    fs::remove(path);
    expect_none(1);
    std::ofstream(path, std::ios::binary) << whole;
    EXPECT_TRUE(store_.find(1));
  }
}

TEST_F(Store, WhatIsNoneIsToldWithTheReason) {
  save("one");
  save("two");
  save("three");
  fs::remove(in(2, "rules.yaml"));
  std::ofstream(in(3, "manifest.json"), std::ios::app) << "x";
  fs::create_directory(store_.folder() + "/7");
  const GenerationList found = store_.look();
  ASSERT_EQ(found.whole.size(), 1U);
  EXPECT_EQ(found.whole[0].number, 1U);
  ASSERT_EQ(found.broken.size(), 3U);
  EXPECT_EQ(found.broken[0].number, 2U);
  EXPECT_THAT(found.broken[0].why, HasSubstr("rules.yaml is cut or missing"));
  EXPECT_EQ(found.broken[1].number, 3U);
  EXPECT_THAT(found.broken[2].why, HasSubstr("manifest.json"));
  EXPECT_EQ(found.not_looked_at, 0U);
}

// Where the state folder is may be behind a link; what is in it may not.
TEST_F(Store, NoLinkIsFollowed) {
  save("one", "a list");
  const std::string elsewhere = folder_.path("elsewhere");
  for (const char* name : {"manifest.json", "rules.yaml", "lists/a.txt", "lists"}) {
    fs::rename(in(1, name), elsewhere);
    fs::create_symlink(elsewhere, in(1, name));
    expect_none(1);
    fs::remove(in(1, name));
    fs::rename(elsewhere, in(1, name));
  }
  fs::rename(in(1, ""), elsewhere);
  fs::create_symlink(elsewhere, store_.folder() + "/1");
  expect_none(1);
  fs::remove(store_.folder() + "/1");
  fs::rename(elsewhere, in(1, ""));
  fs::create_symlink(folder_.path("state"), folder_.path("link"));
  const auto store = GenerationStore::open_to_read(folder_.path("link")).value();
  EXPECT_EQ(store.read(store.find(1).value()).value()[0].text, "one");
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

// A disk that gives back other bytes: what is found has the texts that were kept, all of them.
TEST_F(Store, WithAnyByteChangedItIsWholeOrNone) {
  save("the rules", "the list");
  for (const char* name : {"manifest.json", "rules.yaml", "lists/a.txt"}) {
    const std::string path = in(1, name);
    const std::string whole = text_of(path);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const int bits : {0x01, 0x10, 0x80, 0xff}) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ bits);
        std::ofstream(path, std::ios::binary) << changed;
        const auto found = store_.find(1);
        const auto read = found ? store_.read(*found) : os::lasting_failure("none");
        if (!read) continue;
        EXPECT_STREQ(name, "manifest.json") << at;
        ASSERT_EQ(read->size(), 3U) << at;
        EXPECT_EQ(read->at(0).text, "the rules") << at;
        EXPECT_EQ(read->at(1).text, "the list") << at;
        EXPECT_EQ(read->at(2).text, "elsewhere") << at;
      }
    }
    std::ofstream(path, std::ios::binary) << whole;
  }
  const auto last = store_.find(1);
  EXPECT_TRUE(last) << last.error().text;
}

// What a crash leaves of a file that was replaced in place, as no Postern does it.
TEST_F(Store, WithBytesBehindItsEndItIsNone) {
  save("the rules");
  for (const char* name : {"rules.yaml", "lists/a.txt"}) {
    const std::string whole = text_of(in(1, name));
    std::ofstream(in(1, name), std::ios::binary) << whole << '\0';
    expect_none(1);
    std::ofstream(in(1, name), std::ios::binary) << whole;
  }
  EXPECT_TRUE(store_.find(1));
}

TEST_F(Store, OtherBytesOfTheSameNumberAreNoGeneration) {
  save("the rules");
  std::ofstream(in(1, "rules.yaml")) << "the rulez";
  expect_none(1);
}

TEST_F(Store, AManifestOfAnotherGenerationIsNone) {
  save("one");
  save("two");
  fs::copy_file(in(1, "manifest.json"), in(2, "manifest.json"),
                fs::copy_options::overwrite_existing);
  expect_none(2);
}

TEST_F(Store, ABrokenGenerationIsNeverWrittenOver) {
  save("one");
  fs::create_directory(store_.folder() + "/2");
  EXPECT_EQ(save("two"), 3U);
  EXPECT_EQ(save("three"), 4U);
}

TEST_F(Store, OtherThingsInItsFolderDoNotMatter) {
  save("one");
  fs::create_directory(store_.folder() + "/.new");
  std::ofstream(store_.folder() + "/.new/rules.yaml") << "of one who died";
  fs::create_directories(store_.folder() + "/07");
  fs::create_directories(store_.folder() + "/x/y");
  EXPECT_EQ(store_.list().size(), 1U);
  EXPECT_EQ(save("two"), 2U);
  EXPECT_EQ(text_of(in(2, "rules.yaml")), "two");
  EXPECT_FALSE(fs::exists(store_.folder() + "/.new"));
}

// A number so large that the next one would be none, or 0.
TEST_F(Store, AHugeNumberIsNoGeneration) {
  save("one");
  for (const char* huge : {"1000000000001", "9223372036854775807", "18446744073709551614",
                           "18446744073709551615", "18446744073709551616"}) {
    fs::copy(store_.folder() + "/1", store_.folder() + "/" + huge, fs::copy_options::recursive);
  }
  EXPECT_EQ(store_.list().size(), 1U);
  EXPECT_EQ(save("one"), 1U);
  EXPECT_EQ(save("two"), 2U);
  EXPECT_EQ(save("two"), 2U);
  EXPECT_EQ(store_.list().size(), 2U);
}

TEST_F(Store, WhereNoNumberIsLeftNothingIsKept) {
  save("one");
  fs::create_directory(store_.folder() + "/1000000000000");
  const auto saved = store_.save(files("two", ""), kTime);
  ASSERT_FALSE(saved);
  EXPECT_THAT(saved.error().text, HasSubstr("found generation 1000000000000 in "));
  EXPECT_EQ(store_.newest(), 1'000'000'000'000U);
  EXPECT_EQ(store_.list().size(), 1U);
}

TEST_F(Store, SaysWhatIsMissing) {
  EXPECT_THAT(store_.find(7).error().text, HasSubstr("no generation 7 in "));
  fs::create_directory(store_.folder() + "/7");
  EXPECT_THAT(store_.find(7).error().text, HasSubstr("generation 7 in "));
  EXPECT_THAT(store_.find(7).error().text, HasSubstr("not whole"));
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
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(store_.save(files("one", ""), kTime));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(8));
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

constexpr const char* kRules =
    "version: 1\nlists: { bad: { kind: domain, file: lists/bad.txt } }\n"
    "rules: [{ name: a, when: { sender_domain: bad }, then: reject }]\n";

TEST(RulesOf, AreMadeOfTheTextsAlone) {
  Diagnostics diagnostics;
  const auto snapshot = rules_of(
      {{"/nowhere/rules.yaml", kRules, {}}, {"/nowhere/lists/bad.txt", "bad.example\n", {}}}, 12,
      kAudience, diagnostics);
  ASSERT_TRUE(snapshot) << diagnostics.to_string();
  EXPECT_EQ(snapshot->generation(), 12U);
  EXPECT_EQ(snapshot->lists().at(0)->entries().size(), 1U);
}

TEST(RulesOf, AListThatIsNotAmongThemIsAnError) {
  Diagnostics diagnostics;
  EXPECT_FALSE(rules_of({{"/nowhere/rules.yaml", kRules, {}}}, 1, kAudience, diagnostics));
  EXPECT_THAT(diagnostics.to_string(), HasSubstr("/nowhere/lists/bad.txt"));
  EXPECT_FALSE(rules_of({}, 1, kAudience, diagnostics));
}

}  // namespace
}  // namespace postern::config
