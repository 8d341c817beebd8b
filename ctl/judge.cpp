#include "ctl/judge.h"

namespace postern {

std::optional<DnsFact> Judge::Known::find(const DnsQuestion& question) {
  const auto known = facts_.find(question);
  if (known == facts_.end()) return std::nullopt;
  return known->second;
}

void Judge::Known::keep(const std::vector<DnsEvidence>& evidence) {
  for (const DnsEvidence& one : evidence) facts_.emplace(one.question, one.fact);
}

Explanation Judge::judge(const std::shared_ptr<const Snapshot>& snapshot,
                         const Transaction& transaction) {
  Decision decision(snapshot, transaction, &known_, now_);
  if (decision.step() == Decision::Step::need_facts) finder_.settle(decision);
  known_.keep(decision.evidence());
  return explain(decision, snapshot, transaction, now_);
}

}  // namespace postern
