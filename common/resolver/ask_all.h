// Asks several questions side by side under one deadline: one round of a decision.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <vector>

#include "common/dns/dns.h"
#include "common/resolver/resolver.h"

namespace postern::resolver {

struct DnsAnswered {
  dns::DnsQuestion question;
  dns::DnsFact fact;
};

enum class Enough { no, yes };

// Calls `take` with each answer as it comes, and then `over` exactly once: as soon as all are
// there, when `take` says that it has enough, or at `deadline`. What comes later still fills the
// cache. All calls are on `executor` (one thread or a strand), none before this returns.
// REQUIRES: `requests` is not empty.
void ask_all(Resolver& resolver, const boost::asio::any_io_executor& executor,
             std::vector<dns::DnsRequest> requests, std::chrono::steady_clock::time_point deadline,
             std::function<Enough(DnsAnswered)> take, std::function<void()> over);

}  // namespace postern::resolver
