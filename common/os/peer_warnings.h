// Warnings about what peers do, one line a peer and five seconds: who sends nonsense as fast as it
// can fills no log. What comes in between is counted and told then, with the last of it in full.
//
// Every function may be called from any thread. Time is a parameter.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "common/os/log.h"

namespace postern::os {

class PeerWarnings {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kEvery{5};
  // All others are one peer together.
  static constexpr std::size_t kMaxPeers = 256;

  explicit PeerWarnings(DaemonLog& log) : log_(log) {}

  void warn(const std::string& peer, std::string line, TimePoint now);
  // Tells what has been held back for long enough. To be called every few seconds.
  void report(TimePoint now);
  // Tells all that has been held back: the daemon ends.
  void report_all();

 private:
  struct Told {
    TimePoint at;
    std::size_t held_back = 0;
    std::string last;
  };
  void tell_held_back(const Told& told);

  DaemonLog& log_;
  std::mutex mutex_;
  std::map<std::string, Told> peers_;
};

}  // namespace postern::os
