// What the radar is told of one decision about one recipient. Pure; texts belong to the caller.
#pragma once

#include <string_view>

#include "common/base/ip_address.h"
#include "common/base/utc_date.h"

namespace postern::radar {

enum class Outcome {
  accepted,
  deferred,
  // For good, or for the client's HELO whatever the code: something else holds it to be bad.
  refused,
  // By an entry that a proposal has brought about: this says nothing that is not known.
  stopped,
};

// Names and domains are in lower case, without a final dot (as DomainName has them).
struct Event {
  UtcTime time;
  IpAddress client;
  std::string_view client_name;    // verified; empty: none
  std::string_view helo;           // empty: not known
  std::string_view sender_local;   // in lower case
  std::string_view sender_domain;  // empty: the null sender, or an address literal
  std::string_view recipient;      // in lower case
  Outcome outcome = Outcome::accepted;
  // It was told of as accepted, before something later refused it: no further mail.
  bool was_accepted = false;
};

}  // namespace postern::radar
