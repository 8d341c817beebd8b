// Upon whom a verdict rests beside the recipient of its transaction. Values.
#pragma once

#include <cstdint>
#include <vector>

#include "common/base/mail_address.h"
#include "rules/model/mixed_recipients.h"

namespace postern {

// Whether a message was put aside at RCPT or before, which then holds for all of its recipients.
enum class PutAside : std::uint8_t { no, yes };

struct JudgedRecipients {
  // At DATA and at the end of a message: all for whom it was judged, one after the other; of those
  // whom no rule can tell from each other the first. At RCPT, of a recipient that was deferred for
  // its group: the one that has set the group of the message. Empty: upon nobody.
  std::vector<MailAddress> each;
  PutAside put_aside = PutAside::no;
  MixedRecipients mixed = MixedRecipients::split;
};

}  // namespace postern
