#include "ctl/log/log_entry.h"

#include <utility>

#include "common/base/whole_number.h"
#include "common/json/parse_json.h"
#include "ctl/log/log_front.h"

namespace postern::ctl {
namespace {

using Kind = LogEntry::Kind;
using Writer = LogFront::Writer;

constexpr std::string_view kDecision = "decision door=";
constexpr std::string_view kObjectLevel = R"(","level":")";

std::string_view member(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

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
      entry_.kind = Kind::message;
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
      entry_.kind = Kind::message;
    }
  }

  void decision(std::string_view text) {
    auto fields = read_log_line(text);
    entry_.kind = fields ? Kind::decision : Kind::unreadable;
    if (fields) entry_.fields = std::move(*fields);
  }

  // A line of a client's making is not worth a word, but a decision that is not counted is.
  void of_nobody(std::string_view line, Writer writer) {
    const bool blank = line.find_first_not_of(" \t") == std::string_view::npos;
    entry_.kind = blank || writer == Writer::unsure ? Kind::foreign : Kind::unknown;
    auto fields = read_log_line(line);
    if (!fields || !fields->contains("action")) return;
    entry_.kind = Kind::untrusted;
    entry_.fields = std::move(*fields);
  }

  // What holds a line of any program as the value of a member.
  void wrapped(std::string_view line) {
    const auto json = json::parse_json(line);
    const auto* object = json ? json->if_object() : nullptr;
    if (object == nullptr) return of_nobody(line, Writer::unknown);
    if (const auto log = member(*object, "log"); !log.empty()) {
      std::string_view time = member(*object, "time");
      entry_.time = take_time(time, calendar_);
      return text(log.substr(0, log.find('\n')));
    }
    const auto message = member(*object, "MESSAGE");
    if (message.empty()) return of_nobody(line, Writer::unknown);
    if (!member(*object, "SYSLOG_IDENTIFIER").starts_with("postern")) return;
    of_journal(*object);
    of_postern(message);
  }

  void of_journal(const boost::json::object& object) {
    const std::string_view time = member(object, "__REALTIME_TIMESTAMP");
    if (const auto number = parse_whole<std::int64_t>(time)) {
      entry_.time = std::chrono::floor<std::chrono::seconds>(
          std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds{*number}));
    }
    const std::string_view priority = member(object, "PRIORITY");
    if (priority.size() == 1) entry_.level = level_of_priority(priority[0]);
  }

  const LogCalendar& calendar_;
  LogEntry entry_;
};

}  // namespace

LogEntry read_log_entry(std::string_view line, const LogCalendar& calendar) {
  return EntryReader(calendar).read(line);
}

}  // namespace postern::ctl
