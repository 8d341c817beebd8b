// What has become of a message, as one line of an MTA's log tells it. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "ctl/maillog/mail_event.h"

namespace postern::ctl {

enum class Fate {
  delivered,  // into a mailbox, or to a program of this host
  relayed,    // another host has taken it
  deferred,   // in the queue, and not delivered so far
  bounced,    // not delivered: the sender is told
  refused,
  refused_for_now,  // with a 4xx: the client may come again
  discarded,        // taken, and thrown away
  held,             // in quarantine
  let_in,           // taken, and no log tells more
};
// The word above.
std::string_view to_string(Fate fate);

inline bool is_delivered(Fate fate) {
  return fate == Fate::delivered || fate == Fate::relayed;
}

// Nothing: it goes on as if nothing had been.
std::optional<Fate> fate_of(const LoggedVerdict& verdict);
// Nothing: it is about no message, but about an address (verify(8)).
std::optional<Fate> fate_of(MailEvent::Mta mta, const LoggedDelivery& delivery);

}  // namespace postern::ctl
