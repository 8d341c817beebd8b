#include "common/io/log.h"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>

#include "common/escape.h"
#include "common/io/system_error.h"
#include "common/io/unique_fd.h"

namespace postern {
namespace {

// How long a line may wait for others to be written with it.
constexpr std::chrono::milliseconds kGather{50};
constexpr std::size_t kWriteAt = std::size_t{64} << 10;
constexpr std::size_t kMaxPending = std::size_t{8} << 20;
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

// sd-daemon(3): what syslog(3) calls err, warning, info and debug.
std::string_view journal_prefix(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return "<3>";
    case LogLevel::warning:
      return "<4>";
    case LogLevel::info:
      return "<6>";
    case LogLevel::debug:
      return "<7>";
  }
  return "<3>";
}

// systemd.exec(5): the variable may be inherited though stderr goes elsewhere by now.
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == stream;
}

UniqueFd open_for_append(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640));
}

bool is_control(char byte) {
  return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f;
}

// Waits while a pipe is full, but not for ever: a reader that is stuck must not keep the daemon
// from stopping. False: the rest is lost.
bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd waiting{fd, POLLOUT, 0};
      if (::poll(&waiting, 1, static_cast<int>(kStalled.count())) == 0) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

class DaemonLog::Sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit Sink(UniqueFd fd) : fd_(std::move(fd)), writer_([this] { run(); }) {}
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
  }

  void wait_until_written() {
    std::unique_lock lock(mutex_);
    urgent_ = true;
    wake_.notify_one();
    written_.wait(lock, [this] { return pending_.empty() && !writing_; });
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
      batch_.clear();
      batch_.swap(pending_);
      const std::size_t dropped = std::exchange(dropped_, 0);
      writing_ = true;
      lock.unlock();
      write_batch(dropped);
      lock.lock();
      writing_ = false;
      written_.notify_all();
      if (ending_ && pending_.empty()) return;
    }
  }

  void write_batch(std::size_t dropped) {
    if (dropped > 0) {
      batch_ += "log lines dropped because they could not be written in time: " +
                std::to_string(dropped) + "\n";
    }
    const std::lock_guard lock(fd_mutex_);
    write_all(fd_.get(), batch_);
  }

  // The base's mutex_ guards these.
  std::string pending_;
  spdlog::memory_buf_t line_;
  std::size_t dropped_ = 0;
  bool urgent_ = false;
  bool ending_ = false;
  bool writing_ = false;
  std::condition_variable wake_;
  std::condition_variable written_;

  std::string batch_;  // the writer's
  std::mutex fd_mutex_;
  UniqueFd fd_;
  std::thread writer_;  // last: it uses all the others
};

class DaemonLog::Impl {
 public:
  enum class Style { journal, timestamped };

  Impl(UniqueFd fd, LogSettings settings, Style style)
      : settings_(std::move(settings)),
        style_(style),
        sink_(std::make_shared<Sink>(std::move(fd))),
        logger_("postern", sink_) {
    logger_.set_level(level_of(settings_.level));
    logger_.set_pattern(style == Style::journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  }

  [[nodiscard]] bool enabled(LogLevel level) const { return level <= settings_.level; }

  void write(LogLevel level, std::string_view line) {
    if (!enabled(level)) return;
    std::string changed;  // empty unless it differs
    if (std::any_of(line.begin(), line.end(), is_control)) {
      changed = printable(line);
      line = changed;
    }
    if (style_ == Style::journal) {
      changed.insert(0, changed.empty() ? line : std::string_view{});
      changed.insert(0, journal_prefix(level));
      line = changed;
    }
    logger_.log(level_of(level), spdlog::string_view_t(line.data(), line.size()));
  }

  Result<void> reopen() {
    if (settings_.file.empty()) return {};
    UniqueFd fd = open_for_append(settings_.file);
    if (!fd.is_open()) return system_failure("open the log file " + settings_.file);
    sink_->replace(std::move(fd));
    return {};
  }

  void flush() { sink_->wait_until_written(); }

 private:
  LogSettings settings_;
  Style style_;
  std::shared_ptr<Sink> sink_;
  spdlog::logger logger_;
};

Result<std::unique_ptr<DaemonLog>> DaemonLog::open(const LogSettings& settings) {
  UniqueFd fd(settings.file.empty() ? ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0) : -1);
  if (!settings.file.empty()) fd = open_for_append(settings.file);
  if (!fd.is_open()) {
    return system_failure("open the log file " +
                          (settings.file.empty() ? std::string("stderr") : settings.file));
  }
  const bool journal = settings.file.empty() && stderr_is_journal();
  return std::unique_ptr<DaemonLog>(new DaemonLog(std::make_unique<Impl>(
      std::move(fd), settings, journal ? Impl::Style::journal : Impl::Style::timestamped)));
}

DaemonLog::DaemonLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DaemonLog::~DaemonLog() = default;

bool DaemonLog::enabled(LogLevel level) const {
  return impl_->enabled(level);
}
void DaemonLog::write(LogLevel level, std::string_view line) {
  impl_->write(level, line);
}
Result<void> DaemonLog::reopen() {
  return impl_->reopen();
}
void DaemonLog::flush() {
  impl_->flush();
}

}  // namespace postern
