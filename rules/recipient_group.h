// What can still become of a recipient at DATA and at the end of the message, where one answer
// holds for all recipients: those of one group get the same verdict there, whatever the header of
// the message says. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "rules/action.h"
#include "rules/snapshot.h"
#include "rules/transaction.h"

namespace postern {

// In the order of the rules those that may still decide about the recipient. Rules in mode `log`
// and those that only note something are not among them, nor those that could only let the message
// in where nothing below refuses it: groups for which the same is left to decide are equal. Points
// into the snapshot.
class RecipientGroup {
 public:
  friend bool operator==(const RecipientGroup&, const RecipientGroup&) = default;

 private:
  friend class GroupFinder;
  struct Step {
    const Rule* rule = nullptr;
    bool matches = false;         // else it hangs on what is not known yet
    std::optional<Action> own{};  // of the entry that matched, in the place of the rule's
    // Which of its exceptions (`not:`) are still open.
    std::vector<std::uint32_t> open{};
    friend bool operator==(const Step&, const Step&) = default;
  };
  std::vector<Step> steps_;
};

// Whether a message was put aside at RCPT or before, which then holds for all of its recipients.
enum class PutAside : std::uint8_t { no, yes };

// Of transaction.recipient, at RCPT.
RecipientGroup recipient_group(const Snapshot& snapshot, const Transaction& transaction,
                               PutAside put_aside, std::chrono::system_clock::time_point now);

}  // namespace postern
