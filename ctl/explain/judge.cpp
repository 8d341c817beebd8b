#include "ctl/explain/judge.h"

namespace postern::ctl {

std::optional<dns::DnsFact> Judge::Known::find(const dns::DnsQuestion& question) {
  const auto known = facts_.find(question);
  if (known == facts_.end()) return std::nullopt;
  return known->second;
}

void Judge::Known::keep(const std::vector<DnsEvidence>& evidence) {
  for (const DnsEvidence& one : evidence) facts_.emplace(one.question, one.fact);
}

explain::Explanation Judge::judge(const std::shared_ptr<const Snapshot>& snapshot,
                                  const Transaction& transaction) {
  Decision decision(snapshot, transaction, &known_, now_);
  if (decision.step() == Decision::Step::need_facts) finder_.settle(decision);
  known_.keep(decision.evidence());
  return explain::explain(decision, snapshot, transaction, now_);
}

}  // namespace postern::ctl
