// What a disk, a crash or another account has done to the store: found whole, or not at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>

#include "tests/unit/server/config/generation_store_fixture.h"

namespace postern::config::generation_damage_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// A disk without room is to be told from a store that finds what is not there.
void overwrite(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  ASSERT_TRUE(file.good()) << "cannot write " << path;
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
        ASSERT_NO_FATAL_FAILURE(overwrite(path, changed));
        const auto found = store_.find(1);
        const auto read = found ? store_.read(*found) : os::lasting_failure("none");
        if (!read) continue;
        SCOPED_TRACE(changed);
        EXPECT_STREQ(name, "manifest.json") << at;
        ASSERT_EQ(read->size(), 3U) << at;
        EXPECT_EQ(read->at(0).text, "the rules") << at;
        EXPECT_EQ(read->at(1).text, "the list") << at;
        EXPECT_EQ(read->at(2).text, "elsewhere") << at;
      }
    }
    ASSERT_NO_FATAL_FAILURE(overwrite(path, whole));
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

}  // namespace
}  // namespace postern::config::generation_damage_test
