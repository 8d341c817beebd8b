// A limit as a rule file says it, and what a bucket that holds so much makes of a record: GCRA, the
// generic cell rate algorithm. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "rules/model/state.h"

namespace postern::checks {

// `100/1h`: a bucket of `burst` that gets one back each `period / count`.
struct RateLimit {
  std::uint32_t count = 0;
  std::chrono::milliseconds period{0};
  std::uint32_t burst = 0;

  // The burst is the whole count. Error: what was found, and what would be right.
  static Result<RateLimit> parse(std::string_view text);

  [[nodiscard]] std::chrono::microseconds interval() const {
    return std::chrono::microseconds(period) / count;
  }
  // In which an empty bucket is full.
  [[nodiscard]] std::chrono::microseconds depth() const { return interval() * burst; }
  // Of a bucket with this debt, so many are gone.
  [[nodiscard]] std::uint64_t used(std::chrono::microseconds debt) const;
  // Until `units` are there; zero or less: they are. More than it ever holds: until it is full.
  [[nodiscard]] std::chrono::microseconds until_free(std::chrono::microseconds debt,
                                                     std::uint32_t units) const;
  // What stands behind `37` in `37 of 100 in 1h`; of another burst ` of 20 at once, 100 in 1h`.
  [[nodiscard]] std::string text_behind() const;
};

}  // namespace postern::checks
