// For the tests of the log: a log in a file of the test's own or on a descriptor, and what was
// written.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "common/os/log.h"
#include "common/os/unique_fd.h"
#include "tests/support/temporary_folder.h"

namespace postern::os {

inline std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

inline std::vector<std::string> lines(const std::string& path) {
  std::vector<std::string> all;
  std::istringstream text(content(path));
  for (std::string line; std::getline(text, line);) all.push_back(line);
  return all;
}

class LogTest : public testing::Test {
 protected:
  std::unique_ptr<DaemonLog> open(LogLevel level = LogLevel::debug) {
    auto log = DaemonLog::open({level, path_});
    EXPECT_TRUE(log) << log.error().text;
    return std::move(*log);
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path("log");
};

}  // namespace postern::os
