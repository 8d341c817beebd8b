#include "server/service/greeting_delay.h"

#include <string>
#include <utility>

namespace postern::service {

ServerLoad load_of(std::size_t open_connections, std::size_t max_connections) {
  const bool nearly_full = open_connections >= max_connections - max_connections / 10;
  return nearly_full ? ServerLoad::overloaded : ServerLoad::normal;
}

std::optional<GreetingDelay::Slot> GreetingDelay::take(ServerLoad load,
                                                       const std::optional<IpAddress>& client) {
  if (load == ServerLoad::overloaded) {
    skipped_overloaded_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  std::optional<ClientShares::Place> share;
  if (client) {
    share = shares_.take(*client, (places_.places() + kParts - 1) / kParts);
    if (!share && places_.places() > 0) {
      skipped_share_.fetch_add(1, std::memory_order_relaxed);
      return std::nullopt;
    }
  }
  auto place = places_.take();
  if (!place) return std::nullopt;
  held_.fetch_add(1, std::memory_order_relaxed);
  return Slot{std::move(*place), std::move(share)};
}

GreetingDelay::Counts GreetingDelay::counts() const {
  return {places_.taken(), held_.load(std::memory_order_relaxed), places_.refused(),
          skipped_overloaded_.load(std::memory_order_relaxed),
          skipped_share_.load(std::memory_order_relaxed)};
}

void GreetingDelay::report_skipped(os::DaemonLog& log) {
  const Counts now = counts();
  shed_.report(now.skipped_full + now.skipped_overloaded + now.skipped_share,
               "greetings not delayed because too many are, of all clients or of one, or too many "
               "connections are open",
               log);
}

}  // namespace postern::service
