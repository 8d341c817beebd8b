#include "common/os/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "common/base/escape.h"
#include "common/os/log_writer.h"
#include "common/os/unique_fd.h"

namespace postern::os {
namespace {

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

}  // namespace

SystemResult<std::unique_ptr<DaemonLog>> DaemonLog::open(const LogSettings& settings) {
  UniqueFd fd(settings.file.empty() ? ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0) : -1);
  if (!settings.file.empty()) fd = open_for_append(settings.file);
  if (!fd.is_open()) {
    return system_failure("open the log file " +
                          (settings.file.empty() ? std::string("stderr") : settings.file));
  }
  const bool journal = settings.file.empty() && stderr_is_journal();
  const LogForm form(journal ? LogTarget::journal : LogTarget::elsewhere, settings.format);
  return std::unique_ptr<DaemonLog>(
      new DaemonLog(settings, std::make_unique<LogWriter>(std::move(fd), form)));
}

DaemonLog::DaemonLog(const LogSettings& settings, std::unique_ptr<LogWriter> writer)
    : file_(settings.file),
      format_(settings.format),
      level_(settings.level),
      writer_(std::move(writer)) {}

DaemonLog::~DaemonLog() = default;

void DaemonLog::write(LogLevel level, std::string_view line) {
  if (!enabled(level)) return;
  if (format_ == LogFormat::json) {
    writer_->put(level, message_member(line));
  } else if (may_need_escapes(line)) {
    writer_->put(level, printable(line));
  } else {
    writer_->put(level, line);
  }
}

void DaemonLog::write_members(LogLevel level, std::string_view members) {
  if (enabled(level)) writer_->put(level, members);
}

Result<void> DaemonLog::reopen() {
  if (file_.empty()) return {};
  UniqueFd fd = open_for_append(file_);
  if (!fd.is_open()) return system_failure("open the log file " + file_);
  writer_->replace(std::move(fd));
  return {};
}

void DaemonLog::flush() {
  writer_->wait_until_written();
}

}  // namespace postern::os
