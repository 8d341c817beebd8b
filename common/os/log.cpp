#include "common/os/log.h"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "common/base/escape.h"
#include "common/os/log_form.h"
#include "common/os/unique_fd.h"

namespace postern::os {
namespace {

// How long a line may wait for others to be written with it.
constexpr std::chrono::milliseconds kGather{50};
constexpr std::size_t kWriteAt = std::size_t{64} << 10;
constexpr std::size_t kMaxPending = std::size_t{8} << 20;
// A buffer that had to be larger for a while is given back.
constexpr std::size_t kKeptCapacity = std::size_t{1} << 20;
constexpr std::chrono::milliseconds kStalled{1000};

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::debug:
      return spdlog::level::debug;
  }
  return spdlog::level::err;
}

// systemd.exec(5): the variable may be inherited though stderr goes elsewhere by now.
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == stream;
}

// A FIFO that nobody reads yet is opened for reading, too, because else there is no opening it: the
// start and a reload wait for nobody.
UniqueFd open_for_append(const std::string& path) {
  constexpr int kFlags = O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  UniqueFd fd(::open(path.c_str(), O_WRONLY | kFlags, 0640));
  if (!fd.is_open() && errno == ENXIO) fd.reset(::open(path.c_str(), O_RDWR | kFlags, 0640));
  return fd;
}

// Whether there is something in it that printable() may change. Nearly no line has that: looking
// at all of it without a branch, which takes many bytes at once, is faster than stopping early.
bool may_need_escapes(std::string_view line) {
  unsigned char least = 0xff;
  unsigned char most = 0;
  for (const char byte : line) {
    least = std::min(least, static_cast<unsigned char>(byte));
    most = std::max(most, static_cast<unsigned char>(byte));
  }
  return least < 0x20 || most >= 0x7f;
}

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

class DaemonLog::Sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  Sink(UniqueFd fd, LogFormat format)
      : format_(format), fd_(std::move(fd)), writer_([this] { run(); }) {}
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  ~Sink() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_one();
    writer_.join();
  }

  void replace(UniqueFd fd) {
    wait_until_written();
    const std::lock_guard lock(fd_mutex_);
    fd_ = std::move(fd);
    in_a_line_ = false;
  }

  void wait_until_written() {
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

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (pending_.size() > kMaxPending) {
      ++dropped_;
      return;
    }
    const bool was_empty = pending_.empty();
    line_.clear();
    formatter_->format(message, line_);
    pending_.append(line_.data(), line_.size());
    const bool now_urgent = message.level >= spdlog::level::warn || pending_.size() >= kWriteAt;
    // One wake-up per batch, not per line.
    const bool wake = was_empty || (now_urgent && !urgent_);
    urgent_ = urgent_ || now_urgent;
    if (wake) wake_.notify_one();
  }
  void flush_() override {}

 private:
  void run() {
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

  void write_batch(std::size_t dropped) {
    const std::lock_guard lock(fd_mutex_);
    const auto rest = write_lines(batch_);
    lost_ += dropped + static_cast<std::size_t>(std::count(rest.begin(), rest.end(), '\n'));
    if (rest.empty() && lost_ > 0 && write_lines(told_lost()).empty()) lost_ = 0;
  }

  // What could not be written. The rest of a line that was cut is lost: what follows it is a line
  // of its own.
  std::string_view write_lines(std::string_view lines) {
    if (lines.empty() || (in_a_line_ && !write_all(fd_.get(), "\n").empty())) return lines;
    const auto rest = write_all(fd_.get(), lines);
    const std::size_t written = lines.size() - rest.size();
    in_a_line_ = written > 0 && lines[written - 1] != '\n';
    return rest;
  }

  std::string told_lost() {
    std::string text =
        "log lines dropped because they could not be written: " + std::to_string(lost_);
    if (format_ == LogFormat::json) text = message_member(text);
    spdlog::memory_buf_t line;
    const std::lock_guard lock(mutex_);
    formatter_->format({"postern", spdlog::level::warn, text}, line);
    return {line.data(), line.size()};
  }

  // The base's mutex_ guards these.
  std::string pending_;
  spdlog::memory_buf_t line_;
  std::size_t dropped_ = 0;
  bool urgent_ = false;
  bool ending_ = false;
  std::uint64_t taken_ = 0;  // batches to be written, the last of them perhaps on its way
  std::uint64_t done_ = 0;   // batches
  std::condition_variable wake_;
  std::condition_variable written_;

  const LogFormat format_;
  std::string batch_;  // the writer's
  // fd_mutex_ guards these.
  std::mutex fd_mutex_;
  UniqueFd fd_;
  bool in_a_line_ = false;  // the last line that was written has no end
  std::size_t lost_ = 0;    // lines, since it was told last
  std::thread writer_;      // last: it uses all the others
};

class DaemonLog::Impl {
 public:
  Impl(UniqueFd fd, LogSettings settings, LogTarget target)
      : file_(std::move(settings.file)),
        format_(settings.format),
        level_(settings.level),
        sink_(std::make_shared<Sink>(std::move(fd), settings.format)),
        logger_("postern", sink_) {
    logger_.set_level(spdlog::level::trace);  // what is written is decided in write()
    logger_.set_formatter(log_formatter(target, format_));
  }

  [[nodiscard]] LogFormat format() const { return format_; }
  [[nodiscard]] bool enabled(LogLevel level) const {
    return level <= level_.load(std::memory_order_relaxed);
  }
  void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }

  void write(LogLevel level, std::string_view line) {
    if (!enabled(level)) return;
    if (format_ == LogFormat::json) {
      put(level, message_member(line));
    } else if (may_need_escapes(line)) {
      put(level, printable(line));
    } else {
      put(level, line);
    }
  }

  void write_members(LogLevel level, std::string_view members) {
    if (enabled(level)) put(level, members);
  }

  Result<void> reopen() {
    if (file_.empty()) return {};
    UniqueFd fd = open_for_append(file_);
    if (!fd.is_open()) return system_failure("open the log file " + file_);
    sink_->replace(std::move(fd));
    return {};
  }

  void flush() { sink_->wait_until_written(); }

 private:
  void put(LogLevel level, std::string_view line) {
    logger_.log(level_of(level), spdlog::string_view_t(line.data(), line.size()));
  }

  const std::string file_;
  const LogFormat format_;
  std::atomic<LogLevel> level_;
  std::shared_ptr<Sink> sink_;
  spdlog::logger logger_;
};

SystemResult<std::unique_ptr<DaemonLog>> DaemonLog::open(const LogSettings& settings) {
  UniqueFd fd(settings.file.empty() ? ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0) : -1);
  if (!settings.file.empty()) fd = open_for_append(settings.file);
  if (!fd.is_open()) {
    return system_failure("open the log file " +
                          (settings.file.empty() ? std::string("stderr") : settings.file));
  }
  const bool journal = settings.file.empty() && stderr_is_journal();
  return std::unique_ptr<DaemonLog>(new DaemonLog(std::make_unique<Impl>(
      std::move(fd), settings, journal ? LogTarget::journal : LogTarget::elsewhere)));
}

DaemonLog::DaemonLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DaemonLog::~DaemonLog() = default;

LogFormat DaemonLog::format() const {
  return impl_->format();
}
bool DaemonLog::enabled(LogLevel level) const {
  return impl_->enabled(level);
}
void DaemonLog::set_level(LogLevel level) {
  impl_->set_level(level);
}
void DaemonLog::write(LogLevel level, std::string_view line) {
  impl_->write(level, line);
}
void DaemonLog::write_members(LogLevel level, std::string_view members) {
  impl_->write_members(level, members);
}
Result<void> DaemonLog::reopen() {
  return impl_->reopen();
}
void DaemonLog::flush() {
  impl_->flush();
}

}  // namespace postern::os
