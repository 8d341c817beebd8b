// Daemons with a server that serves nothing, each in a process of its own.
#pragma once

#include <fcntl.h>
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
#include "server/daemon/daemon.h"
#include "tests/support/temporary_folder.h"

namespace postern::daemon {

inline constexpr std::chrono::seconds kPatience{20};

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

inline Daemon daemon_with(Habit habit, Ending ending, Door door = Door::milter) {
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

// A response to `GET path`, or what connecting failed with.
inline std::string asked(const std::string& socket_path, const std::string& path) {
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

}  // namespace postern::daemon
