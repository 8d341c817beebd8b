// Which recipients may share a message: the MTA has one answer for all of them at DATA and at its
// end, so that all are to be of one group (rules/recipient_group.h). The others are deferred at
// RCPT, and come in a transaction of their own (RFC 5321 4.5.3.1.10). Owned by a session; pure.
#pragma once

#include <cstddef>
#include <optional>

#include "rules/model/mixed_recipients.h"
#include "rules/model/verdict.h"
#include "rules/recipient_group.h"

namespace postern::milter {

class MessageGroup {
 public:
  // Recipients of other groups that are deferred in one message. Postfix counts each as an error:
  // with ten of them (smtpd_soft_error_limit) it takes a second for every further command, at
  // twenty (smtpd_hard_error_limit) it closes the connection before the message could go to
  // anybody. Those that come later share the message, which is deferred as a whole if its
  // recipients then do not all get the same.
  static constexpr std::size_t kMaxDeferred = 8;

  enum class Place { taken, deferred };
  // Whether there is still room for recipients of other groups in the memory of the session.
  enum class Room { left, none };

  // Of a recipient that no rule refuses. The first one's group is that of the message.
  Place place(const RecipientGroup& group, Room room);
  // For the next message.
  void clear();

 private:
  std::optional<RecipientGroup> group_;
  std::size_t deferred_ = 0;
};

// Whether two recipients get the same of a message. `put_aside`: whether it has been already, for
// all of them.
bool get_the_same(const Verdict& one, const Verdict& other, PutAside put_aside);

// What becomes of a message whose recipients do not all get the same. `mildest`: of their verdicts.
void settle_mixed(Verdict& mildest, MixedRecipients mixed);

}  // namespace postern::milter
