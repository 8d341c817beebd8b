#include "ctl/log/log_entry.h"

#include <utility>

#include "ctl/log/log_front.h"
#include "ctl/log/wrapped_line.h"

namespace postern::ctl {
namespace {

using EntryKind = LogEntry::Kind;
using Writer = LogFront::Writer;

constexpr std::string_view kDecision = "decision door=";
constexpr std::string_view kObjectLevel = R"(","level":")";

std::string_view up_to_quote(std::string_view text) {
  return text.substr(0, text.find('"'));
}

class EntryReader {
 public:
  explicit EntryReader(const LogCalendar& calendar) : calendar_(calendar) {}

  LogEntry read(std::string_view line) {
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with('{') && !line.starts_with(kLogObject)) {
      wrapped(line);
    } else {
      text(line);
    }
    return std::move(entry_);
  }

 private:
  void text(std::string_view line) {
    std::string_view rest = line;
    const LogFront front = take_front(rest, calendar_);
    if (front.time) entry_.time = front.time;
    entry_.level = front.level;
    const bool is_bare = line.starts_with(kDecision);  // journalctl -o cat
    if (front.writer == Writer::postern || is_bare) {
      of_postern(rest);
    } else if (front.writer != Writer::other) {
      of_nobody(line, front.writer);
    }
  }

  void of_postern(std::string_view rest) {
    if (rest.starts_with(kLogObject)) {
      object(rest);
    } else if (rest.starts_with(kDecision)) {
      decision(rest);
    } else {
      entry_.kind = EntryKind::message;
    }
  }

  void object(std::string_view text) {
    std::string_view time = up_to_quote(text.substr(kLogObject.size()));
    const std::string_view behind = text.substr(kLogObject.size() + time.size());
    if (const auto at = take_time(time, calendar_)) entry_.time = at;
    if (behind.starts_with(kObjectLevel)) {
      entry_.level = level_named(up_to_quote(behind.substr(kObjectLevel.size())));
    }
    if (is_decision_line(text)) {
      decision(text);
    } else {
      entry_.kind = EntryKind::message;
    }
  }

  void decision(std::string_view text) {
    auto fields = read_log_line(text);
    entry_.kind = fields ? EntryKind::decision : EntryKind::unreadable;
    if (fields) entry_.fields = std::move(*fields);
  }

  // A line of a client's making is not worth a word, but a decision that is not counted is.
  void of_nobody(std::string_view line, Writer writer) {
    const bool blank = line.find_first_not_of(" \t") == std::string_view::npos;
    entry_.kind = blank || writer == Writer::unsure ? EntryKind::foreign : EntryKind::unknown;
    auto fields = read_log_line(line);
    if (!fields || !fields->contains("action")) return;
    entry_.kind = EntryKind::untrusted;
    entry_.fields = std::move(*fields);
  }

  // What holds a line of any program as the value of a member.
  void wrapped(std::string_view line) {
    const auto unwrapped = unwrap(line, calendar_);
    if (!unwrapped) return of_nobody(line, Writer::unknown);
    entry_.time = unwrapped->time;
    if (!unwrapped->of_journal) return text(unwrapped->text);
    if (!unwrapped->program.starts_with("postern")) {
      entry_.time.reset();
      return;
    }
    entry_.level = unwrapped->level;
    of_postern(unwrapped->text);
  }

  const LogCalendar& calendar_;
  LogEntry entry_;
};

}  // namespace

LogEntry read_log_entry(std::string_view line, const LogCalendar& calendar) {
  return EntryReader(calendar).read(line);
}

}  // namespace postern::ctl
