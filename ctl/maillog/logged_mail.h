// One message as an MTA's log tells it, put together from its lines. Pure.
#pragma once

#include <string>
#include <vector>

#include "ctl/maillog/mail_event.h"

namespace postern::ctl {

class LoggedMail {
 public:
  // Recipients and verdicts that are kept.
  static constexpr std::size_t kMaxKept = 1000;

  // REQUIRES: an event of this message, or the first one of it.
  void add(const MailEvent& event);

  // Whether the next event with this queue id is of another message.
  [[nodiscard]] bool is_over() const { return over_; }

  std::string queue_id;
  std::optional<UtcTime> time;  // of its first line that tells one
  std::optional<LoggedClient> client;
  std::optional<std::string> helo;
  std::optional<std::string> sender;
  std::vector<std::string> recipients;  // each once, in their order
  std::optional<std::string> message_id;
  struct Verdict : LoggedVerdict {
    std::vector<std::string> recipients;  // of its line
  };
  std::vector<Verdict> verdicts;

 private:
  bool over_ = false;
};

}  // namespace postern::ctl
