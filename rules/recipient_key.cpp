#include "rules/recipient_key.h"

namespace postern {

RecipientKey recipient_key(const Snapshot& snapshot, const Transaction& transaction,
                           std::chrono::system_clock::time_point now, ConditionMemory* judged) {
  RecipientKey key;
  if (!snapshot.needs().about_recipients()) return key;
  const auto& predicates = snapshot.predicates();
  Conditions conditions(predicates, transaction, std::chrono::floor<std::chrono::seconds>(now),
                        {judged, nullptr});
  for (PredicateId id = 0; id < predicates.size(); ++id) {
    const Attribute attribute = predicates[id].attribute;
    if (attribute != Attribute::recipient && attribute != Attribute::recipient_domain) continue;
    const Match match = conditions.judge(id);
    key.emplace_back(match.list, match.entry);
  }
  return key;
}

}  // namespace postern
