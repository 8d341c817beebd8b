#include "ctl/log/log_time.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <ctime>

namespace postern::ctl {
namespace {

using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Reads from the front; what does not fit makes it bad for good.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  int digits(std::size_t count, int most) {
    int number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (i >= rest_.size() || rest_[i] < '0' || rest_[i] > '9') return fail();
      number = number * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return number <= most ? number : fail();
  }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void want(char c) {
    if (!take(c)) fail();
  }

  year_month_day date() {
    const int year = digits(4, 9999);
    want('-');
    const int month = digits(2, 12);
    want('-');
    return {std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
            std::chrono::day(static_cast<unsigned>(digits(2, 31)))};
  }

  seconds time_of_day() {
    const int hour = digits(2, 23);
    want(':');
    const int minute = digits(2, 59);
    want(':');
    const int second = digits(2, 60);
    if (take('.')) {
      while (good_ && !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') rest_.remove_prefix(1);
    }
    return seconds{(hour * 60 + minute) * 60 + second};
  }

  // None: it is not there.
  std::optional<minutes> offset() {
    if (take('Z')) return minutes{0};
    const bool east = rest_.starts_with('+');
    if (!take('+') && !take('-')) return std::nullopt;
    const int hours = digits(2, 14);
    take(':');
    const minutes offset{hours * 60 + digits(2, 59)};
    return east ? offset : -offset;
  }

  // `Sat `
  void weekday() {
    for (int i = 0; i < 3; ++i) {
      if (rest_.empty() || !std::isalpha(static_cast<unsigned char>(rest_[0]))) fail();
      if (good_) rest_.remove_prefix(1);
    }
    want(' ');
  }

  // `CET`, `UTC`, `+03`: of the zones only UTC can be told from the reader's own.
  std::string_view zone() {
    const std::string_view name = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(name.size());
    return name;
  }

  // Since the beginning of 1970.
  seconds epoch() {
    constexpr std::size_t kDigits = 10;  // from 2001 to 2286
    std::int64_t number = 0;
    for (std::size_t i = 0; i < kDigits; ++i) number = number * 10 + digits(1, 9);
    want('.');
    digits(6, 999999);
    return seconds{number};
  }

  unsigned month_name() {
    const auto found = std::find(kMonths.begin(), kMonths.end(), rest_.substr(0, 3));
    if (found == kMonths.end()) return static_cast<unsigned>(fail());
    rest_.remove_prefix(3);
    return static_cast<unsigned>(found - kMonths.begin()) + 1;
  }

  // A line has nothing else behind its time.
  void blanks() {
    want(' ');
    while (take(' ')) {
    }
  }

 private:
  int fail() {
    good_ = false;
    return 0;
  }

  std::string_view rest_;
  bool good_ = true;
};

std::optional<UtcTime> take_iso(TimeReader& reader, const LogCalendar& calendar) {
  const year_month_day date = reader.date();
  reader.want('T');
  const seconds time = reader.time_of_day();
  const auto offset = reader.offset();
  if (!reader.good() || !date.ok()) return std::nullopt;
  const LocalTime local = local_days(date) + time;
  return offset ? UtcTime(local.time_since_epoch()) - *offset : calendar.to_utc(local);
}

// `Sat 2026-11-21 13:40:02 CET`
std::optional<UtcTime> take_full(TimeReader& reader, const LogCalendar& calendar) {
  reader.weekday();
  const year_month_day date = reader.date();
  reader.want(' ');
  const seconds time = reader.time_of_day();
  reader.want(' ');
  const std::string_view zone = reader.zone();
  if (!reader.good() || !date.ok() || zone.empty()) return std::nullopt;
  const LocalTime local = local_days(date) + time;
  return zone == "UTC" ? UtcTime(local.time_since_epoch()) : calendar.to_utc(local);
}

// `1795268402.118000`
std::optional<UtcTime> take_unix(TimeReader& reader) {
  const seconds time = reader.epoch();
  if (!reader.good()) return std::nullopt;
  return UtcTime(time);
}

std::optional<UtcTime> take_short(TimeReader& reader, const LogCalendar& calendar) {
  const unsigned month = reader.month_name();
  reader.want(' ');
  const int day = reader.take(' ') ? reader.digits(1, 9) : reader.digits(2, 31);
  reader.want(' ');
  const seconds time = reader.time_of_day();
  if (!reader.good()) return std::nullopt;
  const year_month_day today{std::chrono::floor<std::chrono::days>(calendar.now)};
  for (const int back : {-1, 0, 1, 2, 3, 4}) {  // of four years one has a 29th of February
    const year_month_day date{today.year() - std::chrono::years(back), std::chrono::month(month),
                              std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) continue;
    const UtcTime at = calendar.to_utc(local_days(date) + time);
    if (at <= calendar.now + std::chrono::days{1}) return at;
  }
  return std::nullopt;
}

// Which of the four it is, a dash behind the year tells.
std::optional<UtcTime> read_time(TimeReader& reader, const LogCalendar& calendar) {
  const std::string_view text = reader.rest();
  if (text.empty()) return std::nullopt;
  if (text[0] >= '0' && text[0] <= '9') {
    return text.substr(0, 5).ends_with('-') ? take_iso(reader, calendar) : take_unix(reader);
  }
  return text.substr(0, 9).ends_with('-') ? take_full(reader, calendar)
                                          : take_short(reader, calendar);
}

}  // namespace

std::optional<UtcTime> take_time(std::string_view& text, const LogCalendar& calendar) {
  TimeReader reader(text);
  const auto time = read_time(reader, calendar);
  if (!time) return std::nullopt;
  if (!reader.rest().empty()) reader.blanks();
  if (!reader.good()) return std::nullopt;
  text = reader.rest();
  return time;
}

std::optional<local_days> parse_day(std::string_view text) {
  TimeReader reader(text);
  const year_month_day date = reader.date();
  if (!reader.good() || !reader.rest().empty() || !date.ok()) return std::nullopt;
  return local_days(date);
}

UtcTime utc_of_local(LocalTime local) {
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date(day);
  std::tm parts{};
  parts.tm_year = static_cast<int>(date.year()) - 1900;
  parts.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
  parts.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
  const std::chrono::hh_mm_ss time(local - day);
  parts.tm_hour = static_cast<int>(time.hours().count());
  parts.tm_min = static_cast<int>(time.minutes().count());
  parts.tm_sec = static_cast<int>(time.seconds().count());
  parts.tm_isdst = -1;
  return std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::from_time_t(std::mktime(&parts)));
}

}  // namespace postern::ctl
