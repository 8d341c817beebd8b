// A Redis or Valkey server of a test's own, on a unix socket in a temporary folder, and killed with
// the test.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace postern {

// Until it is so, for half a minute at most.
template <class Is>
bool comes_true(Is is) {
  using namespace std::chrono_literals;
  const auto end = std::chrono::steady_clock::now() + 30s;
  while (!is()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

class RedisServer {
 public:
  explicit RedisServer(std::vector<std::string> options = {}) : options_(std::move(options)) {
    std::filesystem::create_directory(folder_.path("data"));
    start();
  }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer() { kill(); }

  void start() {
    std::vector<std::string> words{program(), "--port", "0", "--unixsocket", socket(),   "--dir",
                                   data(),    "--save", "",  "--logfile",    path("log")};
    words.insert(words.end(), options_.begin(), options_.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ASSERT_EQ(::posix_spawnp(&process_, arguments[0], nullptr, nullptr, arguments.data(), environ),
              0)
        << "no redis-server: ./dev packages";
    ASSERT_TRUE(comes_true([this] { return says("PING") == "PONG\n"; }));
  }
  void signal(int number) const { ::kill(process_, number); }
  void kill() {
    if (process_ == 0) return;
    signal(SIGKILL);
    ::waitpid(std::exchange(process_, 0), nullptr, 0);
  }

  [[nodiscard]] std::string socket() const { return path("s"); }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path(name); }
  [[nodiscard]] std::string data() const { return path("data"); }

  // What redis-cli prints for that command.
  std::string says(const std::string& command) const {
    const std::string line =
        program("cli") + " -s " + socket() + " " + command + " 2>>" + path("cli.log");
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(line.c_str(), "r"), ::pclose);
    std::string text;
    std::array<char, 4096> part{};
    while (pipe && std::fgets(part.data(), part.size(), pipe.get()) != nullptr) text += part.data();
    return text;
  }

 private:
  static std::string program(const std::string& what = "server") {
    const bool is_redis = std::filesystem::exists("/usr/bin/redis-server");
    return (is_redis ? "redis-" : "valkey-") + what;
  }

  TemporaryFolder folder_;
  std::vector<std::string> options_;
  ::pid_t process_ = 0;
};

}  // namespace postern
