// The life of a daemon with a server that serves nothing, each in a process of its own.
#include "server/daemon/daemon.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <vector>

#include "common/os/unique_fd.h"
#include "server/daemon/command_line.h"
#include "tests/support/temporary_folder.h"

namespace postern::daemon {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::chrono::seconds kPatience{20};

// A child that tells all it has to say through one pipe: its log, and what goes to stdout.
class Process {
 public:
  explicit Process(const std::function<int()>& run) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    std::fflush(nullptr);  // else the child writes again what this process has not written yet
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::dup2(ends[1], STDERR_FILENO);
      ::close(ends[1]);
      ::alarm(60);  // whatever becomes of the test
      const int code = run();
      std::fflush(stdout);
      ::_exit(code);
    }
    ::close(ends[1]);
    output_.reset(ends[0]);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  void signal(int number) const { ::kill(pid_, number); }

  // Whether it says so, now or in a while.
  bool says(const std::string& text) {
    while (said_.find(text) == std::string::npos) {
      if (!read_more()) return false;
    }
    return true;
  }

  // Its exit status; -1 for one that a signal ended, or that goes on.
  int ends() {
    while (read_more()) {
    }
    int status = 0;
    if (!at_end_ || ::waitpid(pid_, &status, 0) != pid_) return -1;
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  [[nodiscard]] const std::string& said() const { return said_; }

 private:
  bool read_more() {
    pollfd waiting{output_.get(), POLLIN, 0};
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(kPatience);
    if (::poll(&waiting, 1, static_cast<int>(patience.count())) <= 0) return false;
    char bytes[4096];
    const ssize_t got = ::read(output_.get(), bytes, sizeof bytes);
    at_end_ = got == 0;
    if (got <= 0) return false;
    said_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  pid_t pid_ = -1;
  os::UniqueFd output_;
  std::string said_;
  bool at_end_ = false;
};

enum class Habit { ends_when_told, told_twice_at_once, never_ends, ends_by_itself, cannot_start };

class IdleServer final : public service::DoorServer {
 public:
  IdleServer(service::ServerParts parts, Habit habit)
      : log_(parts.state.log),
        listeners_(std::move(parts.listeners)),
        own_connections_(std::move(parts.own_connections)),
        resolver_(context_.get_executor(), parts.state.settings.current().dns, cache_),
        habit_(habit) {}
  ~IdleServer() override { log_.info("server: destroyed"); }

  void start(std::function<void()> ended) override {
    if (habit_ == Habit::cannot_start) throw std::runtime_error("no strength");
    ended_ = std::move(ended);
    log_.info("server: started with " + std::to_string(accepted()) + " connections to itself");
    if (habit_ == Habit::ends_by_itself) ended_();
    if (habit_ == Habit::told_twice_at_once) {
      ::raise(SIGTERM);
      ::raise(SIGHUP);
    }
  }
  void stop() override {
    log_.info("server: told to stop");
    if (habit_ == Habit::ends_when_told || habit_ == Habit::told_twice_at_once) ended_();
  }
  void stop_now() override {
    log_.info("server: told to stop now");
    listeners_.clear();
  }
  void settings_changed() override { log_.info("server: settings have changed"); }
  [[nodiscard]] service::ServerStatus status() const override { return {}; }
  [[nodiscard]] resolver::DnsCache& cache() override { return cache_; }
  [[nodiscard]] resolver::Resolver& resolver() override { return resolver_; }

 private:
  // How many of its own connections arrive at its first listener.
  [[nodiscard]] std::size_t accepted() const {
    std::size_t many = 0;
    while (os::UniqueFd(::accept(listeners_.front().fd(), nullptr, nullptr)).is_open()) ++many;
    return many == own_connections_.size() ? many : 999;
  }

  os::DaemonLog& log_;
  std::vector<os::Listener> listeners_;
  std::vector<os::UniqueFd> own_connections_;
  boost::asio::io_context context_;  // never runs
  resolver::DnsCache cache_{resolver::DnsCacheSettings{}};
  resolver::Resolver resolver_;
  Habit habit_;
  std::function<void()> ended_;
};

Daemon daemon_with(Habit habit, Ending ending, Door door = Door::milter) {
  return {"postern-test", "1.2", door, ending, [habit](service::ServerParts parts) {
            return std::make_unique<IdleServer>(std::move(parts), habit);
          }};
}

class DaemonLife : public testing::Test {
 protected:
  DaemonLife() {
    // Started as root, the daemon becomes the user below, who removes the socket file.
    ::chmod(folder_.path("").c_str(), 0777);
    folder_.write("rules.yaml", "version: 1\nrules: [{ name: a, then: log }]\n");
  }

  // The file, with more at its end.
  std::string settings(const std::string& more = "") const {
    return folder_.write("postern.yaml",
                         "version: 1\nrules: rules.yaml\nuser: nobody\n"
                         "dns: { upstreams: [[127.0.0.1]] }\n"
                         "policyd: { listen: [unix:" +
                             folder_.path("policy") + ", 'inet:127.0.0.1:0'] }\n" +
                             "milter: { listen: unix:" + folder_.path("milter") + " }\n" + more);
  }

  [[nodiscard]] std::function<int()> life_of(const Daemon& daemon,
                                             const std::string& more = "") const {
    return [daemon, file = settings(more)] { return static_cast<int>(run_daemon(daemon, file)); };
  }

  [[nodiscard]] bool is_there(const std::string& name) const {
    return std::filesystem::exists(folder_.path(name));
  }

  TemporaryFolder folder_;
};

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

// A response to `GET path`, or what connecting failed with.
std::string asked(const std::string& socket_path, const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  socket_path.copy(name.sun_path, sizeof name.sun_path - 1);
  const os::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{std::chrono::seconds(kPatience).count(), 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) != 0) return "no";
  const std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + "Connection: close\r\n\r\n";
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return "no";
  std::string response;
  char bytes[4096];
  for (ssize_t got = 0; (got = ::read(fd.get(), bytes, sizeof bytes)) > 0;) {
    response.append(bytes, static_cast<std::size_t>(got));
  }
  return response;
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
}  // namespace postern::daemon
