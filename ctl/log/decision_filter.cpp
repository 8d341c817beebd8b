#include "ctl/log/decision_filter.h"

#include "ctl/log/decision_fields.h"

namespace postern::ctl {
namespace {

bool names_rule(const LogFields& fields, std::string_view rule) {
  bool found = field_of(fields, "rule") == rule;
  for (const char* key : {"also", "would"}) {
    for_each_in_list(field_of(fields, key),
                     [&](std::string_view one) { found |= one.substr(0, one.find(':')) == rule; });
  }
  return found;
}

// As far as the filter of a trace looks at it.
Transaction mail_in(const LogFields& fields) {
  Transaction mail;
  if (const auto client = IpAddress::parse(field_of(fields, "client"))) mail.client = *client;
  if (const std::string& sender = field_of(fields, "sender"); !sender.empty()) {
    mail.sender = MailAddress::from_envelope(sender);
  }
  mail.instance = field_of(fields, "instance");
  mail.queue_id = field_of(fields, "queue_id");
  return mail;
}

}  // namespace

bool DecisionFilter::matches(const LogFields& fields) const {
  if (!door.empty() && field_of(fields, "door") != door) return false;
  if (!action.empty() && field_of(fields, "action") != action) return false;
  if (!rule.empty() && !names_rule(fields, rule)) return false;
  return !mail || mail->matches(mail_in(fields));
}

}  // namespace postern::ctl
