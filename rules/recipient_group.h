// Groups the recipients of a message for DATA and the end of the message, where the MTA has one
// answer for all of them: recipients of one group get the same verdict there, whatever the header
// of the message is. Pure.
#pragma once

#include <chrono>
#include <cstdint>

#include "common/base/fingerprint.h"
#include "rules/condition.h"
#include "rules/model/judged_recipients.h"
#include "rules/model/transaction.h"
#include "rules/snapshot.h"

namespace postern {

// Stands for the rules that may still decide about the recipient, in their order. Rules in mode
// `log` and those that only note something are not among them, nor those that could only let the
// message in, or redirect it for this recipient, where nothing below refuses it: where the same is
// left to decide, groups are equal. No more than a fingerprint, because there may be many rules and
// a session keeps it.
struct RecipientGroup {
  Fingerprint left;
  friend bool operator==(const RecipientGroup&, const RecipientGroup&) = default;
};

// Of transaction.recipient, at RCPT. `judged` (may be null) is what is known of the transaction,
// with this recipient.
RecipientGroup recipient_group(const Snapshot& snapshot, const Transaction& transaction,
                               PutAside put_aside, std::chrono::system_clock::time_point now,
                               ConditionMemory* judged = nullptr);

}  // namespace postern
