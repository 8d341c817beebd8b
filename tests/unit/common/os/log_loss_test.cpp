// What cannot be written is lost, counted and told; nobody waits for it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/stopwatch.h"
#include "tests/unit/common/os/log_fixture.h"

namespace postern::os::log_loss_test {
namespace {

// Stderr is this descriptor as long as it lives.
class StderrTo {
 public:
  explicit StderrTo(int fd) : before_(::dup(STDERR_FILENO)) { ::dup2(fd, STDERR_FILENO); }
  StderrTo(const StderrTo&) = delete;
  StderrTo& operator=(const StderrTo&) = delete;
  ~StderrTo() { ::dup2(before_.get(), STDERR_FILENO); }

 private:
  UniqueFd before_;
};

struct Pipe {
  Pipe() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  UniqueFd reader;
  UniqueFd writer;
};

std::unique_ptr<DaemonLog> log_to(int fd) {
  const StderrTo redirected(fd);
  return std::move(*DaemonLog::open({LogLevel::debug, ""}));
}

// Everything up to the end; nobody may hold the writing end any more.
std::string read_all(int fd) {
  std::string all;
  char bytes[4096];
  for (ssize_t got; (got = ::read(fd, bytes, sizeof bytes)) > 0;) {
    all.append(bytes, static_cast<std::size_t>(got));
  }
  return all;
}

constexpr const char* kDropped = "log lines dropped because they could not be written: ";

TEST_F(LogTest, AReaderThatIsStuckKeepsNobodyFromEnding) {
  Pipe pipe;
  auto log = log_to(pipe.writer.get());
  const std::string line(1000, 'x');
  for (int i = 0; i < 1000; ++i) log->info(line);  // far more than a pipe holds
  const Stopwatch watch;
  log.reset();
  EXPECT_LT(watch.own(), std::chrono::seconds(5));
}

TEST_F(LogTest, TellsWhatWasLostWhenTheReaderReadsAgain) {
  Pipe pipe;
  auto log = log_to(pipe.writer.get());
  constexpr int kLines = 1000;
  for (int i = 0; i < kLines; ++i) log->info("number " + std::string(1000, 'x'));
  log->flush();
  std::string read;
  std::thread reader([&] { read = read_all(pipe.reader.get()); });
  log->info("here again");
  log.reset();
  pipe.writer.reset();
  reader.join();

  std::istringstream text(read);
  int whole = 0;
  std::string last;
  for (std::string line; std::getline(text, line); last = line) {
    if (line.find("number ") != std::string::npos) ++whole;
  }
  EXPECT_GT(whole, 0);
  EXPECT_LT(whole, kLines);
  EXPECT_NE(read.find("here again\n"), std::string::npos);
  const std::regex told(std::string(R"(\S+ warning )") + kDropped + std::to_string(kLines - whole));
  EXPECT_TRUE(std::regex_match(last, told)) << last;
}

TEST_F(LogTest, ALineLongerThanAPipeTakesAtOnceStaysWhole) {
  Pipe pipe;
  const std::string line(20000, 'x');
  log_to(pipe.writer.get())->info(line);
  pipe.writer.reset();
  EXPECT_NE(read_all(pipe.reader.get()).find(" " + line + "\n"), std::string::npos);
}

TEST_F(LogTest, AReaderThatWentAwayIsNoHarm) {
  ::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  auto log = log_to(pipe.writer.get());
  pipe.reader.reset();
  log->error("nobody hears");
  log->flush();
  log.reset();
  ::signal(SIGPIPE, SIG_DFL);
}

// A start or a reload would wait for somebody to read it.
TEST_F(LogTest, AFifoThatNobodyReadsYetIsOpenedAtOnce) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const auto log = open();
  log->info("for whoever comes");
  log->flush();
  const UniqueFd reader(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  char bytes[200] = {};
  ASSERT_GT(::read(reader.get(), bytes, sizeof bytes - 1), 0);
  EXPECT_NE(std::string(bytes).find(" info for whoever comes\n"), std::string::npos) << bytes;
}

// Under load there is always another line by the time that the last one is written.
TEST_F(LogTest, FlushWaitsForTheLinesSoFarAndNoOthers) {
  const auto log = open();
  std::atomic<bool> ended{false};
  std::vector<std::thread> others;
  for (int i = 0; i < 3; ++i) {
    others.emplace_back([&] {
      while (!ended) {
        log->info("another line");
        std::this_thread::sleep_for(std::chrono::microseconds(20));
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    const std::string mine = "mine " + std::to_string(i) + ".";
    log->info(mine);
    log->flush();
  }
  const bool there = content(path_).find("mine 19.") != std::string::npos;
  ended = true;
  for (std::thread& other : others) other.join();
  EXPECT_TRUE(there);
}

TEST_F(LogTest, TellsWhatAFullDiskLost) {
  std::filesystem::create_symlink("/dev/full", path_);
  const auto log = open();
  for (int i = 0; i < 3; ++i) log->info("lost");
  log->flush();
  log->warning("lost too");
  log->flush();
  std::filesystem::remove(path_);
  ASSERT_TRUE(log->reopen());
  log->info("kept");
  log->flush();
  log->info("kept too");
  log->flush();
  const auto all = lines(path_);
  ASSERT_EQ(all.size(), 3U) << "told once";
  EXPECT_NE(all[0].find(" info kept"), std::string::npos) << all[0];
  EXPECT_NE(all[1].find(std::string(" warning ") + kDropped + "4"), std::string::npos) << all[1];
  EXPECT_NE(all[2].find(" info kept too"), std::string::npos) << all[2];
}

// A disk that fills up, and has room again, in the middle of a line.
TEST_F(LogTest, WhatFollowsALineThatWasCutIsALineOfItsOwn) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, SIG_IGN);
  const auto log = open();
  const rlimit small{100, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  log->info(std::string(200, 'x'));
  log->flush();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, SIG_DFL);
  log->info("whole");
  log->flush();
  const auto all = lines(path_);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].size(), 100U);
  EXPECT_NE(all[1].find(" info whole"), std::string::npos) << all[1];
  EXPECT_NE(all[2].find(std::string(kDropped) + "1"), std::string::npos) << all[2];
}

}  // namespace
}  // namespace postern::os::log_loss_test
