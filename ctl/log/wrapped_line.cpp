#include "ctl/log/wrapped_line.h"

#include "common/base/whole_number.h"
#include "common/json/parse_json.h"
#include "ctl/log/log_front.h"

namespace postern::ctl {
namespace {

std::string_view member(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

}  // namespace

std::optional<UtcTime> journal_time(std::string_view text) {
  const auto number = parse_whole<std::int64_t>(text);
  if (!number) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(
      std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds{*number}));
}

std::optional<WrappedLine> unwrap(std::string_view line, const LogCalendar& calendar) {
  const auto json = json::parse_json(line);
  const auto* object = json ? json->if_object() : nullptr;
  if (object == nullptr) return std::nullopt;
  WrappedLine wrapped;
  if (const auto log = member(*object, "log"); !log.empty()) {
    std::string_view time = member(*object, "time");
    wrapped.time = take_time(time, calendar);
    wrapped.text = log.substr(0, log.find('\n'));
    return wrapped;
  }
  const auto message = member(*object, "MESSAGE");
  if (message.empty()) return std::nullopt;
  wrapped.of_journal = true;
  wrapped.time = journal_time(member(*object, "__REALTIME_TIMESTAMP"));
  const std::string_view priority = member(*object, "PRIORITY");
  if (priority.size() == 1) wrapped.level = level_of_priority(priority[0]);
  wrapped.program = member(*object, "SYSLOG_IDENTIFIER");
  wrapped.text = message;
  return wrapped;
}

}  // namespace postern::ctl
