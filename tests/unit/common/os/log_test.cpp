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
#include "tests/unit/common/os/log_fixture.h"

namespace postern::os::log_test {
namespace {

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
}  // namespace postern::os::log_test
