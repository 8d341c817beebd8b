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

// Calls `handler` exactly once, on `executor` (one thread or a strand), with one element per
// question in the given order: as soon as all are answered, or at `deadline` with
// DnsReason::deadline for those that are not (their answers still fill the cache when they come).
// `enough` is called before that, there too, with each answer as it comes: once it says yes, the
// round is over, and the elements of questions without an answer are left out.
// `asker`: as Resolver::ask() has it.
// REQUIRES: `questions` is not empty.
void ask_all(Resolver& resolver, const boost::asio::any_io_executor& executor,
             std::vector<dns::DnsQuestion> questions, const DomainName& asker,
             std::chrono::steady_clock::time_point deadline,
             std::function<void(std::vector<DnsAnswered>)> handler,
             std::function<Enough(const DnsAnswered&)> enough);

}  // namespace postern::resolver
