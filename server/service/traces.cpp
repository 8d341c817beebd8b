#include "server/service/traces.h"

#include <algorithm>

namespace postern::service {

Result<Traces::Trace> Traces::add(explain::TraceFilter filter, std::chrono::seconds time,
                                  Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  drop_ended(now);
  if (traces_.size() >= kMaxTraces) {
    return failure("found " + std::to_string(kMaxTraces) +
                   " traces, which are the most there can be; want one of them stopped");
  }
  traces_.push_back({++last_id_, std::move(filter), now + time});
  any_.store(true, std::memory_order_relaxed);
  return traces_.back();
}

std::size_t Traces::remove(std::optional<std::uint64_t> id) {
  const std::lock_guard lock(mutex_);
  const auto gone = std::erase_if(traces_, [&](const Trace& one) { return !id || one.id == *id; });
  any_.store(!traces_.empty(), std::memory_order_relaxed);
  return gone;
}

std::vector<Traces::Trace> Traces::all(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  drop_ended(now);
  return traces_;
}

std::optional<Traces::Match> Traces::match(const Transaction& transaction, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  drop_ended(now);
  const auto trace = std::find_if(traces_.begin(), traces_.end(), [&](const Trace& one) {
    return one.filter.matches(transaction);
  });
  if (trace == traces_.end()) return std::nullopt;
  if (now - second_ >= std::chrono::seconds{1}) {
    second_ = now;
    lines_in_second_ = 0;
  }
  if (lines_in_second_ >= kMaxLinesPerSecond) {
    ++trace->left_out;
    return std::nullopt;
  }
  return Match{trace->id, ++trace->decisions};
}

void Traces::keep(std::uint64_t trace, const std::vector<std::string>& lines) {
  const std::lock_guard lock(mutex_);
  lines_in_second_ += lines.size();
  for (const std::string& line : lines) {
    lines_.push_back({++last_line_, trace, line});
    kept_bytes_ += line.size();
  }
  while (lines_.size() > kKeptLines || kept_bytes_ > kKeptBytes) {
    kept_bytes_ -= lines_.front().text.size();
    lines_.pop_front();
  }
}

std::vector<Traces::Line> Traces::lines_after(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  const auto first = std::find_if(lines_.begin(), lines_.end(),
                                  [&](const Line& line) { return line.number > number; });
  return {first, lines_.end()};
}

std::uint64_t Traces::last_line() const {
  const std::lock_guard lock(mutex_);
  return last_line_;
}

void Traces::drop_ended(Clock::time_point now) {
  std::erase_if(traces_, [&](const Trace& one) { return one.end <= now; });
  any_.store(!traces_.empty(), std::memory_order_relaxed);
}

}  // namespace postern::service
