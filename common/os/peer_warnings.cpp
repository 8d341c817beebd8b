#include "common/os/peer_warnings.h"

#include <utility>

namespace postern::os {

void PeerWarnings::warn(const std::string& peer, std::string line, TimePoint now) {
  const std::lock_guard lock(mutex_);
  auto found = peers_.find(peer);
  const bool known = found != peers_.end();
  if (!known) found = peers_.try_emplace(peers_.size() < kMaxPeers ? peer : "", Told{}).first;
  Told& told = found->second;
  const bool is_first = told.at == TimePoint{};
  if (is_first || (now - told.at >= kEvery && told.held_back == 0)) {
    told.at = now;
    log_.warning(line);
    return;
  }
  ++told.held_back;
  told.last = std::move(line);
}

void PeerWarnings::report(TimePoint now) {
  const std::lock_guard lock(mutex_);
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    Told& told = peer->second;
    const bool is_over = now - told.at >= kEvery;
    if (is_over && told.held_back == 0) {
      peer = peers_.erase(peer);
      continue;
    }
    if (is_over) {
      tell_held_back(told);
      told = Told{now, 0, {}};
    }
    ++peer;
  }
}

void PeerWarnings::report_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& [peer, told] : peers_) tell_held_back(told);
  peers_.clear();
}

void PeerWarnings::tell_held_back(const Told& told) {
  if (told.held_back == 0) return;
  const std::size_t more = told.held_back - 1;
  log_.warning(more == 0 ? told.last
                         : told.last + " (and " + std::to_string(more) + " more like it before)");
}

}  // namespace postern::os
