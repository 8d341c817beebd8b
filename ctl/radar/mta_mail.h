// The mail that an MTA's log tells of, as events for the radar: a message when its first delivery
// to a recipient is logged, and each refusal. Pure; one thread; bounded.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/base/keyed_hash.h"
#include "common/base/mail_address.h"
#include "ctl/maillog/mail_event.h"
#include "rules/radar/event.h"
#include "rules/radar/lru_table.h"

namespace postern::ctl {

// A message to one recipient.
struct ToldMail {
  UtcTime time;
  LoggedClient client;
  std::string helo;
  MailAddress sender;
  MailAddress recipient;
  radar::Outcome outcome = radar::Outcome::accepted;
};

class MtaMail {
 public:
  static constexpr std::size_t kMaxOpen = 20000;  // messages between their first line and the last

  explicit MtaMail(const KeyedHash::Secret& secret) : hash_(secret), open_(kMaxOpen) {}

  // Calls `tell` for what the line adds. A message without a time, a client or a sender is none.
  void add(const MailEvent& event, const std::function<void(const ToldMail&)>& tell);

 private:
  struct Open {
    std::optional<UtcTime> time;
    std::optional<LoggedClient> client;
    std::string helo;
    std::optional<std::string> sender;
  };

  void add_part(const MailEvent& event);

  KeyedHash hash_;
  radar::LruTable<Open> open_;
};

}  // namespace postern::ctl
