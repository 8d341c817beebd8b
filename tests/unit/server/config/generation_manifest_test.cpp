#include "server/config/generation_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "server/config/configuration.h"

namespace postern::config::generation_manifest_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const UtcTime kTime{std::chrono::seconds(1795284000)};

StoredGeneration example() {
  return {12,
          kTime,
          {{"/etc/postern/rules.yaml", "rules.yaml", 7, std::string(32, 'a')},
           {"/etc/postern/lists/\"a\" \xc3\xa4.txt", "lists/\"a\" \xc3\xa4.txt", 0,
            std::string(32, 'b')}}};
}

TEST(GenerationManifest, IsReadAsItWasWritten) {
  const std::string text = format_manifest(example());
  const auto read = parse_manifest(text);
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->number, 12U);
  EXPECT_EQ(read->since, kTime);
  ASSERT_EQ(read->files.size(), 2U);
  EXPECT_EQ(read->files[0].path, "/etc/postern/rules.yaml");
  EXPECT_EQ(read->files[0].bytes, 7U);
  EXPECT_EQ(read->files[1].stored, "lists/\"a\" \xc3\xa4.txt");
  EXPECT_EQ(read->files[1].fingerprint, std::string(32, 'b'));
  EXPECT_EQ(format_manifest(*read), text);
  EXPECT_THAT(text, HasSubstr("\"since\": \"" + format_utc(kTime) + "\""));
}

TEST(GenerationManifest, SaysOfWhichGenerationItIsARollback) {
  auto generation = example();
  generation.rollback_of = 7;
  const std::string text = format_manifest(generation);
  EXPECT_THAT(text, HasSubstr("\"rollback_of\": 7,"));
  const auto read = parse_manifest(text);
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->rollback_of, 7U);
}

TEST(GenerationManifest, WithoutAMarkItIsNoRollback) {
  const std::string text = format_manifest(example());
  EXPECT_THAT(text, Not(HasSubstr("rollback")));
  EXPECT_EQ(parse_manifest(text)->rollback_of, std::nullopt);
}

TEST(GenerationManifest, IsARollbackOfAnEarlierGenerationOnly) {
  for (const char* of : {"12", "13", "-1", "\"7\"", "null", "1.5"}) {
    std::string text = format_manifest(example());
    text.insert(text.find("\"files\""), std::string("\"rollback_of\": ") + of + ", ");
    EXPECT_FALSE(parse_manifest(text)) << of;
  }
}

TEST(GenerationManifest, CutAtAnyByteItIsNone) {
  const std::string text = format_manifest(example());
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(parse_manifest(text.substr(0, size))) << size;
  }
}

std::string with_file(const std::string& path, const std::string& stored) {
  auto generation = example();
  generation.files[1].path = path;
  generation.files[1].stored = stored;
  return format_manifest(generation);
}

TEST(GenerationManifest, NamesNothingOutsideOfItsFolder) {
  EXPECT_TRUE(parse_manifest(with_file("/a", "lists/a")));
  for (const char* stored : {"", "/etc/passwd", "../13/rules.yaml", "a/../../b", "..", "."}) {
    EXPECT_FALSE(parse_manifest(with_file("/a", stored))) << stored;
  }
  EXPECT_FALSE(parse_manifest(with_file("rules.yaml", "rules.yaml"))) << "where did it stand?";
}

// What a daemon's account may write there, and root reads.
TEST(GenerationManifest, IsNoLargerThanAGenerationCanBe) {
  const auto with = [](auto change) {
    auto generation = example();
    change(generation);
    return parse_manifest(format_manifest(generation)).has_value();
  };
  EXPECT_TRUE(with([](auto& one) { one.files[0].bytes = kMaxRuleFile; }));
  EXPECT_FALSE(with([](auto& one) { one.files[0].bytes = kMaxRuleFile + 1; }));
  EXPECT_TRUE(with([](auto& one) { one.files[1].bytes = kMaxListFile; }));
  EXPECT_FALSE(with([](auto& one) { one.files[1].bytes = kMaxListFile + 1; }));
  EXPECT_FALSE(with([](auto& one) { one.files[1].bytes = std::size_t{1} << 62; }));
  const auto add = [](auto& one, std::size_t count, std::size_t bytes) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = "/l" + std::to_string(i);
      one.files.push_back({name, name.substr(1), bytes, std::string(32, 'c')});
    }
  };
  EXPECT_TRUE(with([&](auto& one) { add(one, 3, kMaxListFile); }));
  EXPECT_FALSE(with([&](auto& one) { add(one, 5, kMaxListFile); })) << "in all";
  EXPECT_TRUE(with([&](auto& one) { add(one, kMaxFiles - 2, 1); }));
  EXPECT_FALSE(with([&](auto& one) { add(one, kMaxFiles - 1, 1); }));
}

TEST(GenerationManifest, HasEachFileAndEachCopyOnce) {
  EXPECT_FALSE(parse_manifest(with_file("/etc/postern/rules.yaml", "lists/a")));
  EXPECT_FALSE(parse_manifest(with_file("/a", "rules.yaml")));
}

TEST(GenerationManifest, NamesPathsAsTheSystemTakesThem) {
  for (const std::string& path :
       {std::string("/etc/postern/../shadow"), std::string("/a//b"), std::string("/a/./b"),
        std::string("/a\0b", 4), "/" + std::string(4096, 'a')}) {
    EXPECT_FALSE(parse_manifest(with_file(path, "lists/a"))) << path;
  }
  EXPECT_FALSE(parse_manifest(with_file("/a", std::string("lists/a\0b", 9))));
  EXPECT_FALSE(parse_manifest(with_file("/a", std::string(4096, 'a'))));
  for (const std::string& print :
       {std::string(31, 'a'), std::string(33, 'a'), std::string(31, 'a') + "X", std::string()}) {
    auto generation = example();
    generation.files[1].fingerprint = print;
    EXPECT_FALSE(parse_manifest(format_manifest(generation))) << print;
  }
}

TEST(GenerationManifest, OtherJsonIsNone) {
  for (const char* text :
       {"[]\n", "{}\n", "null\n", "{\"format\": 1}\n",
        R"({"format": 2, "number": 1, "since": "2026-01-01T00:00:00Z", "files": []})"
        "\n",
        R"({"format": 1, "number": 1, "since": "2026-01-01T00:00:00Z", "files": []})"
        "\n",
        R"({"format": 1, "number": -1, "since": "2026-01-01T00:00:00Z", "files": [{}]})"
        "\n",
        R"({"format": 1, "number": 1, "since": "yesterday", "files": [{}]})"
        "\n",
        R"({"format": 1, "number": 1, "since": "2026-01-01T00:00:00Z", "files": [1]})"
        "\n"}) {
    EXPECT_FALSE(parse_manifest(text)) << text;
  }
}

TEST(StoredNames, AreThoseBesideTheRuleFile) {
  EXPECT_THAT(stored_names({"/etc/postern/rules.yaml", "/etc/postern/lists/a.txt"}),
              ElementsAre("rules.yaml", "lists/a.txt"));
}

TEST(StoredNames, AreSafeAndDifferentForWhatStandsElsewhere) {
  const std::vector<std::string> paths = {"/etc/postern/rules.yaml",
                                          "/srv/lists/a.txt",
                                          "/srv/other/a.txt",
                                          "/etc/a.txt",
                                          "/etc/postern/manifest.json",
                                          "/etc/postern/elsewhere/a.txt",
                                          "/srv/" + std::string(255, 'x')};
  const auto names = stored_names(paths);
  ASSERT_EQ(names.size(), paths.size());
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  for (std::size_t i = 1; i < names.size(); ++i) {
    EXPECT_THAT(names[i], StartsWith("elsewhere/"));
    EXPECT_THAT(names[i], Not(HasSubstr("..")));
    EXPECT_LE(names[i].size(), 200U);
  }
}

}  // namespace
}  // namespace postern::config::generation_manifest_test
