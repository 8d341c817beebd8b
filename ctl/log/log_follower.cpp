#include "ctl/log/log_follower.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/os/system_error.h"

namespace postern::ctl {
namespace {

constexpr std::size_t kReadAtOnce = std::size_t{64} << 10;
// Until a program has written its first line, and between two that it has ready.
constexpr std::chrono::milliseconds kFirstLine{5000};
constexpr std::chrono::milliseconds kNextLine{100};

Result<os::UniqueFd> open_to_read(const std::string& file) {
  os::UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.is_open()) return os::system_failure("open " + file);
  return fd;
}

bool is_readable_within(std::chrono::milliseconds time, int fd) {
  pollfd watched{fd, POLLIN, 0};
  return ::poll(&watched, 1, static_cast<int>(time.count())) > 0;
}

}  // namespace

Result<LogFollower> LogFollower::open(const std::string& file, std::size_t last_bytes) {
  auto fd = open_to_read(file);
  if (!fd) return tl::unexpected(fd.error());
  struct stat is {};
  if (::fstat(fd->get(), &is) != 0) return os::system_failure("read " + file);
  LogFollower follower(file, std::move(*fd));
  // A byte more: it may be the end of the line before.
  const off_t begin = is.st_size - static_cast<off_t>(last_bytes) - 1;
  if (S_ISREG(is.st_mode) && begin > 0) {
    ::lseek(follower.fd_.get(), begin, SEEK_SET);
    follower.within_line_ = true;
  }
  return follower;
}

Result<void> LogFollower::read(const OnLine& line) {
  if (program_) return read_program(line);
  if (auto read = read_file(line); !read || !was_replaced()) return read;
  // What was written between the end that was read and the new file.
  if (auto rest = read_file(line); !rest) return rest;
  auto fd = open_to_read(file_);
  if (!fd) return {};  // logrotate has not made it yet
  fd_ = std::move(*fd);
  lines_ = LineSplitter(kMaxLogLine);
  return read_file(line);
}

Result<void> LogFollower::read_file(const OnLine& line) {
  for (;;) {
    const auto got = read_block(fd_.get(), line);
    if (!got) return tl::unexpected(got.error());
    if (!*got) return {};
  }
}

Result<void> LogFollower::read_program(const OnLine& line) {
  auto time = std::exchange(has_begun_, true) ? std::chrono::milliseconds{0} : kFirstLine;
  for (; is_readable_within(time, program_->output()); time = std::min(time, kNextLine)) {
    const auto got = read_block(program_->output(), line);
    if (!got) return tl::unexpected(got.error());
    if (!*got) return failure("the program that reads the journal has ended");
  }
  return {};
}

Result<bool> LogFollower::read_block(int fd, const OnLine& line) {
  std::array<char, kReadAtOnce> block{};
  const auto whole_line = [&](std::string_view text) {
    if (!std::exchange(within_line_, false)) line(text);
  };
  for (;;) {
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return false;
    if (got < 0) return os::system_failure("read " + file_);
    lines_.add({block.data(), static_cast<std::size_t>(got)}, whole_line, [] {});
    return got > 0;
  }
}

bool LogFollower::was_replaced() {
  struct stat here {};
  struct stat there {};
  if (::fstat(fd_.get(), &here) != 0 || ::stat(file_.c_str(), &there) != 0) return false;
  if (here.st_dev != there.st_dev || here.st_ino != there.st_ino) return true;
  const off_t at = ::lseek(fd_.get(), 0, SEEK_CUR);
  return S_ISREG(here.st_mode) && at > here.st_size;
}

}  // namespace postern::ctl
