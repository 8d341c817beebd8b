// Bounds how many greetings are held back at once. Each holds a process of the MTA (Postfix has a
// hundred smtpd by default) and, behind the milter door, a thread of the daemon. Beyond the bound,
// and when the server is nearly full, a greeting is not delayed. Each client has a share of the
// bound, so that one client leaves room for the greetings of others. One per server; any thread may
// call a function, unless the function says otherwise.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/os/log.h"
#include "common/os/shed_count.h"
#include "server/service/capacity.h"
#include "server/service/client_shares.h"

namespace postern::service {

enum class ServerLoad { normal, overloaded };

// Overloaded from nine tenths of `max_connections` on.
ServerLoad load_of(std::size_t open_connections, std::size_t max_connections);

class GreetingDelay {
 public:
  // Permits to hold back one greeting, until it is destroyed. The cap outlives it.
  struct Permit {
    ClientShares::Permit of_client;  // none of a client that is not known
    Capacity::Permit of_all;
    explicit operator bool() const { return of_all != nullptr; }
  };
  // A client may have so many parts of the cap, rounded up.
  static constexpr std::size_t kParts = 8;

  struct Counts {
    std::size_t held_now = 0;
    std::uint64_t held = 0;
    std::uint64_t skipped_full = 0;
    std::uint64_t skipped_overloaded = 0;
    std::uint64_t skipped_share = 0;  // the client had its share already
  };

  explicit GreetingDelay(std::size_t max_at_once) : permits_(max_at_once) {}

  // As Capacity::resize().
  void resize(std::size_t max_at_once) { permits_.resize(max_at_once); }

  // None when the greeting is not to be delayed, which is counted. May throw std::bad_alloc.
  Permit take(ServerLoad load, const std::optional<IpAddress>& client);

  [[nodiscard]] Counts counts() const;
  // Logs how many were skipped since the last report, if any were. From one thread at a time.
  void report_skipped(os::DaemonLog& log);

 private:
  Capacity permits_;
  ClientShares shares_;
  std::atomic<std::uint64_t> held_{0};
  std::atomic<std::uint64_t> skipped_overloaded_{0};
  std::atomic<std::uint64_t> skipped_share_{0};
  os::ShedCount shed_;
};

}  // namespace postern::service
