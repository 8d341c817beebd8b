#include "ctl/who/mail_choice.h"

#include <algorithm>

#include "common/base/mail_address.h"

namespace postern::ctl {

Envelope envelope_of(const LoggedMail& mail) {
  return {mail.client ? mail.client->address : std::nullopt, mail.helo, mail.sender};
}

MailPatterns::MailPatterns()
    : clients_(std::make_unique<lists::NetworkList>("clients")),
      domains_(std::make_unique<lists::DomainList>("domains")),
      senders_(std::make_unique<lists::AddressList>("senders")),
      helos_(std::make_unique<lists::DomainList>("helos")) {}

Result<void> MailPatterns::build() {
  for (lists::List* list : std::initializer_list<lists::List*>{clients_.get(), domains_.get(),
                                                               senders_.get(), helos_.get()}) {
    if (auto built = list->build(); !built) return built;
  }
  return {};
}

Fit MailPatterns::fit(const Envelope& mail) const {
  constexpr UtcTime kAny{};  // nothing expires here
  bool is_known = true;
  const auto has = [&](const lists::List& list, const auto& value, auto find) {
    if (list.entries().size() == 0) return false;
    is_known = is_known && value.has_value();
    return value && find(*value) != lists::kNoEntry;
  };
  std::optional<MailAddress> sender;
  if (mail.sender) sender = MailAddress::from_envelope(*mail.sender);
  const bool found =
      has(*clients_, mail.client, [&](const auto& one) { return clients_->find(one, kAny); }) ||
      has(*domains_, sender,
          [&](const auto& one) { return domains_->find(one.domain().text(), kAny); }) ||
      has(*senders_, sender, [&](const auto& one) { return senders_->find(one, kAny); }) ||
      has(*helos_, mail.helo, [&](const auto& one) { return helos_->find(one, kAny); });
  if (found) return Fit::yes;
  return is_known ? Fit::no : Fit::unknown;
}

Fit MailChoice::fit(const Envelope& mail) const {
  Fit worst = Fit::yes;
  for (const MailPatterns& one : patterns) worst = std::min(worst, one.fit(mail));
  return worst;
}

// A content filter brings back what another client has sent.
bool MailChoice::may_fit(const LoggedMail& mail) const {
  Envelope known = envelope_of(mail);
  if (mail.client && mail.client->is_inside()) known.client.reset();
  return fit(known) != Fit::no && (!mail.time || is_in_time(mail.time));
}

}  // namespace postern::ctl
