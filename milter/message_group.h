// Decides which recipients share a message. An MTA takes one answer for all recipients at DATA and
// at the end of the message, so all of them must belong to one group (rules/recipient_group.h). The
// others are deferred at RCPT, and the client sends them in another transaction
// (RFC 5321 4.5.3.1.10). A session owns it. Pure.
#pragma once

#include <cstddef>
#include <optional>

#include "rules/recipient_group.h"

namespace postern::milter {

class MessageGroup {
 public:
  // At most so many recipients of other groups are deferred in one message, because Postfix counts
  // each as an error: from ten errors on (smtpd_soft_error_limit) it delays every command by a
  // second, and at twenty (smtpd_hard_error_limit) it closes the connection before any recipient
  // gets the message. Later recipients of other groups share the message. If the recipients then do
  // not all get the same verdict, the whole message is deferred.
  static constexpr std::size_t kMaxDeferred = 8;

  enum class Place { taken, deferred };
  // Whether the session has memory for further recipients.
  enum class Room { left, none };

  // `group`: of a recipient that no rule refuses. The first recipient sets the group of the
  // message.
  Place place(const RecipientGroup& group, Room room);
  // For the next message.
  void clear();

 private:
  std::optional<RecipientGroup> group_;
  std::size_t deferred_ = 0;
};

}  // namespace postern::milter
