// Facts that the core needs from outside: DNS answers, and records of state. The core says which;
// the caller (a door, posternctl, a test) gets them and calls the core again.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "common/dns/dns.h"
#include "rules/model/state.h"

namespace postern {

// Facts that are at hand at once: cache and store of a daemon, a map in a test. May be called from
// the thread of the decision only, must not block.
class FactSource {
 public:
  FactSource() = default;
  FactSource(const FactSource&) = default;
  FactSource& operator=(const FactSource&) = default;
  virtual ~FactSource() = default;
  [[nodiscard]] virtual std::optional<dns::DnsFact> find(const dns::DnsQuestion& question) = 0;
  // Nothing: it would have to be asked for. A source that remembers nothing has no record of
  // anything, and says so at once.
  [[nodiscard]] virtual std::optional<StateFact> find_state(const StateKey& /*key*/) {
    return StateFact{};
  }
};

struct DnsEvidence {
  dns::DnsQuestion question;
  dns::DnsFact fact;
};

// Who chose the name that is asked for, from whoever has no share of the questions in flight to
// whoever is bounded most: the rules, as a list that they name; the client, as its reverse name,
// what that leads to, and HELO; the sender, whose domain says what is asked next.
enum class Asker : std::uint8_t { rule, client, sender };

// Of so many a check makes up its mind at most: those of the largest, `spf`, and some to spare.
inline constexpr std::size_t kMaxFactsOfCheck = 128;

// The facts of one decision: each is got once, does not change until the verdict but for records
// that are read anew, and is evidence for it afterwards. Questions of checks that have no answer
// yet are in missing() and missing_state().
class FactView {
 public:
  // `source` may be null: then every first question to DNS is missing, and there is no state.
  // Outlives the view.
  explicit FactView(FactSource* source) : source_(source) {}

  // The answer, or null if it must be asked for first. Stays valid as long as the view. Of several
  // askers of one question the least bounded counts. A text that repeats what is hidden of the name
  // is left out.
  const dns::DnsAnswer* dns(const dns::DnsQuestion& question, Asker asker = Asker::sender) {
    return look_up(question, asker);
  }
  const dns::DnsAnswer* dns(dns::DnsQuestion&& question, Asker asker = Asker::sender) {
    return look_up(std::move(question), asker);
  }
  // The record with its key, or null as above. Stays valid until the next call.
  const StateEvidence* state(StateKey key);

  void add(dns::DnsQuestion question, dns::DnsFact fact);
  // Answers every missing question to DNS but the first `keep` with a temporary failure.
  void give_up(dns::DnsReason reason, std::size_t keep = 0);
  // The same of the missing questions of one asker. Whether there was any.
  bool give_up_of(Asker asker, dns::DnsReason reason);
  void add_state(StateKey key, StateFact fact);
  // Every missing record cannot be had; those that are asked for anew stay as they were.
  void give_up_state();
  // Reads all records anew that are at hand; the others are asked for anew. Whether one is another
  // now, or may be when it is asked for.
  bool refresh_state();
  [[nodiscard]] const std::vector<dns::DnsQuestion>& missing() const { return missing_; }
  // Of each of missing().
  [[nodiscard]] const std::vector<Asker>& askers() const { return askers_; }
  [[nodiscard]] const std::vector<StateKey>& missing_state() const { return missing_state_; }
  // Those that are asked for anew, until they are added.
  [[nodiscard]] const std::vector<StateKey>& stale_state() const { return stale_state_; }
  [[nodiscard]] const std::vector<DnsEvidence>& evidence() const { return evidence_; }
  [[nodiscard]] std::vector<DnsEvidence> take_evidence() { return std::move(evidence_); }
  [[nodiscard]] const std::vector<StateEvidence>& state_evidence() const { return state_; }
  [[nodiscard]] std::vector<StateEvidence> take_state_evidence() { return std::move(state_); }

 private:
  template <class Question>
  const dns::DnsAnswer* look_up(Question&& question, Asker asker);
  [[nodiscard]] std::optional<std::size_t> place_of(const dns::DnsQuestion& question) const;
  template <class IsGivenUp>
  void give_up_where(dns::DnsReason reason, IsGivenUp is_given_up);

  FactSource* source_;
  std::vector<DnsEvidence> evidence_;
  std::vector<dns::DnsQuestion> missing_;
  std::vector<Asker> askers_;  // of `missing_`
  std::vector<StateEvidence> state_;
  std::vector<StateKey> missing_state_;
  std::vector<StateKey> stale_state_;
};

}  // namespace postern
