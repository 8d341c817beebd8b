#include "common/base/utc_date.h"

#include <optional>

#include "common/base/escape.h"

namespace postern {
namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::size_t kDateLength = std::string_view("2026-12-31").size();
constexpr std::size_t kTimeLength = std::string_view("2026-12-31T18:00:00Z").size();

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Digits where the pattern has `0`, the same character elsewhere.
bool has_shape(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (pattern[i] == '0' ? !is_digit(text[i]) : text[i] != pattern[i]) return false;
  }
  return true;
}

// REQUIRES: digits.
int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = 10 * value + (c - '0');
  return value;
}

std::optional<sys_days> read_day(std::string_view text) {
  const year_month_day day{std::chrono::year{number(text.substr(0, 4))},
                           std::chrono::month{static_cast<unsigned>(number(text.substr(5, 2)))},
                           std::chrono::day{static_cast<unsigned>(number(text.substr(8, 2)))}};
  if (!day.ok()) return std::nullopt;
  return sys_days{day};
}

std::optional<std::chrono::seconds> read_time_of_day(std::string_view text) {
  const int hour = number(text.substr(0, 2));
  const int minute = number(text.substr(3, 2));
  const int second = number(text.substr(6, 2));
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second};
}

std::optional<UtcTime> read_expiry(std::string_view text) {
  if (has_shape(text, "0000-00-00")) {
    const auto day = read_day(text);
    if (!day) return std::nullopt;
    return *day + std::chrono::days{1};
  }
  if (!has_shape(text, "0000-00-00T00:00:00Z")) return std::nullopt;
  const auto day = read_day(text);
  const auto time = read_time_of_day(text.substr(kDateLength + 1));
  if (!day || !time) return std::nullopt;
  return *day + *time;
}

std::string padded(long value, std::size_t width) {
  std::string digits = std::to_string(value);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

}  // namespace

Result<UtcTime> parse_expiry(std::string_view text) {
  if (const auto time = read_expiry(text)) return *time;
  std::string found;
  append_log_value(found, text, 2 * kTimeLength);
  return failure(found + " is not a day or time; write it as 2026-12-31 or 2026-12-31T18:00:00Z");
}

std::string format_utc(UtcTime time) {
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const year_month_day day{midnight};
  const std::chrono::hh_mm_ss clock{time - midnight};
  return padded(static_cast<int>(day.year()), 4) + '-' +
         padded(static_cast<long>(static_cast<unsigned>(day.month())), 2) + '-' +
         padded(static_cast<long>(static_cast<unsigned>(day.day())), 2) + 'T' +
         padded(clock.hours().count(), 2) + ':' + padded(clock.minutes().count(), 2) + ':' +
         padded(clock.seconds().count(), 2) + 'Z';
}

}  // namespace postern
