// DNS for a replay: what a record has, and what has been asked now, for all decisions of the run.
// One thread.
#pragma once

#include <map>
#include <optional>

#include "ctl/explain/evaluator.h"
#include "rules/replay/recorded.h"

namespace postern::ctl {

class ReplayFacts : public replay::RecordedFacts {
 public:
  // Of the record; else as it was found out now.
  std::optional<dns::DnsFact> find(const dns::DnsQuestion& question) override;
  // Has `source` find out what is missing: each question is asked once. REQUIRES: need_facts.
  void settle(Decision& decision, DnsSource& source);

 private:
  std::map<dns::DnsQuestion, dns::DnsFact> today_;
};

// Answers from a source that has all that is known: what it does not have is a temporary failure.
class KnownAlone : public DnsSource {
 public:
  explicit KnownAlone(FactSource& known) : known_(known) {}
  void settle(Decision& decision) override;

 private:
  FactSource& known_;
};

}  // namespace postern::ctl
