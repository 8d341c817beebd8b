// An envelope address as either door receives it, in one normalised form.
//
// Postfix's policy protocol sends the internal form (`q uo"ted@dest.example`, null sender empty),
// milters the external one (`<"q uo\"ted"@dest.example>`, null sender `<>`); both become the same
// value, so that a rule cannot tell the doors apart. Any bytes give a value. What a client may
// write beyond that is for common/base/mail_path.h. No I/O.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/domain_name.h"
#include "common/base/ip_address.h"

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
  // that is the last `@` at all. A source route (`@a,@b:`, RFC 5321 C) is dropped. Without any `@`
  // an unquoted `host!user` is user@host, and `user%host`, its last `%` counting, too: so do both
  // MTAs take them (Postfix: swap_bangpath before allow_percent_hack). An `@` or `%` with nothing
  // behind it counts for nothing where the rest is an address with a domain.
  static MailAddress from_envelope(std::string_view text);
  // The same of the internal form alone: no bracket, quote or route means anything in it.
  // REQUIRES: not the null sender.
  static MailAddress from_internal(std::string_view text);
  // Of a local part without quotes and what stands behind the `@`, if there is one.
  static MailAddress from_parts(std::string_view local_part,
                                std::optional<std::string_view> domain);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_null() const { return kind_ == Kind::null_sender; }
  // Unquoted, case kept.
  [[nodiscard]] const std::string& local_part() const { return local_part_; }
  // Empty unless kind() is domain.
  [[nodiscard]] const DomainName& domain() const { return domain_; }
  // Internal (unquoted) form with the normalised domain: `user@example.org`, `` for the null
  // sender.
  [[nodiscard]] const std::string& text() const { return text_; }

  // Whether the local part begins with a bounce tag (common/base/bounce_tag.h).
  [[nodiscard]] bool has_tag() const { return tag_length_ > 0; }
  // text() and local_part() without it.
  [[nodiscard]] std::string_view untagged() const {
    return std::string_view(text_).substr(tag_length_);
  }
  [[nodiscard]] std::string_view untagged_local_part() const {
    return std::string_view(local_part_).substr(tag_length_);
  }

  // What was given, where that was another way to write the address than brackets and quotes;
  // else empty. Two addresses may be equal though they were given in different ways.
  [[nodiscard]] const std::string& given() const { return given_; }
  void set_given(std::string_view text) { given_ = text; }

  friend bool operator==(const MailAddress& one, const MailAddress& other) {
    return one.kind_ == other.kind_ && one.local_part_ == other.local_part_ &&
           one.text_ == other.text_;
  }

 private:
  Kind kind_ = Kind::null_sender;
  std::string local_part_;
  DomainName domain_;
  std::string text_;
  std::size_t tag_length_ = 0;
  std::string given_;
};

// `host!user` and `user%host` without any `@`, as from_envelope() takes them.
struct HostAndUser {
  std::string_view host;
  std::string_view user;
};
// Nothing for any other text, and where there is nothing for a host. REQUIRES: not quoted.
std::optional<HostAndUser> old_style_address(std::string_view text);

}  // namespace postern
