#include "common/os/log_form.h"

#include <spdlog/pattern_formatter.h>

#include <array>
#include <chrono>
#include <ctime>
#include <utility>

#include "common/base/escape.h"

namespace postern::os {
namespace {

// sd-daemon(3): what syslog(3) calls err, warning, info and debug.
std::string_view journal_prefix(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::warn:
      return "<4>";
    case spdlog::level::info:
      return "<6>";
    case spdlog::level::debug:
      return "<7>";
    default:
      return "<3>";
  }
}

// The local time to the second, written once for all lines of that second.
class TimeToTheSecond final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& local,
              spdlog::memory_buf_t& out) override {
    const auto second = std::chrono::floor<std::chrono::seconds>(message.time);
    if (length_ == 0 || second != second_) {
      second_ = second;
      length_ = std::strftime(text_.data(), text_.size(), "%Y-%m-%dT%H:%M:%S", &local);
    }
    out.append(text_.data(), text_.data() + length_);
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<TimeToTheSecond>();
  }

 private:
  std::chrono::sys_seconds second_;
  std::array<char, sizeof "2026-01-31T23:59:59"> text_{};
  std::size_t length_ = 0;
};

// The prefix of the journal for a level.
class JournalPrefix final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*local*/,
              spdlog::memory_buf_t& out) override {
    const std::string_view prefix = journal_prefix(message.level);
    out.append(prefix.data(), prefix.data() + prefix.size());
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JournalPrefix>();
  }
};

// What stands round a line, or round the members of an object.
std::string pattern_for(LogTarget target, LogFormat format) {
  const std::string prefix = target == LogTarget::journal ? "%~" : "";
  if (format == LogFormat::json) return prefix + R"({"time":"%*.%e%z","level":"%l",%v})";
  return target == LogTarget::journal ? prefix + "%v" : "%*.%e%z %l %v";
}

}  // namespace

std::unique_ptr<spdlog::formatter> log_formatter(LogTarget target, LogFormat format) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<TimeToTheSecond>('*').add_flag<JournalPrefix>('~');
  formatter->set_pattern(pattern_for(target, format));
  return formatter;
}

std::string message_member(std::string_view line) {
  std::string member = "\"message\":";
  append_json_value(member, line, line.size());
  return member;
}

}  // namespace postern::os
