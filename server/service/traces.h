// The traces that are set: which decisions are written in full detail, and until when. Traces
// survive reloads, and end by themselves. Bounded in number, in time and in lines a second. One per
// daemon; any thread may call any function.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "rules/explain/trace_filter.h"

namespace postern::service {

class Traces {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t kMaxTraces = 8;
  static constexpr std::chrono::seconds kMaxTime{std::chrono::hours{24}};
  // Of all traces together. A decision for which there is no room is not told at all, but counted.
  static constexpr std::size_t kMaxLinesPerSecond = 500;
  // Lines that are kept for clients of the control protocol that follow a trace.
  static constexpr std::size_t kKeptLines = 2000;
  static constexpr std::size_t kKeptBytes = std::size_t{1} << 20;

  struct Trace {
    std::uint64_t id = 0;
    explain::TraceFilter filter;
    Clock::time_point end;
    std::uint64_t decisions = 0;  // told
    std::uint64_t left_out = 0;   // decisions, because there were too many lines
  };
  struct Line {
    std::uint64_t number = 0;  // counts up by one, over all traces
    std::uint64_t trace = 0;
    std::string text;
  };

  Traces() = default;
  Traces(const Traces&) = delete;
  Traces& operator=(const Traces&) = delete;

  // Whether any is set: all that a decision pays for when none is.
  [[nodiscard]] bool any() const { return any_.load(std::memory_order_relaxed); }

  // Error: there are kMaxTraces. REQUIRES: 0 < time <= kMaxTime.
  Result<Trace> add(explain::TraceFilter filter, std::chrono::seconds time, Clock::time_point now);
  // How many there were: of that id, or of any.
  std::size_t remove(std::optional<std::uint64_t> id);
  [[nodiscard]] std::vector<Trace> all(Clock::time_point now);

  struct Match {
    std::uint64_t trace;
    std::uint64_t number;  // of the decision, in that trace
  };
  // The first trace that follows this transaction, if there is room for what it would tell.
  std::optional<Match> match(const Transaction& transaction, Clock::time_point now);
  // Keeps what was told, and counts it against the room of this second.
  void keep(std::uint64_t trace, const std::vector<std::string>& lines);

  // Those behind that number; the first of them may be gone.
  [[nodiscard]] std::vector<Line> lines_after(std::uint64_t number) const;
  [[nodiscard]] std::uint64_t last_line() const;

 private:
  void drop_ended(Clock::time_point now);

  std::atomic<bool> any_{false};
  // Guards what follows.
  mutable std::mutex mutex_;
  std::vector<Trace> traces_;
  std::uint64_t last_id_ = 0;
  std::uint64_t last_line_ = 0;
  std::deque<Line> lines_;
  std::size_t kept_bytes_ = 0;
  Clock::time_point second_;  // when the present one began
  std::size_t lines_in_second_ = 0;
};

}  // namespace postern::service
