// One decision from its first question to its verdict: the loop around the engine that every caller
// shares, without any I/O in it. A door keeps one per request; one thread at a time.
//
//   Decision decision(snapshot, transaction, cache, now);
//   while (decision.step() == Decision::Step::need_facts)
//     ask decision.questions(), then decision.add(...) each, or decision.give_up(...)
//
// Who asks for records, too, says so at the beginning (ask_for_records()); then decision.records()
// are to be asked for beside the questions.
//   use decision.verdict()
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "rules/model/facts.h"
#include "rules/model/transaction.h"
#include "rules/model/verdict.h"
#include "rules/snapshot.h"
#include "rules/trace.h"

namespace postern {

class Decision {
 public:
  // A check needs up to 24 (check.h), and checks that are answered at different times so many each.
  // Beyond this all that is missing is a temporary failure.
  static constexpr int kMaxRounds = 64;
  // Facts asked for in one decision; the rest are temporary failures. Twice kMaxFactsOfCheck, so
  // that what a stranger makes one check ask for leaves room for the others.
  static constexpr std::size_t kMaxQuestions = 2 * kMaxFactsOfCheck;
  // So many answers are looked at one by one, in can_go_on(); the others when the last one that is
  // awaited is there, so that many answers do not make as many looks at all of them.
  static constexpr int kEagerLooks = 48;

  enum class Step { need_facts, done };

  // `transaction`, `source` and what `effort` names outlive the decision; `source` may be null.
  Decision(std::shared_ptr<const Snapshot> snapshot, const Transaction& transaction,
           FactSource* source, std::chrono::system_clock::time_point now, Effort effort = {});
  Decision(const Decision&) = delete;
  Decision& operator=(const Decision&) = delete;

  // From now on records that are not at hand are asked for. Otherwise the decision goes on without.
  void ask_for_records() { asks_for_records_ = true; }

  // Evaluates the rules with the facts at hand. Records are read, or asked for, anew before it is
  // done if it has waited for DNS: others may have used up a limit meanwhile.
  Step step();
  // What the undecided rules need, all at once. REQUIRES: step() returned need_facts.
  [[nodiscard]] const std::vector<dns::DnsQuestion>& questions() const { return facts_.missing(); }
  // The same, each with the name of its asker.
  [[nodiscard]] std::vector<dns::DnsRequest> requests() const;
  // Of their askers the one that is bounded most.
  [[nodiscard]] Asker asker() const;
  // The sender's domain, or the reverse name of the client, which tells its network; empty: there
  // is none, as of rules.
  [[nodiscard]] dns::DnsName name_of(Asker asker) const;
  void add(dns::DnsQuestion question, dns::DnsFact fact);
  // The records that they need likewise; none unless ask_for_records() was called. One of this and
  // of questions() has something in it.
  [[nodiscard]] std::span<const StateKey> records() const {
    if (!asks_for_records_) return {};
    return facts_.stale_state().empty() ? facts_.missing_state() : facts_.stale_state();
  }
  void add(StateKey key, StateFact fact);
  // Whether the facts so far are enough for the next step(): it would be done, or have further
  // questions, so that there is no need to wait for the answers that are still awaited. For once
  // after each add(); step() then looks at nothing again. After kEagerLooks only when none is
  // awaited any more.
  [[nodiscard]] bool can_go_on();
  // Every open question is a temporary failure from now on, and every record that is asked for
  // cannot be had; the next step() is done.
  void give_up(dns::DnsReason reason);
  // The same of the open questions of one asker, and of all that it would have asked later; others
  // may still be needed.
  void give_up_of(Asker asker, dns::DnsReason reason);
  // From now on `work` is what it may take. A step() that was cut short because what it had was
  // spent can then be called again, and goes on: what was found until then is known.
  void go_on_with(Work& work) {
    effort_.work = &work;
    is_evaluated_ = false;
  }

  // REQUIRES: step() returned done.
  [[nodiscard]] const Verdict& verdict() const { return *verdict_; }
  [[nodiscard]] Verdict& verdict() { return *verdict_; }
  [[nodiscard]] const std::vector<DnsEvidence>& evidence() const { return facts_.evidence(); }
  [[nodiscard]] const std::vector<StateEvidence>& state_evidence() const {
    return facts_.state_evidence();
  }
  // These for whoever keeps them and asks the decision nothing more. REQUIRES: as verdict().
  [[nodiscard]] Verdict take_verdict() { return std::move(*verdict_); }
  [[nodiscard]] std::vector<DnsEvidence> take_evidence() { return facts_.take_evidence(); }
  [[nodiscard]] std::vector<StateEvidence> take_state_evidence() {
    return facts_.take_state_evidence();
  }
  // Every record that is asked for now cannot be had.
  void give_up_records();

  // Whether a record that it asked for was not at hand.
  [[nodiscard]] bool lacks_state() const { return lacks_state_; }
  [[nodiscard]] const std::shared_ptr<const Snapshot>& rules() const { return snapshot_; }
  [[nodiscard]] const Snapshot& snapshot() const { return *snapshot_; }
  [[nodiscard]] std::chrono::system_clock::time_point now() const { return now_; }
  // What became of each rule. Looks at them once more, which gives the same verdict: nobody pays
  // for it who does not ask. Points into the snapshot. REQUIRES: step() returned done.
  [[nodiscard]] Trace trace();
  // What its conditions were found to be.
  [[nodiscard]] const ConditionMemory& judged() const { return *effort_.memory; }

 private:
  bool has_verdict();
  bool give_up_unheard();
  [[nodiscard]] bool waits_for_dns_with_records() const;
  bool refresh_records();

  std::shared_ptr<const Snapshot> snapshot_;
  const Transaction& transaction_;
  FactView facts_;
  ConditionMemory own_memory_;  // if the caller brings none
  Effort effort_;
  std::chrono::system_clock::time_point now_;
  bool is_evaluated_ = false;  // with all facts and work at hand
  bool has_waited_ = false;    // for DNS, since records were read
  std::optional<Verdict> verdict_;
  int rounds_ = 0;
  int looks_ = 0;
  std::array<std::optional<dns::DnsReason>, 3> unheard_;  // why, by Asker
  bool given_up_ = false;
  bool lacks_state_ = false;
  bool asks_for_records_ = false;
  dns::DnsReason reason_ = dns::DnsReason::deadline;
};

}  // namespace postern
