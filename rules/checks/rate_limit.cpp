#include "rules/checks/rate_limit.h"

#include <algorithm>

#include "common/base/duration.h"
#include "common/base/whole_number.h"

namespace postern::checks {
namespace {

constexpr std::uint32_t kMostCount = 1'000'000;
constexpr std::chrono::milliseconds kLeastPeriod = std::chrono::seconds{1};
constexpr std::chrono::milliseconds kMostPeriod = std::chrono::days{31};

}  // namespace

Result<RateLimit> RateLimit::parse(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto count = parse_whole<std::uint32_t>(text.substr(0, slash));
  const auto period = parse_duration(text.substr(std::min(slash + 1, text.size())));
  if (!count || *count == 0 || *count > kMostCount || !period || *period < kLeastPeriod ||
      *period > kMostPeriod) {
    return failure("found '" + std::string(text) + "', want a number up to " +
                   std::to_string(kMostCount) + " and a time from 1s to 31d: 100/1h");
  }
  return RateLimit{*count, *period, *count};
}

std::uint64_t RateLimit::used(std::chrono::microseconds debt) const {
  const auto whole = std::max(debt, std::chrono::microseconds{0}).count();
  const auto each = interval().count();
  return static_cast<std::uint64_t>((whole + each - 1) / each);
}

std::chrono::microseconds RateLimit::until_free(std::chrono::microseconds debt,
                                                std::uint32_t units) const {
  const auto each = interval();
  return debt + each * std::min(units, burst) - each * burst;
}

std::string RateLimit::text_behind() const {
  std::string text = " of " + std::to_string(burst);
  if (burst != count) text.append(" at once, ").append(std::to_string(count));
  append_duration(text.append(" in "), period);
  return text;
}

}  // namespace postern::checks
