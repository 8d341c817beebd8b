// The life of a daemon with a server that serves nothing, each in a process of its own.
#include "server/daemon/daemon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "server/daemon/command_line.h"
#include "tests/unit/server/daemon/daemon_fixture.h"

namespace postern::daemon::daemon_test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(DaemonLife, ReadsTheRulesAgainAtEitherSignal) {
  Process process(life_of(daemon_with(Habit::ends_when_told, Ending::orderly)));
  ASSERT_TRUE(process.says("server: started")) << process.said();
  process.signal(SIGHUP);
  EXPECT_TRUE(process.says("reload unchanged: the files are those of generation 1 (signal"))
      << process.said();
  folder_.write("rules.yaml", "version: 1\nrules: []\n");
  process.signal(SIGUSR1);
  EXPECT_TRUE(process.says("reload done: 0 rules, 0 lists")) << process.said();
  EXPECT_TRUE(process.says("generation 2"));
  folder_.write("rules.yaml", "version: 2\n");
  process.signal(SIGUSR1);
  EXPECT_TRUE(process.says("generation 2 stays")) << process.said();
  process.signal(SIGTERM);
  EXPECT_EQ(process.ends(), 0) << process.said();
}

TEST_F(DaemonLife, TellsItsMetricsOnAPortOfTheirOwn) {
  ListenAddress address;
  address.address = IpAddress::from_v4(0x7f000001);
  auto taken = os::Listener::open(address);
  ASSERT_TRUE(taken);
  const std::string port = std::to_string(taken->address().port);
  const auto with_metrics = [&](const std::string& where) {
    return folder_.write("postern.yaml",
                         "version: 1\nrules: rules.yaml\nuser: nobody\n"
                         "dns: { upstreams: [[127.0.0.1]] }\n"
                         "milter: { listen: unix:" +
                             folder_.path("milter") + ", metrics: 'inet:127.0.0.1:" + where +
                             "' }\n");
  };
  const Daemon daemon = daemon_with(Habit::ends_when_told, Ending::orderly);
  Process second([&] { return static_cast<int>(run_daemon(daemon, with_metrics(port))); });
  EXPECT_EQ(second.ends(), 3);
  EXPECT_THAT(second.said(), HasSubstr("postern-test: cannot listen on inet:127.0.0.1:" + port));
  Process first([&] { return static_cast<int>(run_daemon(daemon, with_metrics("0"))); });
  ASSERT_TRUE(first.says("metrics at inet:127.0.0.1:")) << first.said();
  EXPECT_TRUE(first.says("server: started")) << first.said();
  first.signal(SIGTERM);
  EXPECT_EQ(first.ends(), 0) << first.said();
}

TEST_F(DaemonLife, TakesWhatChangesByItself) {
  Process process(life_of(daemon_with(Habit::ends_when_told, Ending::orderly)));
  ASSERT_TRUE(process.says("server: started")) << process.said();
  folder_.write("new.yaml", "version: 1\nrules: []\n");
  std::filesystem::rename(folder_.path("new.yaml"), folder_.path("rules.yaml"));
  EXPECT_TRUE(process.says("reload done: 0 rules, 0 lists")) << process.said();
  EXPECT_TRUE(process.says("generation 2 (files, ")) << process.said();
  folder_.write("rules.yaml", "version: 2\n");
  EXPECT_TRUE(process.says("generation 2 stays (files, ")) << process.said();
  // A list that the rules name from now on is watched from now on.
  folder_.write("a.txt", "a.example\n");
  folder_.write("rules.yaml",
                "version: 1\nlists: { l: { kind: domain, file: a.txt } }\n"
                "rules: [{ name: a, when: { helo: l }, then: log }]\n");
  EXPECT_TRUE(process.says("generation 3 (files, ")) << process.said();
  folder_.write("a.txt", "b.example\n");
  EXPECT_TRUE(process.says("generation 4 (files, ")) << process.said();
  settings("decision: { max_delayed: 7 }\n");
  EXPECT_TRUE(process.says("server: settings have changed")) << process.said();
  process.signal(SIGTERM);
  EXPECT_EQ(process.ends(), 0) << process.said();
  EXPECT_THAT(process.said(), Not(HasSubstr("generation 5")));
}

TEST_F(DaemonLife, NumbersGoOnAfterARestart) {
  const std::string state = "state: " + folder_.path("state") + "\n";
  const auto life = life_of(daemon_with(Habit::ends_when_told, Ending::orderly), state);
  for (const char* wanted : {"generation 1\n", "generation 1\n", "generation 2\n"}) {
    Process process(life);
    EXPECT_TRUE(process.says(wanted)) << process.said();
    process.signal(SIGTERM);
    EXPECT_EQ(process.ends(), 0) << process.said();
    if (is_there("again")) folder_.write("rules.yaml", "version: 1\nrules: []\n");
    folder_.write("again", "");
  }
}

TEST_F(DaemonLife, BeginsWithTheLastGoodRules) {
  const std::string state = "state: " + folder_.path("state") + "\n";
  const auto life = life_of(daemon_with(Habit::ends_when_told, Ending::orderly), state);
  {
    Process process(life);
    ASSERT_TRUE(process.says("server: started")) << process.said();
    process.signal(SIGTERM);
    ASSERT_EQ(process.ends(), 0);
  }
  // What is not whole is passed over.
  std::filesystem::create_directory(folder_.path("state/generations/2"));
  folder_.write("rules.yaml", "version: 2\n");
  Process process(life);
  ASSERT_TRUE(process.says("server: started")) << process.said();
  EXPECT_THAT(process.said(), HasSubstr("rules.yaml:1:10: error: "));
  EXPECT_THAT(process.said(), HasSubstr("error starting with generation 1 of 2"));
  EXPECT_THAT(process.said(), HasSubstr("kept in " + folder_.path("state/generations/1") + "; "));
  EXPECT_THAT(process.said(), HasSubstr("started: 1 rules, 0 lists, generation 1\n"));
  folder_.write("rules.yaml", "version: 1\nrules: []\n");
  EXPECT_TRUE(process.says("reload done: 0 rules")) << process.said();
  EXPECT_TRUE(process.says("generation 3 (files, ")) << process.said();
  process.signal(SIGTERM);
  EXPECT_EQ(process.ends(), 0);
}

TEST_F(DaemonLife, WithoutGoodRulesItDoesNotBegin) {
  folder_.write("rules.yaml", "version: 2\n");
  for (const std::string& more : {std::string(), "state: " + folder_.path("state") + "\n"}) {
    Process process(life_of(daemon_with(Habit::ends_when_told, Ending::orderly), more));
    EXPECT_EQ(process.ends(), static_cast<int>(ExitCode::configuration));
    EXPECT_THAT(process.said(), HasSubstr("rules.yaml:1:10: error: "));
    EXPECT_FALSE(is_there("milter"));
  }
}

TEST_F(DaemonLife, AStoreThatCannotBeMadeHindersNothing) {
  Process process(
      life_of(daemon_with(Habit::ends_when_told, Ending::orderly), "state: /proc/none\n"));
  ASSERT_TRUE(process.says("server: started")) << process.said();
  EXPECT_THAT(process.said(), HasSubstr("warning generations are not kept: cannot make /proc/"));
  EXPECT_THAT(process.said(), HasSubstr(", generation 1\n"));
  process.signal(SIGTERM);
  EXPECT_EQ(process.ends(), 0);
}

TEST_F(DaemonLife, AnswersPosternctl) {
  for (const Ending ending : {Ending::orderly, Ending::at_once}) {
    Process process(
        life_of(daemon_with(Habit::ends_when_told, ending), "control: " + folder_.path("") + "\n"));
    ASSERT_TRUE(process.says("server: started")) << process.said();
    const std::string socket = folder_.path("postern-test.control");
    struct stat status {};
    ASSERT_EQ(::stat(socket.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    if (::geteuid() == 0) {
      EXPECT_NE(status.st_uid, 0U);
    }
    EXPECT_THAT(asked(socket, "/v1/status"), HasSubstr("200 OK"));
    EXPECT_THAT(asked(socket, "/v1/status"), HasSubstr("postern-test"));
    process.signal(SIGTERM);
    EXPECT_EQ(process.ends(), 0) << process.said();
    EXPECT_FALSE(is_there("postern-test.control"));
  }
}

TEST_F(DaemonLife, AControlSocketThatCannotBeMadeEndsTheStart) {
  Process process(life_of(daemon_with(Habit::ends_when_told, Ending::orderly),
                          "control: " + folder_.path("none") + "\n"));
  EXPECT_EQ(process.ends(), static_cast<int>(ExitCode::start));
  EXPECT_THAT(process.said(), HasSubstr("none/postern-test.control"));
}

// Made by who may still do so: by then the daemon is an account that the socket is closed to.
TEST_F(DaemonLife, HasTheConnectionsToItselfThatItAsksFor) {
  for (const Door door : {Door::milter, Door::policy}) {
    Daemon daemon = daemon_with(Habit::ends_by_itself, Ending::orderly, door);
    daemon.own_connections = 3;
    Process process(life_of(daemon));
    process.ends();
    EXPECT_THAT(process.said(), HasSubstr("started with 3 connections to itself"));
    EXPECT_THAT(process.said(), Not(HasSubstr("will wait for others")));
  }
  Process process(life_of(daemon_with(Habit::ends_by_itself, Ending::orderly)));
  process.ends();
  EXPECT_THAT(process.said(), HasSubstr("started with 0 connections to itself"));
}

TEST_F(DaemonLife, ListensWhereTheSectionOfItsDoorSays) {
  Process process(life_of(daemon_with(Habit::ends_by_itself, Ending::orderly, Door::policy)));
  process.ends();
  EXPECT_THAT(process.said(), HasSubstr("listening on unix:" + folder_.path("policy") + "\n"));
  EXPECT_THAT(process.said(), HasSubstr("listening on inet:127.0.0.1:"));
  EXPECT_THAT(process.said(), Not(HasSubstr(folder_.path("milter"))));
}

int command(const Daemon& daemon, std::vector<std::string> words) {
  words.insert(words.begin(), daemon.name);
  std::vector<char*> arguments;
  arguments.reserve(words.size());
  for (std::string& word : words) arguments.push_back(word.data());
  return run_command_line(daemon, {"What it is.", "Where more is."},
                          static_cast<int>(arguments.size()), arguments.data());
}

TEST_F(DaemonLife, TheCommandLineSaysWhatItIs) {
  const Daemon daemon = daemon_with(Habit::cannot_start, Ending::at_once);
  Process version([&] { return command(daemon, {"--version"}); });
  EXPECT_EQ(version.ends(), 0);
  EXPECT_EQ(version.said(), "postern-test 1.2\n");
  Process help([&] { return command(daemon, {"--help"}); });
  EXPECT_EQ(help.ends(), 0);
  for (const char* text :
       {"What it is.", "--check-config", "HUP, USR1", "  4  it ended", "Where more is."}) {
    EXPECT_THAT(help.said(), HasSubstr(text));
  }
}

TEST_F(DaemonLife, TheCommandLineEndsWithTheCodeOfWhatWentWrong) {
  const Daemon daemon = daemon_with(Habit::cannot_start, Ending::at_once);
  Process usage([&] { return command(daemon, {"--nix"}); });
  EXPECT_EQ(usage.ends(), static_cast<int>(ExitCode::usage)) << usage.said();
  Process missing([&] { return command(daemon, {"--config", folder_.path("nix.yaml")}); });
  EXPECT_EQ(missing.ends(), static_cast<int>(ExitCode::configuration)) << missing.said();
  Process weak([&] { return command(daemon, {"--config", settings()}); });
  EXPECT_EQ(weak.ends(), static_cast<int>(ExitCode::failed));
  EXPECT_THAT(weak.said(), HasSubstr("postern-test: no strength\n"));
  EXPECT_FALSE(is_there("milter"));
}

TEST_F(DaemonLife, TheConfigurationIsCheckedWithoutAnySocket) {
  const Daemon daemon = daemon_with(Habit::cannot_start, Ending::at_once);
  Process good([&] { return command(daemon, {"--check-config", "--config", settings()}); });
  EXPECT_EQ(good.ends(), 0);
  EXPECT_EQ(good.said(), "ok: 1 rules, 0 lists\n");
  EXPECT_FALSE(is_there("milter"));
  const std::string other = folder_.write("other.yaml",
                                          "version: 1\nrules: rules.yaml\n"
                                          "dns: { upstreams: [[127.0.0.1]] }\n"
                                          "policyd: { listen: 'inet:127.0.0.1:0' }\n");
  Process none([&] { return command(daemon, {"--check-config", "--config", other}); });
  EXPECT_EQ(none.ends(), static_cast<int>(ExitCode::configuration));
  EXPECT_EQ(none.said(), other +
                             ": error: settings: found no section 'milter:', want one: "
                             "postern-milter needs it\n");
}

}  // namespace
}  // namespace postern::daemon::daemon_test
