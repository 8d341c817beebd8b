#include "rules/decision.h"

#include <algorithm>

#include "common/dns/reverse_name.h"
#include "rules/engine.h"

namespace postern {

Decision::Decision(std::shared_ptr<const Snapshot> snapshot, const Transaction& transaction,
                   FactSource* source, std::chrono::system_clock::time_point now, Effort effort)
    : snapshot_(std::move(snapshot)),
      transaction_(transaction),
      facts_(source),
      effort_(effort),
      now_(now) {
  if (effort_.memory == nullptr) effort_.memory = &own_memory_;
}

bool Decision::has_verdict() {
  if (!is_evaluated_) {
    verdict_ = evaluate(*snapshot_, transaction_, facts_, now_, nullptr, effort_);
    is_evaluated_ = true;
    ++looks_;
    lacks_state_ = lacks_state_ || !facts_.missing_state().empty();
  }
  return verdict_.has_value();
}

Decision::Step Decision::step() {
  // Without an open question every check reports, so a round of giving up ends the loop; the bound
  // keeps a check that breaks its contract from holding the door for ever.
  for (int attempts = 0; attempts <= kMaxRounds; ++attempts) {
    if (has_verdict()) {
      if (!refresh_records()) return Step::done;
      if (!records().empty()) return Step::need_facts;
      continue;
    }
    if (give_up_unheard()) continue;
    if (facts_.missing().empty() && records().empty()) {  // there is nobody to ask for a record
      give_up_records();
      continue;
    }
    const bool exhausted = rounds_ >= kMaxRounds || facts_.evidence().size() >= kMaxQuestions;
    if (!given_up_ && !exhausted) {
      ++rounds_;
      has_waited_ = has_waited_ || waits_for_dns_with_records();
      facts_.give_up(dns::DnsReason::overloaded, kMaxQuestions - facts_.evidence().size());
      return Step::need_facts;
    }
    facts_.give_up(given_up_ ? reason_ : dns::DnsReason::overloaded);
    facts_.give_up_state();
    is_evaluated_ = false;
  }
  verdict_.emplace();
  verdict_->generation = snapshot_->generation();
  return Step::done;
}

void Decision::add(dns::DnsQuestion question, dns::DnsFact fact) {
  facts_.add(std::move(question), std::move(fact));
  is_evaluated_ = false;
}

void Decision::add(StateKey key, StateFact fact) {
  facts_.add_state(std::move(key), fact);
  is_evaluated_ = false;
}

void Decision::give_up_records() {
  facts_.give_up_state();
  is_evaluated_ = false;
}

bool Decision::can_go_on() {
  if (!facts_.stale_state().empty()) return false;
  const std::size_t awaited = questions().size() + records().size();
  if (looks_ >= kEagerLooks && awaited > 0) return false;
  return has_verdict() || questions().size() + records().size() > awaited;
}

std::vector<dns::DnsRequest> Decision::requests() const {
  std::array<std::optional<dns::DnsName>, 3> names;
  std::vector<dns::DnsRequest> requests;
  requests.reserve(questions().size());
  for (std::size_t i = 0; i < questions().size(); ++i) {
    const Asker asker = facts_.askers()[i];
    auto& name = names[static_cast<std::size_t>(asker)];
    if (!name) name = name_of(asker);
    requests.push_back({questions()[i], *name});
  }
  return requests;
}

Asker Decision::asker() const {
  const auto& askers = facts_.askers();
  return askers.empty() ? Asker::rule : *std::max_element(askers.begin(), askers.end());
}

dns::DnsName Decision::name_of(Asker asker) const {
  switch (asker) {
    case Asker::rule:
      break;
    case Asker::client:
      return transaction_.client ? dns::reverse_name(*transaction_.client) : dns::DnsName();
    case Asker::sender:
      return transaction_.sender ? transaction_.sender->domain() : dns::DnsName();
  }
  return {};
}

bool Decision::waits_for_dns_with_records() const {
  return !questions().empty() && facts_.state_evidence().size() + records().size() > 0;
}

bool Decision::refresh_records() {
  if (!has_waited_) return false;
  has_waited_ = false;
  if (!facts_.refresh_state()) return false;
  if (given_up_) facts_.give_up_state();
  verdict_.reset();
  is_evaluated_ = false;
  return true;
}

bool Decision::give_up_unheard() {
  bool any = false;
  for (const Asker asker : {Asker::rule, Asker::client, Asker::sender}) {
    const auto reason = unheard_[static_cast<std::size_t>(asker)];
    if (reason && facts_.give_up_of(asker, *reason)) any = true;
  }
  if (any) is_evaluated_ = false;
  return any;
}

void Decision::give_up_of(Asker asker, dns::DnsReason reason) {
  unheard_[static_cast<std::size_t>(asker)] = reason;
  give_up_unheard();
}

Trace Decision::trace() {
  Trace trace{.cut_short = verdict_->cut_short};
  // What was judged is known, and whoever asks why gets the whole answer.
  evaluate(*snapshot_, transaction_, facts_, now_, &trace, {effort_.memory, nullptr});
  return trace;
}

void Decision::give_up(dns::DnsReason reason) {
  given_up_ = true;
  reason_ = reason;
  facts_.give_up(reason);
  facts_.give_up_state();
  is_evaluated_ = false;
}

}  // namespace postern
