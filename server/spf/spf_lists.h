// Keeps the networks of lists out of SPF as their domains publish them: asks the domains again when
// their answers have had their time, and writes what has changed into the state folder, from where
// a reload takes it. Two daemons may do so side by side: each writes a whole file, made of what is
// there. Of the main thread; blocks on files.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rules/lists/list.h"
#include "server/service/daemon_state.h"
#include "server/spf/domain_walk.h"
#include "server/spf/networks_update.h"

namespace postern::spf {

// An answer counts for its TTL, but no shorter and no longer.
inline constexpr std::chrono::seconds kLeastBetween = std::chrono::minutes{5};
inline constexpr std::chrono::seconds kMostBetween = std::chrono::hours{24};
// After a fault of DNS, or of the file.
inline constexpr std::chrono::seconds kAfterFault = std::chrono::minutes{1};

// What is to be asked again: what nobody has asked yet, or all.
enum class AskAgain { unknown, all };

class SpfLists {
 public:
  // Asks on the resolver's thread and goes on on `executor`, the main thread's. `resolver` is asked
  // for one only while the server serves. All outlive stop().
  struct Parts {
    service::DaemonState& state;
    std::function<resolver::Resolver&()> resolver;
    boost::asio::any_io_executor executor;
  };
  explicit SpfLists(Parts parts);
  // NOLINTNEXTLINE(bugprone-exception-escape): without its lock the process has no way on
  ~SpfLists() { stop(); }
  SpfLists(const SpfLists&) = delete;
  SpfLists& operator=(const SpfLists&) = delete;

  // The rules in force may have other lists. With `guard` off what is asked now may shrink. Asks
  // nothing before it returns.
  void look(AskAgain again, ShrinkGuard guard);
  // Asks nothing more, and leaves nothing that the executor waits for.
  void stop();

 private:
  struct Source {
    std::vector<DomainName> domains;
    std::chrono::steady_clock::time_point due;
    ShrinkGuard guard = ShrinkGuard::on;
  };
  // One list that is being asked about.
  struct Asking {
    std::string list;
    std::vector<DomainName> left;
    std::vector<AskedDomain> asked;
    std::chrono::seconds valid_for = kMostBetween;
    ShrinkGuard guard = ShrinkGuard::on;
  };

  void plan();
  void begin();
  void ask_next();
  void finish();
  bool keep(const lists::List& list, NetworksUpdate& update, std::string_view before);
  void tell(const std::string& list, const NetworksUpdate& update);

  Parts parts_;
  std::shared_ptr<WayBack> way_back_;
  boost::asio::steady_timer timer_;
  std::map<std::string, Source> sources_;  // by list
  std::unique_ptr<Asking> asking_;
  bool stopped_ = false;
};

}  // namespace postern::spf
