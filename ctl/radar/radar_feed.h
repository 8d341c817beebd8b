// What the radar is told by the lines of a log, as events: decisions of both doors, or what an MTA
// says of its messages. Pure; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ctl/log/log_entry.h"
#include "ctl/radar/mta_mail.h"
#include "rules/radar/campaigns.h"
#include "rules/radar/radar.h"

namespace postern::ctl {

// With this the reason of an entry begins that a proposal has brought about.
inline constexpr std::string_view kRadarReason = "radar ";

class RadarFeed {
 public:
  explicit RadarFeed(radar::Site site, const KeyedHash::Secret& secret);

  // Lines in the order of time, or nearly so. What is no decision about mail from outside is passed
  // over: other stages than RCPT unless something was refused there, clients that have
  // authenticated or have a private address (whom they write to is no newcomer), senders that are
  // this site's own.
  void add(const LogEntry& entry, radar::Mode mode);
  // The same of an MTA's log, of which it is not known who has authenticated.
  void add(const MailEvent& event, radar::Mode mode);
  void add_overlong() { ++unreadable; }

  // A proposal with what is known of its pool by now.
  [[nodiscard]] radar::Proposal now(const radar::Proposal& proposal) const;

  [[nodiscard]] const radar::Radar& machine() const { return radar_; }
  [[nodiscard]] const radar::Campaigns& campaigns() const { return campaigns_; }

  std::uint64_t lines = 0;  // as the caller counts them
  std::uint64_t decisions = 0;
  std::uint64_t events = 0;
  std::uint64_t sampled = 0;       // decisions that stand for several passes
  std::uint64_t without_time = 0;  // decisions that were left out
  std::uint64_t unreadable = 0;

 private:
  void add_decision(const LogFields& fields, UtcTime time, radar::Mode mode);
  // REQUIRES: the address of the client is known.
  void tell(const ToldMail& mail, radar::Mode mode);

  radar::Radar radar_;
  radar::Campaigns campaigns_;
  MtaMail mta_;
};

}  // namespace postern::ctl
