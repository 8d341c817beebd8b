#include "ctl/log/log_front.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::ctl {
namespace {

using Writer = LogFront::Writer;

constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLevels{
    {{"error", LogLevel::error},
     {"warning", LogLevel::warning},
     {"info", LogLevel::info},
     {"debug", LogLevel::debug}}};
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kMaxPriorityDigits = 3;  // RFC 5424 6.2.1

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Up to a blank, which goes too.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

bool take(std::string_view& text, std::string_view beginning) {
  if (!text.starts_with(beginning)) return false;
  text.remove_prefix(beginning.size());
  return true;
}

// `<134>`: the digits; empty when there are none, and `text` stays as it is.
std::string_view take_priority(std::string_view& text) {
  const std::size_t end = text.find('>');
  if (!text.starts_with('<') || end < 2 || end > kMaxPriorityDigits + 1) return {};
  const std::string_view digits = text.substr(1, end - 1);
  if (!std::all_of(digits.begin(), digits.end(), is_digit)) return {};
  text.remove_prefix(end + 1);
  return digits;
}

// `- ` or `[id name="value" ...][...] `, RFC 5424 6.3.
bool take_structured_data(std::string_view& text) {
  if (!text.starts_with('[') && !take(text, "-")) return false;
  while (take(text, "[")) {
    bool quoted = false;
    while (!text.empty() && (quoted || text.front() != ']')) {
      if (text.front() == '"') quoted = !quoted;
      text.remove_prefix(text.front() == '\\' ? std::min<std::size_t>(2, text.size()) : 1);
    }
    if (!take(text, "]")) return false;
  }
  return text.empty() || take(text, " ");
}

// `[ 5271.006013] `, the time since the machine has started.
bool take_uptime(std::string_view& text) {
  const std::size_t end = text.find("] ");
  if (!text.starts_with('[') || end == std::string_view::npos) return false;
  const std::string_view number = text.substr(1, end - 1);
  if (number.find_first_not_of(" .0123456789") != std::string_view::npos) return false;
  text.remove_prefix(end + 2);
  return true;
}

// `postern-1  | ` or `[pod/postern/policyd] `
bool take_container_name(std::string_view& text) {
  const std::size_t end = text.find(text.starts_with('[') ? "] " : "| ");
  if (end == std::string_view::npos) return false;
  const std::string_view name = text.substr(0, end);
  const std::size_t blank = std::min(name.find(' '), name.size());
  if (name.find_first_not_of(' ', blank) != std::string_view::npos) return false;
  text.remove_prefix(end + 2);
  return true;
}

bool is_tag(std::string_view word) {
  return word.size() > 1 && word.ends_with(':');
}

class FrontReader {
 public:
  FrontReader(std::string_view line, const LogCalendar& calendar)
      : rest_(line), calendar_(calendar) {}

  LogFront read() {
    front_.writer = writer();
    return front_;
  }

  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  Writer writer() {
    if (take_uptime(rest_)) return behind_time();
    if (!take_container_name(rest_)) return bare();
    const Writer inside = bare();
    return inside == Writer::unknown ? Writer::unsure : inside;
  }

  // Without the name of a container.
  Writer bare() {
    if (take_syslog_header()) return behind_syslog_header();
    if (take_own()) return Writer::postern;
    return front_.time ? behind_time() : Writer::unknown;
  }

  bool take_log_time() {
    const auto time = take_time(rest_, calendar_);
    if (time) front_.time = time;
    return time.has_value();
  }

  // What Postern puts there. The time alone, and a priority before a time, may be another's.
  bool take_own() {
    if (rest_.starts_with(kLogObject)) return true;
    const std::string_view priority = take_priority(rest_);
    if (take_log_time()) return take_own_level();
    if (priority.size() != 1 || priority[0] > '7') return false;
    front_.level = level_of_priority(priority[0]);
    return true;
  }

  bool take_own_level() {
    std::string_view text = rest_;
    const auto level = level_named(take_word(text));
    if (!level) return false;
    front_.level = level;
    rest_ = text;
    return true;
  }

  // Postern's own behind what another program has put there.
  bool take_inner() {
    FrontReader inner(rest_, calendar_);
    if (!inner.take_own()) return false;
    if (!inner.front_.time) inner.front_.time = front_.time;
    front_ = inner.front_;
    rest_ = inner.rest_;
    return true;
  }

  // RFC 5424 6.2: `<134>1 TIME `
  bool take_syslog_header() {
    std::string_view text = rest_;
    if (take_priority(text).empty() || !take(text, "1 ")) return false;
    std::swap(text, rest_);
    if (take_log_time()) return true;
    rest_ = text;
    return false;
  }

  // HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG
  Writer behind_syslog_header() {
    take_word(rest_);
    const std::string_view program = take_word(rest_);
    take_word(rest_);
    take_word(rest_);
    if (!take_structured_data(rest_)) return Writer::unsure;
    take(rest_, kByteOrderMark);
    front_.program = program;
    return writer_named(program);
  }

  Writer behind_time() {
    const bool of_container = take(rest_, "stderr F ") || take(rest_, "stdout F ");
    if (take_inner()) return Writer::postern;
    if (of_container) return Writer::unsure;
    // There may be no name of the host.
    std::string_view word = take_word(rest_);
    if (!is_tag(word)) word = take_word(rest_);
    if (!is_tag(word)) return Writer::unsure;
    front_.program = word.substr(0, word.size() - 1);
    return writer_named(word);
  }

  // `postern-policyd[4711]`; what Postern writes to a file may have gone through syslog.
  Writer writer_named(std::string_view program) {
    if (!program.starts_with("postern")) return Writer::other;
    take_inner();
    return Writer::postern;
  }

  std::string_view rest_;
  const LogCalendar& calendar_;
  LogFront front_;
};

}  // namespace

LogLevel level_of_priority(char digit) {
  return digit <= '3'   ? LogLevel::error
         : digit == '4' ? LogLevel::warning
         : digit <= '6' ? LogLevel::info
                        : LogLevel::debug;
}

std::optional<LogLevel> level_named(std::string_view word) {
  for (const auto& [name, level] : kLevels) {
    if (word == name) return level;
  }
  return std::nullopt;
}

LogFront take_front(std::string_view& line, const LogCalendar& calendar) {
  FrontReader reader(line, calendar);
  const LogFront front = reader.read();
  line = reader.rest();
  return front;
}

}  // namespace postern::ctl
