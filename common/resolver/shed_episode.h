// Whether questions are being shed just now, for `status`: an episode begins with the first that is
// and is over when there was none for a while. Time is a parameter; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace postern::resolver {

struct ShedStatus {
  bool now = false;
  std::chrono::seconds since_ago{0};  // the first of the episode; zero when there is none
  std::uint64_t shed = 0;             // in the episode
  std::string domain;                 // because of which the last one was to be asked; may be empty
};

class ShedEpisode {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Long enough that sheddings with a time-out in between are one episode.
  static constexpr std::chrono::seconds kLull{15};

  void note(std::string_view domain, TimePoint now);
  // Without an episode all of it is empty.
  [[nodiscard]] ShedStatus status(TimePoint now) const;

 private:
  [[nodiscard]] bool is_over(TimePoint now) const;

  mutable std::mutex mutex_;
  std::uint64_t shed_ = 0;
  TimePoint began_;
  TimePoint last_;
  std::string domain_;
};

}  // namespace postern::resolver
