// Evaluates transactions for an explanation, with one view of DNS and of the store for all of them:
// what was found for one stage, door or recipient is not asked for again. The answers are what a
// door would have at hand or wait for.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "ctl/cli/daemons.h"
#include "ctl/cli/store_reader.h"
#include "rules/decision.h"
#include "rules/explain/explanation.h"
#include "rules/model/message_effects.h"
#include "server/config/settings.h"

namespace postern::ctl {

class DnsSource {
 public:
  DnsSource() = default;
  DnsSource(const DnsSource&) = delete;
  DnsSource& operator=(const DnsSource&) = delete;
  virtual ~DnsSource() = default;

  // Brings the decision to its verdict. REQUIRES: its step() returned need_facts.
  virtual void settle(Decision& decision) = 0;
};

// Nobody is asked: every question is a temporary failure.
std::unique_ptr<DnsSource> no_facts();

// What the daemon has in its cache, or asks for us (GET /v1/dns).
std::unique_ptr<DnsSource> facts_of_daemon(DaemonPlace daemon, std::chrono::milliseconds deadline);

// A resolver of our own on a thread of its own, with the servers of the settings. Its cache is
// empty at first.
std::unique_ptr<DnsSource> facts_of_resolver(const resolver::DnsSettings& dns,
                                             std::chrono::milliseconds deadline);

class Evaluator {
 public:
  // `source`, and what `records` refers to, outlive the evaluator. Without `records` none can be
  // had: for mail of the past, of which nobody knows what was remembered then.
  Evaluator(DnsSource& source, std::chrono::system_clock::time_point now,
            std::optional<StoreReader> records = {})
      : source_(source), now_(now), known_(std::move(records)) {}

  // `done`: what the message has done to records by then. Nothing is done to any here.
  explain::Explanation evaluate(const std::shared_ptr<const Snapshot>& snapshot,
                                const Transaction& transaction, const MessageEffects& done = {});
  [[nodiscard]] std::chrono::system_clock::time_point now() const { return now_; }

 private:
  class Known : public FactSource {
   public:
    explicit Known(std::optional<StoreReader> records) : records_(std::move(records)) {}
    std::optional<dns::DnsFact> find(const dns::DnsQuestion& question) override;
    std::optional<StateFact> find_state(const StateKey& key) override;
    void keep(const std::vector<DnsEvidence>& evidence);

   private:
    std::map<dns::DnsQuestion, dns::DnsFact> facts_;
    std::map<StateKey, StateFact> state_;
    std::optional<StoreReader> records_;
  };

  DnsSource& source_;
  std::chrono::system_clock::time_point now_;
  Known known_;
};

}  // namespace postern::ctl
