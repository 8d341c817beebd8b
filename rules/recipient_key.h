// Which conditions about recipients match a recipient: recipients with the same key get the same
// verdict, so a message with very many recipients is judged for a few. Pure.
#pragma once

#include <chrono>
#include <utility>
#include <vector>

#include "rules/condition.h"
#include "rules/model/transaction.h"
#include "rules/snapshot.h"

namespace postern {

// For each condition about recipients the entry that matches, if one does.
using RecipientKey = std::vector<std::pair<const lists::List*, lists::EntryId>>;

// Of transaction.recipient. Empty when no rule asks who it is. Points into the snapshot. `judged`
// (may be null) is what is known of the transaction, with this recipient.
RecipientKey recipient_key(const Snapshot& snapshot, const Transaction& transaction,
                           std::chrono::system_clock::time_point now,
                           ConditionMemory* judged = nullptr);

}  // namespace postern
