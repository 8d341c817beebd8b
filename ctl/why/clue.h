// What somebody has of a mail that was refused: a line of a log, a bounce, the mail itself, an id.
// A value; every text in it is hostile.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/ip_address.h"
#include "common/base/utc_date.h"
#include "ctl/log/log_line.h"
#include "rules/model/stage.h"

namespace postern::ctl {

struct Clue {
  enum class Kind {
    decision,  // a decision line of Postern's
    mta_line,  // lines of Postfix or sendmail about one message
    bounce,
    message,  // a mail, with its header
    id,       // a queue id, an instance or a token
  } kind = Kind::id;

  std::string id;  // queue id, instance or token; empty: none is told
  std::optional<UtcTime> time;
  std::optional<IpAddress> client;
  std::string client_name;
  std::string helo;
  // Of a bounce and of a mail those that it may have been; empty text: the null sender.
  std::vector<std::string> senders;
  std::vector<std::string> recipients;
  std::optional<Stage> stage;
  std::string said;                   // what the MTA has said, with whatever stands around it
  std::vector<std::string> headers;   // of a message: `Subject: text`, still folded
  std::optional<LogFields> decision;  // of that kind
};

}  // namespace postern::ctl
