// Where posternctl explain gets DNS answers from: what a door would have at hand or wait for.
#pragma once

#include <chrono>
#include <memory>

#include "ctl/cli/daemons.h"
#include "rules/decision.h"
#include "server/config/settings.h"

namespace postern::ctl {

class FactFinder {
 public:
  FactFinder() = default;
  FactFinder(const FactFinder&) = delete;
  FactFinder& operator=(const FactFinder&) = delete;
  virtual ~FactFinder() = default;

  // Brings the decision to its verdict. REQUIRES: its step() returned need_facts.
  virtual void settle(Decision& decision) = 0;
};

// Nobody is asked: every question is a temporary failure.
std::unique_ptr<FactFinder> no_facts();

// What the daemon has in its cache, or asks for us (GET /v1/dns).
std::unique_ptr<FactFinder> facts_of_daemon(DaemonPlace daemon, std::chrono::milliseconds deadline);

// A resolver of our own on a thread of its own, with the servers of the settings. Its cache is
// empty at first.
std::unique_ptr<FactFinder> facts_of_resolver(const resolver::DnsSettings& dns,
                                              std::chrono::milliseconds deadline);

}  // namespace postern::ctl
