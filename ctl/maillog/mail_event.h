// What one line of an MTA's log says of a message. A value. What a line does not say is unknown,
// which is not the same as empty: `std::nullopt` in the place of ``. Texts are as they stand in the
// log, without the angle brackets of addresses: any bytes, but no line end.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/base/ip_address.h"
#include "common/base/utc_date.h"
#include "rules/model/stage.h"

namespace postern::ctl {

// The SMTP client, as an MTA writes it: `name[192.0.2.7]:41234`.
struct LoggedClient {
  std::optional<IpAddress> address;  // none: the MTA knows none itself
  std::string name;                  // confirmed; empty: the MTA knows no such name
  bool name_asked = true;            // postscreen(8) does not look for one

  // Of one's own network, as far as the address tells: loopback, private, link-local.
  [[nodiscard]] bool is_inside() const;
  friend bool operator==(const LoggedClient&, const LoggedClient&) = default;
};

// The MTA, or a policy service or milter that it asked, has said something else than yes.
struct LoggedVerdict {
  std::string action;  // `reject`, `milter-reject`, `milter-tempfail`, `discard`, `reject_warning`
  std::optional<Stage> stage;  // none: the line names none of these
  std::string reply;  // `550 5.7.1 <a@b.example>: Sender address rejected: Banned`; may be empty
};

// What has become of a message for the recipients of the line.
struct LoggedDelivery {
  std::string status;     // `sent`, `deferred`, `bounced`; of sendmail its first word in lower case
  std::string dsn;        // `2.0.0`; may be empty
  std::string relay;      // as it stands there; may be empty
  std::string text;       // what the other side has said
  std::string queued_as;  // the id under which it goes on: that of a content filter, of another
                          // MTA, or of local(8) for a forward; empty: none
  std::optional<std::chrono::seconds> delay;
};

struct MailEvent {
  enum class Mta { postfix, sendmail } mta = Mta::postfix;
  enum class Kind {
    client,      // a message begins, and this is who brings it (Postfix)
    sender,      // whose message it is; of sendmail with the client
    message_id,  // of its header
    delivery,
    verdict,
    ended,  // nothing more comes: it is gone from the queue (Postfix), or the client is (sendmail)
  } kind = Kind::sender;

  std::optional<UtcTime> time;
  std::size_t times = 1;  // that it was said: a log daemon puts lines together that are equal
  std::string queue_id;   // empty: the message has none (yet)
  std::optional<LoggedClient> client;
  std::optional<LoggedClient> original_client;  // for whom a filter or proxy speaks (XFORWARD)
  std::string original_queue_id;                // that the message had there; empty: none
  std::optional<std::string> helo;
  std::optional<std::string> sender;    // empty: the null sender
  std::vector<std::string> recipients;  // none: the line names none
  std::optional<std::string> original_recipient;
  std::optional<std::string> message_id;
  std::optional<std::size_t> size;
  std::optional<std::size_t> recipient_count;
  std::optional<bool> authenticated;       // the client
  std::optional<bool> encrypted;           // the session
  std::optional<LoggedVerdict> verdict;    // of that kind
  std::optional<LoggedDelivery> delivery;  // of that kind
};

}  // namespace postern::ctl
