#include "ctl/maillog/logged_mail.h"

#include <algorithm>

namespace postern::ctl {
namespace {

template <class T>
void fill(std::optional<T>& known, const std::optional<T>& told) {
  if (!known) known = told;
}

}  // namespace

void LoggedMail::add(const MailEvent& event) {
  if (queue_id.empty()) queue_id = event.queue_id;
  fill(time, event.time);
  fill(client, event.client);
  fill(helo, event.helo);
  fill(sender, event.sender);
  fill(message_id, event.message_id);
  for (const std::string& recipient : event.recipients) {
    const bool known =
        std::find(recipients.begin(), recipients.end(), recipient) != recipients.end();
    if (!known && recipients.size() < kMaxKept) recipients.push_back(recipient);
  }
  if (event.verdict && verdicts.size() < kMaxKept) {
    verdicts.push_back({*event.verdict, event.recipients});
  }
  over_ = over_ || event.kind == MailEvent::Kind::ended;
}

}  // namespace postern::ctl
