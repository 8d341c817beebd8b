#include "ctl/cli/program_output.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <thread>

#include "common/os/system_error.h"
#include "common/os/unique_fd.h"

extern char** environ;

namespace postern::ctl {
namespace {

using ProgramClock = std::chrono::steady_clock;

struct Pipe {
  os::UniqueFd reading;
  os::UniqueFd writing;
};

Result<Pipe> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return os::system_failure("make a pipe");
  return Pipe{os::UniqueFd(ends[0]), os::UniqueFd(ends[1])};
}

// A file in memory: who reads it slowly, or not at all, holds nobody up.
Result<os::UniqueFd> readable(std::string_view text) {
  os::UniqueFd fd(::memfd_create("input", MFD_CLOEXEC));
  if (!fd.is_open()) return os::system_failure("make a file in memory");
  while (!text.empty()) {
    const ssize_t put = ::write(fd.get(), text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return os::system_failure("write a file in memory");
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

// `input` (none: nothing) is its standard input; with one, its standard error is ours, and it has a
// process group of its own.
Result<pid_t> start_program(const std::vector<std::string>& words, int output,
                            std::optional<int> input) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  ::posix_spawn_file_actions_init(&actions);
  if (input) {
    ::posix_spawn_file_actions_adddup2(&actions, *input, STDIN_FILENO);
  } else {
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  }
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  // Signals that we block or ignore are no matter of its.
  posix_spawnattr_t attributes{};
  sigset_t none{};
  sigset_t ignored{};
  ::sigemptyset(&none);
  ::sigemptyset(&ignored);
  ::sigaddset(&ignored, SIGPIPE);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &ignored);
  ::posix_spawnattr_setflags(&attributes,
                             static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                (input ? POSIX_SPAWN_SETPGROUP : 0)));
  pid_t pid = 0;
  const int error =
      ::posix_spawnp(&pid, words.front().c_str(), &actions, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return os::system_failure("run " + words.front(), error);
  return pid;
}

constexpr const char* kTooLong = "it takes too long";

Result<std::string> read_to_end(int fd, ProgramClock::time_point until, std::size_t most) {
  std::string text;
  std::array<char, 16384> block{};
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - ProgramClock::now());
    if (left.count() <= 0) return failure(kTooLong);
    pollfd watched{fd, POLLIN, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(left.count()));
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os::system_failure("read what it writes");
    if (got == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(got));
    if (text.size() > most) return failure("it writes too much");
  }
}

Result<std::string> output_of(RunningProgram program, const std::string& name,
                              const ProgramLimits& limits) {
  const auto until = ProgramClock::now() + limits.time;
  auto text = read_to_end(program.output(), until, limits.bytes);
  if (!text) return failure(name + ": " + text.error().text);
  // It may have closed its standard output, and go on.
  const auto status = program.wait_until(until);
  if (!status) return failure(name + ": " + kTooLong);
  if (!WIFEXITED(*status)) return failure(name + " was ended by a signal");
  if (WEXITSTATUS(*status) != 0) {
    return failure(name + " ended with status " + std::to_string(WEXITSTATUS(*status)));
  }
  return text;
}

}  // namespace

Result<RunningProgram> RunningProgram::start(const std::vector<std::string>& words) {
  return start_on(words, std::nullopt);
}

Result<RunningProgram> RunningProgram::start(const std::vector<std::string>& words,
                                             std::string_view input) {
  const auto file = readable(input);
  if (!file) return tl::unexpected(file.error());
  return start_on(words, file->get());
}

Result<RunningProgram> RunningProgram::start_on(const std::vector<std::string>& words,
                                                std::optional<int> input) {
  auto pipe = open_pipe();
  if (!pipe) return tl::unexpected(pipe.error());
  const auto pid = start_program(words, pipe->writing.get(), input);
  if (!pid) return tl::unexpected(pid.error());
  return RunningProgram(*pid, input ? -*pid : *pid, std::move(pipe->reading));
}

RunningProgram::~RunningProgram() {
  if (pid_ <= 0) return;
  ::kill(killed_, SIGKILL);
  ::kill(pid_, SIGKILL);  // also when it has left its group
  wait();
}

int RunningProgram::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  return status;
}

std::optional<int> RunningProgram::wait_until(ProgramClock::time_point time) {
  constexpr std::chrono::milliseconds kLookEvery{1};
  int status = 0;
  while (::waitpid(pid_, &status, WNOHANG) != pid_) {
    if (ProgramClock::now() >= time) return std::nullopt;
    std::this_thread::sleep_for(kLookEvery);
  }
  pid_ = 0;
  return status;
}

Result<std::string> program_output(const std::vector<std::string>& words,
                                   const ProgramLimits& limits) {
  auto program = RunningProgram::start(words);
  if (!program) return tl::unexpected(program.error());
  return output_of(*std::move(program), words.front(), limits);
}

Result<std::string> program_output(const std::vector<std::string>& words, std::string_view input,
                                   const ProgramLimits& limits) {
  auto program = RunningProgram::start(words, input);
  if (!program) return tl::unexpected(program.error());
  return output_of(*std::move(program), words.front(), limits);
}

}  // namespace postern::ctl
