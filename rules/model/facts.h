// Facts that the core needs from outside, DNS answers. The core says which; the caller (a door,
// posternctl, a test) gets them and calls the core again.
#pragma once

#include <optional>
#include <vector>

#include "common/dns/dns.h"

namespace postern {

// Facts that are at hand at once: the cache of a daemon, a map in a test. May be called from the
// thread of the decision only, must not block.
class FactSource {
 public:
  FactSource() = default;
  FactSource(const FactSource&) = default;
  FactSource& operator=(const FactSource&) = default;
  virtual ~FactSource() = default;
  [[nodiscard]] virtual std::optional<dns::DnsFact> find(const dns::DnsQuestion& question) = 0;
};

struct DnsEvidence {
  dns::DnsQuestion question;
  dns::DnsFact fact;
};

// Of so many a check makes up its mind at most: those of the largest, `spf`, and some to spare.
inline constexpr std::size_t kMaxFactsOfCheck = 128;

// The facts of one decision: each is got once, does not change until the verdict, and is evidence
// for it afterwards. Questions of checks that have no answer yet are in missing().
class FactView {
 public:
  // `source` may be null: then every first question is missing. Outlives the view.
  explicit FactView(FactSource* source) : source_(source) {}

  // The answer, or null if it must be asked for first. Stays valid as long as the view.
  const dns::DnsAnswer* dns(dns::DnsQuestion question);

  void add(dns::DnsQuestion question, dns::DnsFact fact);
  // Answers every missing question but the first `keep` with a temporary failure.
  void give_up(dns::DnsReason reason, std::size_t keep = 0);
  [[nodiscard]] const std::vector<dns::DnsQuestion>& missing() const { return missing_; }
  [[nodiscard]] const std::vector<DnsEvidence>& evidence() const { return evidence_; }
  [[nodiscard]] std::vector<DnsEvidence> take_evidence() { return std::move(evidence_); }

 private:
  FactSource* source_;
  std::vector<DnsEvidence> evidence_;
  std::vector<dns::DnsQuestion> missing_;
};

}  // namespace postern
