#include "common/base/duration.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <iterator>

#include "common/base/escape.h"

namespace postern {
namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  milliseconds length;
};

// Weeks are only read.
constexpr std::array<Unit, 6> kUnits{{{"d", std::chrono::days{1}},
                                      {"h", std::chrono::hours{1}},
                                      {"m", std::chrono::minutes{1}},
                                      {"s", std::chrono::seconds{1}},
                                      {"ms", milliseconds{1}},
                                      {"w", std::chrono::weeks{1}}}};
constexpr milliseconds kLongest = std::chrono::years{10};

tl::unexpected<Error> not_a_duration(std::string_view text) {
  std::string found;
  append_log_value(found, text, 40);
  return failure(found + " is not a duration; write a number and ms, s, m, h, d or w, as in 90s");
}

}  // namespace

Result<milliseconds> parse_duration(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [unit_start, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc::invalid_argument) return not_a_duration(text);

  const std::string_view name = text.substr(static_cast<std::size_t>(unit_start - text.data()));
  for (const Unit& unit : kUnits) {
    if (name != unit.name) continue;
    const auto most = static_cast<std::uint64_t>(kLongest / unit.length);
    if (error == std::errc::result_out_of_range || number > most) {
      std::string found;
      append_log_value(found, text, 40);
      return failure(found + " is too long; at most ten years");
    }
    return static_cast<std::int64_t>(number) * unit.length;
  }
  return not_a_duration(text);
}

// Divisors that the compiler knows: every line of the log has several durations.
void append_duration(std::string& text, milliseconds duration) {
  const auto append = [&](std::int64_t number, std::string_view unit) {
    char digits[24];
    const auto result = std::to_chars(std::begin(digits), std::end(digits), number);
    text.append(std::begin(digits), result.ptr).append(unit);
  };
  const std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(duration).count();
  if (duration.count() % 1000 != 0) return append(duration.count(), "ms");
  if (seconds % 60 != 0 || seconds == 0) return append(seconds, "s");
  if (seconds % 3600 != 0) return append(seconds / 60, "m");
  if (seconds % 86400 != 0) return append(seconds / 3600, "h");
  append(seconds / 86400, "d");
}

std::string format_duration(milliseconds duration) {
  std::string text;
  append_duration(text, duration);
  return text;
}

std::string rough_duration(milliseconds duration) {
  using namespace std::chrono;
  if (duration < minutes{2}) return std::to_string(floor<seconds>(duration).count()) + "s";
  if (duration < hours{2}) return std::to_string(floor<minutes>(duration).count()) + "m";
  if (duration < days{2}) return std::to_string(floor<hours>(duration).count()) + "h";
  return std::to_string(floor<days>(duration).count()) + "d";
}

}  // namespace postern
