// Who comes, and what decides, in the last minutes, beside the hour before: what `posternctl top`
// shows. Bounded in memory, whatever comes. Pure; one thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utc_date.h"
#include "ctl/log/log_line.h"
#include "ctl/report/top_counts.h"

namespace postern::report {

// What is counted of a decision, in the order of the page.
enum class Counted : std::uint8_t { rule, sender_domain, sender, client, network, helo };
inline constexpr std::array<std::string_view, 6> kCounted{
    "rules", "sender_domains", "senders", "clients", "networks", "helo_names"};

inline constexpr std::chrono::minutes kRecent{5};
inline constexpr std::chrono::minutes kHourBefore{60};

// Refused is whatever did not pass: rejected, deferred, discarded, held.
struct PassedAndRefused {
  std::uint64_t passed = 0;
  std::uint64_t refused = 0;
  [[nodiscard]] std::uint64_t all() const { return passed + refused; }
};

struct RecentRow {
  std::string text;
  PassedAndRefused now;  // of the last kRecent
  double before = 0;     // all of the hour before it, in the same time
  [[nodiscard]] double growth() const { return static_cast<double>(now.all()) - before; }
};

struct RecentPage {
  PassedAndRefused now;
  double before = 0;
  std::array<std::vector<RecentRow>, kCounted.size()> rows;  // most first
  struct Grown {
    Counted counted;
    RecentRow row;
  };
  std::vector<Grown> grown;  // what grew most first
};

class RecentCounts {
 public:
  // Of each minute and kind so many texts that passed, and as many that were refused.
  static constexpr std::size_t kMaxTexts = 500;

  // What was decided then. A time to come counts as `now`; what is too old is not counted, nor what
  // a milter lets pass before the end of a message.
  void add(const ctl::LogFields& fields, UtcTime at, UtcTime now);

  // At most so many rows of each kind.
  [[nodiscard]] RecentPage page(UtcTime now, std::size_t most) const;

 private:
  struct Texts {
    TopCounts passed{kMaxTexts};
    TopCounts refused{kMaxTexts};
  };
  struct Minute {
    PassedAndRefused all;
    std::array<Texts, kCounted.size()> texts;
  };

  std::map<std::chrono::sys_time<std::chrono::minutes>, Minute> minutes_;
};

}  // namespace postern::report
