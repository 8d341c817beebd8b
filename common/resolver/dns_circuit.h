// Whether asking DNS is of any use. When all upstream servers are down, and a question that every
// live one answers at once is not answered either, the circuit opens: until a server answers again,
// nobody waits. Pure bookkeeping; time is a parameter. One thread, but for status(), which may be
// called from any.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace postern::resolver {

// For logs and `status`.
struct DnsCircuitStatus {
  bool open = false;
  std::chrono::seconds open_for{0};  // zero when it is not
  std::uint64_t not_asked = 0;       // questions, since it opened last
  std::uint64_t opened = 0;          // times, since the start
};

class DnsCircuit {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // closed: as ever. half_open: all servers are down, and asked the probe for the first time; what
  // is asked meanwhile is asked as ever. open: nothing is asked but the probe.
  enum class State { closed, half_open, open };
  [[nodiscard]] State state() const { return state_; }

  // All servers are down. When that is news, the circuit is half open from now on.
  void all_down();
  // The first probe was not answered in time.
  void open(TimePoint now);
  // A server has answered.
  void close();

  // A question that was answered at once because it is open.
  void note_not_asked();

  [[nodiscard]] DnsCircuitStatus status(TimePoint now) const;

 private:
  State state_ = State::closed;
  mutable std::mutex mutex_;  // of what follows, and of writes to the state
  TimePoint opened_at_;
  std::uint64_t not_asked_ = 0;
  std::uint64_t opened_ = 0;
};

// What the log says when it opens, and when it closes; `was` is the status just before.
std::string circuit_opened_line();
std::string circuit_closed_line(const DnsCircuitStatus& was);

}  // namespace postern::resolver
