#include "tests/dns_faults/fault_matrix.h"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <mutex>
#include <thread>

namespace postern {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kAtOnce = 16;

// How late the loop has its turns. When other processes have the processors, a name server that is
// well looks silent, and a good answer may not even get into the cache.
class Turns {
 public:
  explicit Turns(boost::asio::io_context& loop) : timer_(loop) { await(); }

  [[nodiscard]] Clock::duration worst_since(Clock::time_point since) const {
    const std::lock_guard lock(mutex_);
    Clock::duration worst{};
    for (const auto& [when, lateness] : late_) {
      if (when >= since) worst = std::max(worst, lateness);
    }
    return worst;
  }

 private:
  void await() {
    timer_.expires_after(10ms);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      const auto now = Clock::now();
      if (now - timer_.expiry() > 50ms) {
        const std::lock_guard lock(mutex_);
        late_.emplace_back(now, now - timer_.expiry());
      }
      await();
    });
  }

  boost::asio::steady_timer timer_;
  mutable std::mutex mutex_;
  std::vector<std::pair<Clock::time_point, Clock::duration>> late_;
};

// What took too long, or was held up on its way, is measured again, in the end with far more time
// for everything.
Cell::Side judged_by(DoorSide door, const Cell& cell, boost::asio::io_context& loop,
                     const Turns& turns, const std::shared_ptr<const Snapshot>& rules,
                     IsSound is_sound) {
  Cell::Side side;
  for (const int slower : {1, 1, 2, 4, 8, 16, 32}) {
    side.pace = {slower};
    const auto began = Clock::now();
    {
      FaultFixture fixture(loop, *cell.fault, cell.cached, side.pace, rules);
      fixture.prepare();
      side.judged = fixture.judge(door);
    }
    const bool held_up = turns.worst_since(began) > side.pace.attempt_timeout() / 4 ||
                         side.judged.took > side.pace.longest();
    if (is_sound(cell, side) && !held_up) break;
  }
  return side;
}

}  // namespace

void fill(std::vector<Cell>& cells, const std::shared_ptr<const Snapshot>& rules,
          IsSound is_sound) {
  boost::asio::io_context loop(1);
  auto work = boost::asio::make_work_guard(loop);
  const Turns turns(loop);
  std::thread loop_thread([&loop] { loop.run(); });
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kAtOnce; ++i) {
    threads.emplace_back([&] {
      for (std::size_t at = next++; at < 2 * cells.size(); at = next++) {
        Cell& cell = cells[at / 2];
        const DoorSide door = at % 2 == 0 ? DoorSide::policy : DoorSide::milter;
        (at % 2 == 0 ? cell.policy : cell.milter) =
            judged_by(door, cell, loop, turns, rules, is_sound);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  loop.stop();
  loop_thread.join();
}

}  // namespace postern
