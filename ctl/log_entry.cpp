#include "ctl/log_entry.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postern {
namespace {

constexpr std::string_view kDecision = "decision door=";
constexpr std::string_view kObject = R"({"time":")";
constexpr std::string_view kObjectLevel = R"(","level":")";
constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLevels{
    {{"error", LogLevel::error},
     {"warning", LogLevel::warning},
     {"info", LogLevel::info},
     {"debug", LogLevel::debug}}};

std::optional<LogLevel> level_named(std::string_view word) {
  for (const auto& [name, level] : kLevels) {
    if (word == name) return level;
  }
  return std::nullopt;
}

// Up to a blank, which goes too.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

// sd-daemon(3): `<6>`
std::optional<LogLevel> take_journal_prefix(std::string_view& text) {
  if (text.size() < 3 || text[0] != '<' || text[2] != '>') return std::nullopt;
  const char digit = text[1];
  if (digit < '0' || digit > '7') return std::nullopt;
  text.remove_prefix(3);
  return digit <= '3'   ? LogLevel::error
         : digit == '4' ? LogLevel::warning
         : digit <= '6' ? LogLevel::info
                        : LogLevel::debug;
}

// `postern-policyd[4711]:`
bool is_tag_of_ours(std::string_view word) {
  return word.starts_with("postern") && word.ends_with(':');
}

class EntryReader {
 public:
  EntryReader(std::string_view line, const LogCalendar& calendar)
      : rest_(line), calendar_(calendar) {
    while (rest_.ends_with('\n') || rest_.ends_with('\r')) rest_.remove_suffix(1);
  }

  LogEntry read() {
    bool ours = take_own_front();
    if (!ours && entry_.time) {
      take_word(rest_);  // the host
      ours = is_tag_of_ours(take_word(rest_));
      if (!ours) return {};
      take_own_front();
    }
    if (rest_.starts_with(kObject)) {
      object();
    } else if (rest_.starts_with(kDecision)) {
      decision();
    } else if (ours) {
      entry_.kind = LogEntry::Kind::message;
    }
    return std::move(entry_);
  }

 private:
  // What DaemonLog itself writes: a prefix, or time and level. The time alone may be another's.
  bool take_own_front() {
    if (const auto level = take_journal_prefix(rest_)) {
      entry_.level = level;
      return true;
    }
    const auto time = take_time(rest_, calendar_);
    if (!time) return false;
    entry_.time = time;
    const auto level = level_named(rest_.substr(0, rest_.find(' ')));
    if (!level) return false;
    take_word(rest_);
    entry_.level = level;
    return true;
  }

  void object() {
    std::string_view text = rest_.substr(kObject.size());
    const std::size_t end = text.find('"');
    std::string_view time = text.substr(0, end);
    if (const auto at = take_time(time, calendar_)) entry_.time = at;
    text.remove_prefix(std::min(end, text.size()));
    if (text.starts_with(kObjectLevel)) {
      text.remove_prefix(kObjectLevel.size());
      entry_.level = level_named(text.substr(0, text.find('"')));
    }
    if (is_decision_line(rest_)) {
      decision();
    } else {
      entry_.kind = LogEntry::Kind::message;
    }
  }

  void decision() {
    auto fields = read_log_line(rest_);
    entry_.kind = fields ? LogEntry::Kind::decision : LogEntry::Kind::unreadable;
    if (fields) entry_.fields = std::move(*fields);
  }

  std::string_view rest_;
  const LogCalendar& calendar_;
  LogEntry entry_;
};

}  // namespace

LogEntry read_log_entry(std::string_view line, const LogCalendar& calendar) {
  return EntryReader(line, calendar).read();
}

}  // namespace postern
