// An envelope address as either door receives it, in one normalised form.
//
// Postfix's policy protocol sends the internal form (`q uo"ted@dest.example`, null sender empty),
// milters the external one (`<"q uo\"ted"@dest.example>`, null sender `<>`); both become the same
// value, so that a rule cannot tell the doors apart. Any bytes give a value. No I/O.
#pragma once

#include <string>
#include <string_view>

#include "common/domain_name.h"
#include "common/ip_address.h"

namespace postern {

class MailAddress {
 public:
  enum class Kind {
    null_sender,       // `<>`, RFC 5321 4.5.5
    local_only,        // no domain: `postmaster`
    domain,            // local@domain
    address_literal,   // local@[192.0.2.1], RFC 5321 4.1.3
    malformed_domain,  // an `@` with something behind it that is no name and no literal
  };

  MailAddress() = default;  // the null sender

  // The last `@` outside a quoted string divides local part and domain; with an unquoted local part
  // that is the last `@` at all. A source route (`@a,@b:`, RFC 5321 C) is dropped.
  static MailAddress from_envelope(std::string_view text);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_null() const { return kind_ == Kind::null_sender; }
  // Unquoted, case kept.
  [[nodiscard]] const std::string& local_part() const { return local_part_; }
  // Empty unless kind() is domain.
  [[nodiscard]] const DomainName& domain() const { return domain_; }
  // Internal (unquoted) form with the normalised domain: `user@example.org`, `` for the null
  // sender.
  [[nodiscard]] const std::string& text() const { return text_; }

  friend bool operator==(const MailAddress&, const MailAddress&) = default;

 private:
  Kind kind_ = Kind::null_sender;
  std::string local_part_;
  DomainName domain_;
  std::string text_;
};

}  // namespace postern
