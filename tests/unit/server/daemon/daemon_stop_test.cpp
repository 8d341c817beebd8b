// How the life of a daemon ends.
#include "server/daemon/daemon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/unit/server/daemon/daemon_fixture.h"

namespace postern::daemon::daemon_stop_test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(DaemonLife, WhileItStopsNothingNewIsTaken) {
  Process process(life_of(daemon_with(Habit::never_ends, Ending::orderly),
                          "control: " + folder_.path("") + "\n"));
  ASSERT_TRUE(process.says("server: started")) << process.said();
  process.signal(SIGTERM);
  ASSERT_TRUE(process.says("server: told to stop\n")) << process.said();
  EXPECT_EQ(asked(folder_.path("postern-test.control"), "/v1/status"), "no");
  folder_.write("rules.yaml", "version: 1\nrules: []\n");
  process.signal(SIGHUP);
  EXPECT_TRUE(process.says("reload done: 0 rules")) << "but a signal is heard";
  EXPECT_THAT(process.said(), Not(HasSubstr("(files, ")));
  process.signal(SIGTERM);
  EXPECT_EQ(process.ends(), 0) << process.said();
}

TEST_F(DaemonLife, EndsInGoodOrderWhenTold) {
  for (const int number : {SIGTERM, SIGINT}) {
    Process process(life_of(daemon_with(Habit::ends_when_told, Ending::orderly)));
    ASSERT_TRUE(process.says("server: started")) << process.said();
    EXPECT_TRUE(is_there("milter"));
    process.signal(number);
    EXPECT_EQ(process.ends(), 0);
    std::size_t from = 0;
    for (const char* line :
         {"postern-test 1.2 started: 1 rules, 0 lists, generation 1",
          "listening on unix:", "server: started", "stopping: ", "server: told to stop",
          "server: told to stop now", "server: destroyed", "stopped"}) {
      const auto at = process.said().find(line, from);
      ASSERT_NE(at, std::string::npos) << line << " in\n" << process.said();
      from = at + 1;
    }
    EXPECT_FALSE(is_there("milter"));
  }
}

TEST_F(DaemonLife, LeavesAServerWhoseThreadsGoOnAsItIs) {
  Process process(life_of(daemon_with(Habit::ends_when_told, Ending::at_once)));
  ASSERT_TRUE(process.says("server: started")) << process.said();
  process.signal(SIGTERM);
  EXPECT_EQ(process.ends(), 0) << process.said();
  EXPECT_THAT(process.said(), HasSubstr("server: told to stop now"));
  EXPECT_THAT(process.said(), Not(HasSubstr("server: destroyed")));
  EXPECT_THAT(process.said(), HasSubstr(" stopped\n"));
  EXPECT_FALSE(is_there("milter"));
}

TEST_F(DaemonLife, ASecondSignalEndsItAtOnce) {
  for (const Ending ending : {Ending::orderly, Ending::at_once}) {
    Process process(life_of(daemon_with(Habit::never_ends, ending)));
    ASSERT_TRUE(process.says("server: started")) << process.said();
    process.signal(SIGTERM);
    ASSERT_TRUE(process.says("server: told to stop\n")) << process.said();
    process.signal(SIGTERM);
    EXPECT_EQ(process.ends(), 0) << process.said();
    EXPECT_THAT(process.said(), HasSubstr("told to stop again"));
    EXPECT_THAT(process.said(), HasSubstr("server: told to stop now"));
    EXPECT_FALSE(is_there("milter"));
  }
}

// The server has ended at the first signal, and the second is in the queue already.
TEST_F(DaemonLife, ASignalThatComesWithTheEndDoesNotHoldItUp) {
  Process process(life_of(daemon_with(Habit::told_twice_at_once, Ending::orderly)));
  EXPECT_EQ(process.ends(), 0) << process.said();
  EXPECT_THAT(process.said(), HasSubstr(" stopped\n"));
}

TEST_F(DaemonLife, AServerThatEndsByItselfIsAFailure) {
  for (const Ending ending : {Ending::orderly, Ending::at_once}) {
    Process process(life_of(daemon_with(Habit::ends_by_itself, ending)));
    EXPECT_EQ(process.ends(), static_cast<int>(ExitCode::failed));
    EXPECT_THAT(process.said(), HasSubstr("stopped, though nobody said so"));
    EXPECT_FALSE(is_there("milter"));
  }
}

}  // namespace
}  // namespace postern::daemon::daemon_stop_test
