// What the radar is told as events: decisions of both doors, from a log or the journal, or what an
// MTA says of its messages; and what it remembers of them. Pure; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/keyed_hash.h"
#include "common/base/mail_address.h"
#include "ctl/log/log_entry.h"
#include "ctl/maillog/logged_mail.h"
#include "ctl/radar/dismissals.h"
#include "ctl/radar/radar_memory.h"
#include "ctl/radar/told_passes.h"
#include "rules/journal/record.h"
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
  // The same of the journal.
  void add(const journal::JournalRecord& record, radar::Mode mode);
  // The same of an MTA's log: what MailAssembler tells as decided.
  void add(const LoggedMail& mail, const LoggedPart& part, radar::Mode mode);
  void add_overlong() { ++unreadable; }

  // What a person has dismissed is not proposed again, and a campaign of nothing else is none.
  void dismiss(const std::vector<Dismissal>& dismissals);

  // All that it knows but the site, and the same in one that was made with its secret. False: it is
  // damaged; the feed is to be thrown away.
  void save(RadarMemory& memory) const;
  bool load(const RadarMemory& memory);
  // Logs are read again and again: what is not after the last event that is remembered is over.
  void pass_over_what_is_known() { known_until_ = radar_.age().now; }

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
  // A message to one recipient.
  struct ToldMail {
    UtcTime time;
    LoggedClient client;
    std::string helo;
    MailAddress sender;
    MailAddress recipient;
    radar::Outcome outcome = radar::Outcome::accepted;
    bool was_accepted = false;  // and told of before
  };
  // Where it was decided.
  struct Judged {
    Door door = Door::policy;
    Stage stage = Stage::rcpt;
    std::string instance;
  };

  void add_decision(const LogFields& fields, UtcTime time, radar::Mode mode);
  // Of a client who has authenticated, or is none: nothing to look at.
  void add_user_mail(const MailAddress& recipient, UtcTime time);
  // REQUIRES: the address of the client is known.
  void tell(const ToldMail& mail, radar::Mode mode);
  // The same of a decision, so that a message is one event, with what became of it in the end.
  void tell_once(const Judged& judged, ToldMail mail, radar::Mode mode);
  void tell_end(const Judged& judged, ToldMail mail, radar::Mode mode);

  radar::Radar radar_;
  radar::Campaigns campaigns_;
  ToldPasses passes_;
  std::optional<UtcTime> known_until_;
};

}  // namespace postern::ctl
