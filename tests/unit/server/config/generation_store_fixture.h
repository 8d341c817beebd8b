// For the tests of the store of generations: one in a folder of the test's own.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "server/config/generation_store.h"
#include "tests/support/temporary_folder.h"

namespace postern::config {

inline const UtcTime kTime{std::chrono::seconds(1795284000)};
const LoadTarget kTarget{Door::policy, {Door::policy}};

inline std::string text_of(const std::string& path) {
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

}  // namespace postern::config
