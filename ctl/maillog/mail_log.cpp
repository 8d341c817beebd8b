#include "ctl/maillog/mail_log.h"

#include <optional>
#include <utility>

#include "ctl/maillog/mail_line.h"

namespace postern::ctl {
namespace {

MailLogLine read_record(const ProgramLine& record) {
  if (!record.program.starts_with("postern")) {
    if (auto event = read_mail_line(record)) return *std::move(event);
  } else if (auto fields = read_log_line(record.text)) {
    return LogEntry{LogEntry::Kind::decision, record.time, std::nullopt, std::move(*fields)};
  }
  return {};
}

}  // namespace

MailLogLine MailLog::add(std::string_view line) {
  if (!journal_.add(line)) return read(line);
  const auto record = journal_.take();
  return record ? read_record(*record) : MailLogLine{};
}

// A client may write a decision into what an MTA says of him.
MailLogLine MailLog::read(std::string_view line) const {
  std::optional<LogEntry> entry;
  if (line.starts_with('{') || is_decision_line(line)) entry = read_log_entry(line, calendar_);
  if (entry && entry->kind == LogEntry::Kind::decision) return *std::move(entry);
  if (auto event = read_mail_line(line, calendar_)) return *std::move(event);
  if (entry && entry->kind == LogEntry::Kind::untrusted) return *std::move(entry);
  return {};
}

}  // namespace postern::ctl
