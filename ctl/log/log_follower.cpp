#include "ctl/log/log_follower.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "common/os/system_error.h"

namespace postern::ctl {
namespace {

constexpr std::size_t kBlock = std::size_t{64} << 10;

Result<os::UniqueFd> open_to_read(const std::string& file) {
  os::UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.is_open()) return os::system_failure("open " + file);
  return fd;
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

Result<void> LogFollower::read(const std::function<void(std::string_view)>& line) {
  if (auto read = read_new(line); !read || !was_replaced()) return read;
  // What was written between the end that was read and the new file.
  if (auto rest = read_new(line); !rest) return rest;
  auto fd = open_to_read(file_);
  if (!fd) return {};  // logrotate has not made it yet
  fd_ = std::move(*fd);
  lines_ = LineSplitter(kMaxLogLine);
  return read_new(line);
}

Result<void> LogFollower::read_new(const std::function<void(std::string_view)>& line) {
  std::array<char, kBlock> block{};
  const auto whole_line = [&](std::string_view text) {
    if (!std::exchange(within_line_, false)) line(text);
  };
  for (;;) {
    const ssize_t got = ::read(fd_.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got == 0 || (got < 0 && errno == EAGAIN)) return {};
    if (got < 0) return os::system_failure("read " + file_);
    lines_.add({block.data(), static_cast<std::size_t>(got)}, whole_line, [] {});
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
