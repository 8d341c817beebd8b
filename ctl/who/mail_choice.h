// Which mail is asked for: patterns of clients, senders, sender domains and HELO names, as lists
// have them, and what was decided. A value; pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/ip_address.h"
#include "common/base/result.h"
#include "common/base/utc_date.h"
#include "ctl/maillog/logged_mail.h"
#include "rules/lists/address_list.h"
#include "rules/lists/domain_list.h"
#include "rules/lists/network_list.h"

namespace postern::ctl {

// What logs tell of a message. What they do not tell is not there.
struct Envelope {
  std::optional<IpAddress> client;
  std::optional<std::string> helo;
  std::optional<std::string> sender;  // empty: the null sender
};

Envelope envelope_of(const LoggedMail& mail);

enum class Fit { no, unknown, yes };

// Fits when one of the patterns does.
class MailPatterns {
 public:
  MailPatterns();

  // As the lists of each kind have it. Error: it is no such pattern.
  Result<void> add_client(const std::string& pattern) { return clients_->add(pattern, 1, {}); }
  Result<void> add_domain(const std::string& pattern) { return domains_->add(pattern, 1, {}); }
  Result<void> add_sender(const std::string& pattern) { return senders_->add(pattern, 1, {}); }
  Result<void> add_helo(const std::string& pattern) { return helos_->add(pattern, 1, {}); }
  // Call once after the last one.
  Result<void> build();

  [[nodiscard]] Fit fit(const Envelope& mail) const;

 private:
  std::unique_ptr<lists::NetworkList> clients_;
  std::unique_ptr<lists::DomainList> domains_;
  std::unique_ptr<lists::AddressList> senders_;
  std::unique_ptr<lists::DomainList> helos_;
};

// All that is given has to be so.
struct MailChoice {
  std::vector<MailPatterns> patterns;
  std::string rule;   // also one that only would have acted; empty: any
  std::string entry;  // of a list, as the log of decisions has it; empty: any
  std::optional<UtcTime> since;

  [[nodiscard]] Fit fit(const Envelope& mail) const;
  // Whether the message is one as which it came from outside, or may be a later pass of it.
  [[nodiscard]] bool may_fit(const LoggedMail& mail) const;
  [[nodiscard]] bool is_in_time(const std::optional<UtcTime>& time) const {
    return !since || (time && *time >= *since);
  }
  [[nodiscard]] bool is_about_decisions() const { return !rule.empty() || !entry.empty(); }
};

}  // namespace postern::ctl
