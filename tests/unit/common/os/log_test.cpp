#include "common/os/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "common/os/unique_fd.h"
#include "tests/support/temporary_folder.h"

namespace postern::os {
namespace {

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<std::string> lines(const std::string& path) {
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

TEST_F(LogTest, LinesHaveTimeAndLevel) {
  open()->warning("one thing");
  const auto all = lines(path_);
  ASSERT_EQ(all.size(), 1U);
  const std::regex form(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d warning one thing)");
  EXPECT_TRUE(std::regex_match(all[0], form)) << all[0];
}

TEST_F(LogTest, ALineHasTheTimeOfItsOwnSecond) {
  const auto now = [] {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  };
  const auto log = open();
  log->info("before");
  std::this_thread::sleep_until(now() + std::chrono::seconds(1));  // the event is the next second
  log->info("after");
  log->flush();
  const auto all = lines(path_);
  ASSERT_EQ(all.size(), 2U);
  const std::size_t length = sizeof "2026-01-31T23:59:59" - 1;
  EXPECT_LT(all[0].substr(0, length), all[1].substr(0, length));
}

TEST_F(LogTest, WritesItsLevelAndWhatIsWorse) {
  struct Case {
    LogLevel level;
    std::size_t count;
  };
  for (const Case& one : {Case{LogLevel::error, 1}, Case{LogLevel::warning, 2},
                          Case{LogLevel::info, 3}, Case{LogLevel::debug, 4}}) {
    std::filesystem::remove(path_);
    const auto log = open(one.level);
    log->error("e");
    log->warning("w");
    log->info("i");
    log->debug("d");
    log->flush();
    EXPECT_EQ(lines(path_).size(), one.count);
    EXPECT_EQ(log->enabled(LogLevel::debug), one.count == 4);
  }
}

TEST_F(LogTest, ItsLevelCanChange) {
  const auto log = open(LogLevel::warning);
  log->info("one");
  log->set_level(LogLevel::debug);
  EXPECT_TRUE(log->enabled(LogLevel::debug));
  log->debug("two");
  log->set_level(LogLevel::error);
  EXPECT_FALSE(log->enabled(LogLevel::warning));
  log->warning("three");
  log->error("four");
  log->flush();
  const auto all = lines(path_);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_NE(all[0].find("debug two"), std::string::npos) << all[0];
  EXPECT_NE(all[1].find("error four"), std::string::npos) << all[1];
}

TEST_F(LogTest, ALineIsOneLine) {
  open()->info(std::string("a\nb\rc\x1b[0m\0d\te", 13));
  const auto all = lines(path_);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_NE(all[0].find(R"(a\x0ab\x0dc\x1b[0m\x00d\x09e)"), std::string::npos) << all[0];
}

TEST_F(LogTest, ALineIsOneLineForEveryReader) {
  open()->info("cannot open b\xc3\xbc\xff\xe2\x80\xa8x\xc2\x85");
  const auto all = lines(path_);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_TRUE(all[0].ends_with(" info cannot open b\xc3\xbc\\xff\\xe2\\x80\\xa8x\\xc2\\x85"))
      << all[0];
}

TEST_F(LogTest, BracesAreText) {
  open()->info("{} {0} %s %n");
  EXPECT_NE(content(path_).find("{} {0} %s %n"), std::string::npos);
}

TEST_F(LogTest, WarningsAreWrittenAtOnceAndOthersSoon) {
  const auto log = open();
  log->info("soon");
  for (int i = 0; i < 200 && content(path_).empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(lines(path_).size(), 1U);
}

TEST_F(LogTest, ReopensAfterARename) {
  const auto log = open();
  log->info("before");
  std::filesystem::rename(path_, folder_.path("old"));
  log->info("between");
  ASSERT_TRUE(log->reopen());
  log->info("after");
  log->flush();
  EXPECT_EQ(lines(folder_.path("old")).size(), 2U);
  ASSERT_EQ(lines(path_).size(), 1U);
  EXPECT_NE(content(path_).find("after"), std::string::npos);
}

TEST_F(LogTest, GoesOnWhenItCannotReopen) {
  const auto log = open();
  std::filesystem::rename(path_, folder_.path("old"));
  std::filesystem::create_directory(path_);
  EXPECT_FALSE(log->reopen());
  log->info("still there");
  log->flush();
  EXPECT_NE(content(folder_.path("old")).find("still there"), std::string::npos);
}

TEST_F(LogTest, SaysThatAFileCannotBeOpened) {
  const auto log = DaemonLog::open({LogLevel::info, "/nowhere/log"});
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().text.find("/nowhere/log"), std::string::npos);
}

TEST_F(LogTest, LosesNothingFromManyThreads) {
  const auto log = open();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&log] {
      for (int i = 0; i < 2000; ++i) log->info("line of about fifty bytes, to fill the buffer up");
    });
  }
  for (auto& thread : threads) thread.join();
  log->flush();
  EXPECT_EQ(lines(path_).size(), 8000U);
}

TEST_F(LogTest, ToTheJournalWithLevelPrefixes) {
  const UniqueFd stderr_before(::dup(STDERR_FILENO));
  const UniqueFd file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(::dup2(file.get(), STDERR_FILENO), STDERR_FILENO);
  struct stat status {};
  ASSERT_EQ(::fstat(STDERR_FILENO, &status), 0);
  const std::string stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
  {
    const auto log = std::move(*DaemonLog::open({LogLevel::debug, ""}));
    log->error("e");
    log->warning("w\n<0>forged");
    log->info("i");
    log->debug("d");
  }
  ::setenv("JOURNAL_STREAM", "1:1", 1);
  std::move(*DaemonLog::open({LogLevel::debug, ""}))->info("elsewhere");
  ::unsetenv("JOURNAL_STREAM");
  ::dup2(stderr_before.get(), STDERR_FILENO);
  const auto all = lines(path_);
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(all[0], "<3>e");
  EXPECT_EQ(all[1], "<4>w\\x0a<0>forged");
  EXPECT_EQ(all[2], "<6>i");
  EXPECT_EQ(all[3], "<7>d");
  EXPECT_NE(all[4].front(), '<') << "stderr is not the journal any more";
}

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
  const auto begun = std::chrono::steady_clock::now();
  log.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
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

class JsonLog : public LogTest {
 protected:
  std::unique_ptr<DaemonLog> open_json() {
    LogSettings settings;
    settings.file = path_;
    settings.format = LogFormat::json;
    auto log = DaemonLog::open(settings);
    EXPECT_TRUE(log) << log.error().text;
    return std::move(*log);
  }
};

const std::string kTime = R"(\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d")";

TEST_F(JsonLog, ALineIsAnObject) {
  open_json()->warning("cannot open \"x\"\n\xff");
  const auto all = lines(path_);
  ASSERT_EQ(all.size(), 1U);
  const std::regex form(kTime +
                        R"(,"level":"warning","message":"cannot open \\"x\\"\\\\x0a\\\\xff"\})");
  EXPECT_TRUE(std::regex_match(all[0], form)) << all[0];
}

TEST_F(JsonLog, ALineOfFieldsHasThem) {
  const auto log = open_json();
  EXPECT_EQ(log->format(), LogFormat::json);
  log->write_members(LogLevel::info, R"("message":"decision","door":"policy","us":5)");
  log->write_members(LogLevel::debug, R"("message":"too much")");
  log->flush();
  const auto all = lines(path_);
  ASSERT_EQ(all.size(), 1U);
  const std::regex form(kTime + R"(,"level":"info","message":"decision","door":"policy","us":5\})");
  EXPECT_TRUE(std::regex_match(all[0], form)) << all[0];
}

}  // namespace
}  // namespace postern::os
