// Asks DNS for the networks that one domain publishes, round by round.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "common/base/domain_name.h"
#include "common/resolver/resolver.h"
#include "rules/spf/published_networks.h"

namespace postern::spf {

// The way from the resolver's thread to the main thread. The resolver may answer when that has
// ended.
class WayBack {
 public:
  explicit WayBack(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
  // From any thread: runs `work` on the executor, unless close() has come before.
  void post(std::function<void()> work);
  // On the executor.
  void close();

 private:
  std::mutex mutex_;  // held while `work` is handed over
  std::optional<boost::asio::any_io_executor> executor_;
};

struct WalkedDomain {
  PublishedNetworks published;
  std::chrono::seconds valid_for{0};  // the least of what is left of the TTLs
};

// Calls `done` once, from a handler of the way back, never from inside; not at all once that is
// closed. `resolver` is used until then.
void walk_domain(resolver::Resolver& resolver, std::shared_ptr<WayBack> way_back,
                 const DomainName& domain, std::function<void(WalkedDomain)> done);

}  // namespace postern::spf
