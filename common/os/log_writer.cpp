#include "common/os/log_writer.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <new>
#include <utility>

namespace postern::os {
namespace {

// How long a line may wait for others to be written with it.
constexpr std::chrono::milliseconds kGather{50};
constexpr std::size_t kWriteAt = std::size_t{64} << 10;
constexpr std::size_t kMaxPending = std::size_t{8} << 20;
// A buffer that had to be larger for a while is given back.
constexpr std::size_t kKeptCapacity = std::size_t{1} << 20;
constexpr std::chrono::milliseconds kStalled{1000};

bool is_regular_file(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

// False: nobody has made room for a while, or never will.
bool wait_for_room(int fd) {
  pollfd waiting{fd, POLLOUT, 0};
  for (;;) {
    const int ready = ::poll(&waiting, 1, static_cast<int>(kStalled.count()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

// As much as a pipe with room takes without blocking (pipe(7)), in whole lines if possible.
std::string_view first_piece(std::string_view bytes) {
  if (bytes.size() <= PIPE_BUF) return bytes;
  const auto line_end = bytes.rfind('\n', PIPE_BUF - 1);
  return bytes.substr(0, line_end == std::string_view::npos ? PIPE_BUF : line_end + 1);
}

// What could not be written. The descriptor is shared with whoever started the daemon, so it blocks
// or not as they like; a reader that is stuck must not keep the daemon from stopping either way.
std::string_view write_all(int fd, std::string_view bytes) {
  const bool may_block = !is_regular_file(fd);
  while (!bytes.empty()) {
    if (may_block && !wait_for_room(fd)) return bytes;
    const auto piece = may_block ? first_piece(bytes) : bytes;
    const ssize_t written = ::write(fd, piece.data(), piece.size());
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      return bytes;
    }
  }
  return bytes;
}

}  // namespace

LogWriter::LogWriter(UniqueFd fd, LogForm form)
    : form_(std::move(form)), fd_(std::move(fd)), thread_([this] { run(); }) {}

LogWriter::~LogWriter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void LogWriter::put(LogLevel level, std::string_view line) noexcept {
  const auto now = std::chrono::system_clock::now();
  const std::lock_guard lock(mutex_);
  const std::size_t before = pending_.size();
  if (before > kMaxPending) {
    ++dropped_;
    return;
  }
  try {
    form_.append(pending_, level, line, now);
  } catch (const std::bad_alloc&) {
    pending_.resize(before);
    ++dropped_;
    return;
  }
  const bool now_urgent = level <= LogLevel::warning || pending_.size() >= kWriteAt;
  // One wake-up per batch, not per line.
  const bool wake = before == 0 || (now_urgent && !urgent_);
  urgent_ = urgent_ || now_urgent;
  if (wake) wake_.notify_one();
}

void LogWriter::replace(UniqueFd fd) {
  wait_until_written();
  const std::lock_guard lock(fd_mutex_);
  fd_ = std::move(fd);
  in_a_line_ = false;
}

void LogWriter::wait_until_written() {
  std::unique_lock lock(mutex_);
  // Not what comes meanwhile: under load that never ends.
  std::uint64_t last = taken_;
  if (!pending_.empty()) {
    ++last;
    urgent_ = true;
    wake_.notify_one();
  }
  written_.wait(lock, [this, last] { return done_ >= last; });
}

void LogWriter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return !pending_.empty() || ending_ || urgent_; });
    wake_.wait_for(lock, kGather, [this] { return urgent_ || ending_; });
    urgent_ = false;
    batch_.swap(pending_);
    const std::size_t dropped = std::exchange(dropped_, 0);
    ++taken_;
    lock.unlock();
    write_batch(dropped);
    batch_.clear();
    if (batch_.capacity() > kKeptCapacity) std::string().swap(batch_);
    lock.lock();
    done_ = taken_;
    written_.notify_all();
    if (ending_ && pending_.empty()) return;
  }
}

void LogWriter::write_batch(std::size_t dropped) {
  const std::lock_guard lock(fd_mutex_);
  const auto rest = write_lines(batch_);
  lost_ += dropped + static_cast<std::size_t>(std::count(rest.begin(), rest.end(), '\n'));
  if (rest.empty() && lost_ > 0 && write_lines(told_lost()).empty()) lost_ = 0;
}

// What could not be written. The rest of a line that was cut is lost: what follows it is a line of
// its own.
std::string_view LogWriter::write_lines(std::string_view lines) {
  if (lines.empty() || (in_a_line_ && !write_all(fd_.get(), "\n").empty())) return lines;
  const auto rest = write_all(fd_.get(), lines);
  const std::size_t written = lines.size() - rest.size();
  in_a_line_ = written > 0 && lines[written - 1] != '\n';
  return rest;
}

std::string LogWriter::told_lost() {
  std::string line;
  const std::lock_guard lock(mutex_);
  form_.append_message(
      line, LogLevel::warning,
      "log lines dropped because they could not be written: " + std::to_string(lost_),
      std::chrono::system_clock::now());
  return line;
}

}  // namespace postern::os
