#include "server/service/greeting_delay.h"

namespace postern::service {

ServerLoad load_of(std::size_t open_connections, std::size_t max_connections) {
  const bool nearly_full = open_connections >= max_connections - max_connections / 10;
  return nearly_full ? ServerLoad::overloaded : ServerLoad::normal;
}

GreetingDelay::Permit GreetingDelay::take(ServerLoad load, const std::optional<IpAddress>& client) {
  if (load == ServerLoad::overloaded) {
    skipped_overloaded_.fetch_add(1, std::memory_order_relaxed);
    return {};
  }
  Permit permit;
  if (client) {
    permit.of_client = shares_.take(*client, (permits_.permits() + kParts - 1) / kParts);
    if (!permit.of_client && permits_.permits() > 0) {
      skipped_share_.fetch_add(1, std::memory_order_relaxed);
      return {};
    }
  }
  permit.of_all = permits_.take();
  if (!permit) return {};
  held_.fetch_add(1, std::memory_order_relaxed);
  return permit;
}

GreetingDelay::Counts GreetingDelay::counts() const {
  return {permits_.taken(), held_.load(std::memory_order_relaxed), permits_.refused(),
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
