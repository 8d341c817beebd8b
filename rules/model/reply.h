// An SMTP reply with its enhanced status code (RFC 5321 4.2, RFC 3463). A value.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace postern {

struct EnhancedCode {
  int status_class = 5;  // 4 or 5 (RFC 3463 2)
  int subject = 7;
  int detail = 1;
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const EnhancedCode&, const EnhancedCode&) = default;
};

struct SmtpReply {
  // What is left of RFC 5321's 512 octets once Postfix has put `<recipient>: Recipient address
  // rejected: ` in front of the text.
  static constexpr std::size_t kMaxText = 200;

  int code = 550;
  EnhancedCode enhanced;
  std::string text;

  // `550 5.7.1 text`
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const SmtpReply&, const SmtpReply&) = default;
};

// `550 5.7.1 "text"`, `550 5.7.1 text`, `550 text` or just `"text"`; what is missing comes from
// `defaults`, and a code of the rule's own brings the matching class to a missing enhanced code.
// Errors: a code whose class differs from the defaults' (a reject is 5xx, a defer 4xx), an enhanced
// code of another class than the code, numbers out of range, text that is empty, too long or holds
// anything but visible ASCII and spaces.
Result<SmtpReply> parse_reply(std::string_view text, const SmtpReply& defaults);

}  // namespace postern
