#include "ctl/replay/replay_facts.h"

#include <utility>
#include <vector>

namespace postern::ctl {

std::optional<dns::DnsFact> ReplayFacts::find(const dns::DnsQuestion& question) {
  if (auto recorded = RecordedFacts::find(question)) return recorded;
  const auto known = today_.find(question);
  return known == today_.end() ? std::nullopt : std::optional(known->second);
}

void ReplayFacts::settle(Decision& decision, DnsSource& source) {
  source.settle(decision);
  for (const DnsEvidence& one : decision.evidence()) {
    if (!RecordedFacts::find(one.question)) today_.emplace(one.question, one.fact);
  }
}

void KnownAlone::settle(Decision& decision) {
  do {
    const std::vector<dns::DnsQuestion> questions = decision.questions();
    bool all = true;
    for (const dns::DnsQuestion& question : questions) {
      auto fact = known_.find(question);
      all = all && fact.has_value();
      if (fact) decision.add(question, std::move(*fact));
    }
    if (!all) decision.give_up(dns::DnsReason::unreachable);
  } while (decision.step() == Decision::Step::need_facts);
}

}  // namespace postern::ctl
