#include "rules/journal/segment_name.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "common/base/whole_number.h"

namespace postern::journal {
namespace {

constexpr std::string_view kOpen = ".jsonl";
constexpr std::string_view kPacked = ".jsonl.zst";
constexpr std::size_t kMaxHost = 64;  // HOST_NAME_MAX
// A `0` stands for any digit.
constexpr std::string_view kTimeShape = "00000000T000000.000000Z";

bool can_stand_in_host(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

std::string time_text(JournalTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(
      text.data(), text.size(), "%04d%02u%02uT%02d%02d%02d.%06dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text.data();
}

bool has_time_shape(std::string_view text) {
  return std::equal(
      text.begin(), text.end(), kTimeShape.begin(), kTimeShape.end(),
      [](char c, char shape) { return shape == '0' ? c >= '0' && c <= '9' : c == shape; });
}

std::optional<JournalTime> parse_time(std::string_view text) {
  if (!has_time_shape(text)) return std::nullopt;
  const auto part = [&](std::size_t from, std::size_t length) {
    return *parse_whole<int>(text.substr(from, length));
  };
  const std::chrono::year_month_day date{std::chrono::year(part(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(part(4, 2))),
                                         std::chrono::day(static_cast<unsigned>(part(6, 2)))};
  const int hour = part(9, 2);
  const int minute = part(11, 2);
  const int second = part(13, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second) + std::chrono::microseconds(part(16, 6));
}

bool take_end(std::string_view& text, std::string_view end) {
  const bool found = text.ends_with(end);
  if (found) text.remove_suffix(end.size());
  return found;
}

}  // namespace

std::string SegmentName::to_string() const {
  std::string text = time_text(begun);
  text.append("-").append(postern::to_string(door)).append("-").append(host);
  text.append("-").append(std::to_string(pid)).append(packed ? kPacked : kOpen);
  return text;
}

std::optional<SegmentName> parse_segment_name(std::string_view name) {
  SegmentName segment;
  segment.packed = take_end(name, kPacked);
  if (!segment.packed && !take_end(name, kOpen)) return std::nullopt;
  const auto begun = parse_time(name.substr(0, kTimeShape.size()));
  if (!begun) return std::nullopt;
  name.remove_prefix(kTimeShape.size());
  segment.begun = *begun;
  segment.door = name.starts_with("-milter-") ? Door::milter : Door::policy;
  const std::string door = "-" + std::string(postern::to_string(segment.door)) + "-";
  const std::size_t dash = name.rfind('-');
  if (!name.starts_with(door) || dash < door.size()) return std::nullopt;
  segment.host = name.substr(door.size(), dash - door.size());
  const auto pid = parse_whole<std::int64_t>(name.substr(dash + 1));
  if (!pid || *pid < 0 || segment_host(segment.host) != segment.host) return std::nullopt;
  segment.pid = *pid;
  return segment;
}

std::string segment_host(std::string_view host) {
  std::string text(host.substr(0, kMaxHost));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return !can_stand_in_host(c); }, '_');
  return text.empty() ? "_" : text;
}

}  // namespace postern::journal
