// How many of the lines about everyday passes are written to the log. Pure values.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/result.h"

namespace postern {

struct LogShare {
  std::uint32_t one_of = 1;  // one of so many; 0: none
  friend bool operator==(const LogShare&, const LogShare&) = default;
};

inline constexpr LogShare kEveryLine{1};
inline constexpr LogShare kNoLine{0};
inline constexpr std::uint32_t kMaxLinesInOne = 1000000;

// `all`, `none`, `1/100`. Error: what would be right.
Result<LogShare> parse_log_share(std::string_view text);

// The one that writes more.
LogShare louder(LogShare one, LogShare other);

// Whether the pass of that number (from 0 on) is written: exactly one of each `one_of` that come
// one after the other, but not always the one in the same place, because passes come in patterns
// (connect, helo, mail, rcpt, and again).
bool is_written(LogShare share, std::uint64_t number);

}  // namespace postern
