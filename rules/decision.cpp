#include "rules/decision.h"

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

std::optional<Verdict> Decision::evaluate_now() {
  return evaluate(*snapshot_, transaction_, facts_, now_, nullptr, effort_);
}

Decision::Step Decision::step() {
  // Without an open question every check reports, so a round of giving up ends the loop; the bound
  // keeps a check that breaks its contract from holding the door for ever.
  for (int attempts = 0; attempts <= kMaxRounds; ++attempts) {
    if (auto verdict = evaluate_now()) {
      verdict_ = std::move(*verdict);
      return Step::done;
    }
    const bool exhausted = rounds_ >= kMaxRounds || facts_.evidence().size() >= kMaxQuestions;
    if (!given_up_ && !exhausted) {
      ++rounds_;
      facts_.give_up(dns::DnsReason::overloaded, kMaxQuestions - facts_.evidence().size());
      return Step::need_facts;
    }
    facts_.give_up(given_up_ ? reason_ : dns::DnsReason::overloaded);
  }
  verdict_ = Verdict{};
  verdict_.generation = snapshot_->generation();
  return Step::done;
}

void Decision::add(dns::DnsQuestion question, dns::DnsFact fact) {
  facts_.add(std::move(question), std::move(fact));
}

bool Decision::is_settled() {
  return evaluate_now().has_value();
}

bool Decision::can_go_on() {
  const std::size_t awaited = facts_.missing().size();
  return is_settled() || facts_.missing().size() > awaited;
}

const DomainName& Decision::asker() const {
  static const DomainName nobody;
  return transaction_.sender ? transaction_.sender->domain() : nobody;
}

Trace Decision::trace() {
  Trace trace{.cut_short = verdict_.cut_short};
  // What was judged is known, and whoever asks why gets the whole answer.
  evaluate(*snapshot_, transaction_, facts_, now_, &trace, {effort_.memory, nullptr});
  return trace;
}

void Decision::give_up(dns::DnsReason reason) {
  given_up_ = true;
  reason_ = reason;
  facts_.give_up(reason);
}

}  // namespace postern
