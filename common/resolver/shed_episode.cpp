#include "common/resolver/shed_episode.h"

namespace postern::resolver {

bool ShedEpisode::is_over(TimePoint now) const {
  return shed_ == 0 || now >= last_ + kLull;
}

void ShedEpisode::note(std::string_view domain, TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (is_over(now)) {
    shed_ = 0;
    began_ = now;
  }
  ++shed_;
  last_ = now;
  domain_ = domain;
}

ShedStatus ShedEpisode::status(TimePoint now) const {
  const std::lock_guard lock(mutex_);
  if (is_over(now)) return {};
  return {true, std::chrono::floor<std::chrono::seconds>(now - began_), shed_, domain_};
}

}  // namespace postern::resolver
