#include "ctl/log/local_time.h"

#include <ctime>

namespace postern::ctl {

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
