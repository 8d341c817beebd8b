// The verdict about a message whose recipients are judged one after the other, because rules ask
// who they are and the MTA takes one answer for all of them. Pure.
#pragma once

#include <optional>

#include "rules/model/judged_recipients.h"
#include "rules/model/mixed_recipients.h"
#include "rules/model/verdict.h"

namespace postern {

class MessageVerdict {
 public:
  enum class Mildest { yes, no };

  explicit MessageVerdict(PutAside put_aside = PutAside::no,
                          MixedRecipients mixed = MixedRecipients::split)
      : put_aside_(put_aside), mixed_(mixed) {}

  // Takes the verdict about the next recipient. Yes: it is the mildest so far.
  Mildest add(Verdict&& verdict);
  // The mildest of them, with what all have noted; where they differ, as `mixed` says. REQUIRES:
  // one was added.
  Verdict settle();

 private:
  PutAside put_aside_;
  MixedRecipients mixed_;
  std::optional<Verdict> mildest_;
  bool all_get_the_same_ = true;
};

}  // namespace postern
