#include "common/os/log_form.h"

#include <array>
#include <ctime>

#include "common/base/escape.h"

namespace postern::os {
namespace {

// By LogLevel: the prefix of sd-daemon(3) for what syslog(3) calls err, warning, info and debug.
constexpr std::array<std::string_view, 4> kJournalPrefixes = {"<3>", "<4>", "<6>", "<7>"};
constexpr std::array<std::string_view, 4> kLevelNames = {"error", "warning", "info", "debug"};

std::string time_text(const std::tm& local, const char* format) {
  std::array<char, sizeof "2026-01-31T23:59:59"> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &local)};
}

void append_milliseconds(std::string& out, std::chrono::milliseconds part) {
  const auto digit = [](auto number) { return static_cast<char>('0' + number % 10); };
  const auto count = part.count();
  const std::array<char, 4> text = {'.', digit(count / 100), digit(count / 10), digit(count)};
  out.append(text.data(), text.size());
}

}  // namespace

void LogForm::append_time(std::string& out, TimePoint time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  if (local_.empty() || second != second_) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(second);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    local_ = time_text(local, "%Y-%m-%dT%H:%M:%S");
    offset_ = time_text(local, "%z");
    offset_.insert(offset_.size() - 2, ":");
    second_ = second;
  }
  out += local_;
  append_milliseconds(out, std::chrono::floor<std::chrono::milliseconds>(time - second));
  out += offset_;
}

void LogForm::append(std::string& out, LogLevel level, std::string_view line, TimePoint time) {
  const bool json = format_ == LogFormat::json;
  const auto number = static_cast<std::size_t>(level);
  if (target_ == LogTarget::journal) out += kJournalPrefixes[number];
  if (json) {
    out += R"({"time":")";
    append_time(out, time);
    out.append(R"(","level":")").append(kLevelNames[number]).append(R"(",)");
  } else if (target_ == LogTarget::elsewhere) {
    append_time(out, time);
    out.append(1, ' ').append(kLevelNames[number]).append(1, ' ');
  }
  out += line;
  out += json ? "}\n" : "\n";
}

void LogForm::append_message(std::string& out, LogLevel level, std::string_view line,
                             TimePoint time) {
  append(out, level, format_ == LogFormat::json ? message_member(line) : std::string(line), time);
}

std::string message_member(std::string_view line) {
  std::string member = "\"message\":";
  append_json_value(member, line, line.size());
  return member;
}

}  // namespace postern::os
