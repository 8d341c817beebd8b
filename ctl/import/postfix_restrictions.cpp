#include "ctl/import/postfix_restrictions.h"

#include <algorithm>
#include <array>
#include <optional>

#include "common/base/ascii_case.h"

namespace postern::import {
namespace {

struct Reason {
  std::string_view name;  // a `*` at its end stands for any rest
  std::string_view why;
};

constexpr std::array<Reason, 18> kReasons = {{
    {"permit_mynetworks", "asks for mynetworks of main.cf; write a rule with a list of them"},
    {"permit_sasl_authenticated", "asks who has logged in; write a rule with 'authenticated:'"},
    {"permit_tls_*", "asks for a certificate, which Postern does not see; leave it to Postfix"},
    {"permit_*", "asks for something else than the table; leave it to Postfix"},
    {"reject_unknown_sender_domain", "is the check sender_mx in Postern; write a rule for it"},
    {"reject_unknown_client*", "asks for the client's name; write a rule with 'client_name:'"},
    {"reject_unknown_reverse_client_hostname",
     "asks for the client's name; write a rule with 'reverse_client_name:'"},
    {"reject_*", "asks for something else than the table; leave it to Postfix"},
    {"defer_if_reject", "changes what comes later, which a Postern action does not"},
    {"defer_if_permit", "changes what comes later, which a Postern action does not"},
    {"warn_if_reject", "only warns of what comes later; write a rule with 'mode: log'"},
    {"check_*", "asks another table or server; import that one"},
    {"sleep", "is 'delay' in Postern; write a rule for it"},
    {"filter", "is the MTA's business, not Postern's; leave it to Postfix"},
    {"redirect", "is the MTA's business, not Postern's; leave it to Postfix"},
    {"bcc", "is the MTA's business, not Postern's; leave it to Postfix"},
    {"hangup", "is the MTA's business, not Postern's; leave it to Postfix"},
    {"*",
     "is a restriction or a restriction class of Postfix's main.cf, which Postern does not know"},
}};

std::string why_refused(const std::string& name) {
  const auto is_about = [&](const Reason& reason) {
    return reason.name.ends_with('*')
               ? name.starts_with(reason.name.substr(0, reason.name.size() - 1))
               : name == reason.name;
  };
  const auto reason = std::find_if(kReasons.begin(), kReasons.end(), is_about);
  const bool known = reason->name != "*";
  return (known ? name : "'" + name + "'") + " " + std::string(reason->why);
}

// What one restriction does with a recipient that Postfix takes mail for; nothing: the next is
// asked.
Result<std::optional<ReadOutcome>> read_one(const std::string& name) {
  if (name == "permit" || name == "permit_auth_destination") {
    return ReadOutcome{{{"pass"}, Outcome::Ends::table}, {}};
  }
  // postconf(5): reject_code, defer_code.
  if (name == "reject") return refusal(554, "5.7.1", "Access denied").value();
  if (name == "defer") return refusal(450, "4.3.2", "Try again later").value();
  if (name == "reject_unauth_destination" || name == "defer_unauth_destination") {
    return std::nullopt;
  }
  return failure(why_refused(name));
}

}  // namespace

Result<ReadOutcome> read_postfix_restrictions(std::string_view text) {
  if (text.find(':') != std::string_view::npos) {
    return failure("Postfix takes no lookup table here, and answers 451");
  }
  constexpr std::string_view kBetween = ", \t\r\n";
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(kBetween), text.size()));
    if (text.empty()) return ReadOutcome{no_op(), {}};
    const std::size_t end = std::min(text.find_first_of(kBetween), text.size());
    const auto read = read_one(ascii_lower(text.substr(0, end)));
    if (!read) return tl::unexpected(read.error());
    if (*read) return **read;
    text.remove_prefix(end);
  }
}

}  // namespace postern::import
