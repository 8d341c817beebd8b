// The milter in sendmail.
#include <algorithm>
#include <array>

#include "ctl/doctor/finding.h"
#include "ctl/doctor/fix.h"

namespace postern::doctor {
namespace {

using FilterNames = std::vector<std::string>;

bool has_name(const FilterNames& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool asks_postern(const FilterNames& names, const std::vector<const SendmailFilter*>& ours) {
  return std::any_of(ours.begin(), ours.end(),
                     [&](const SendmailFilter* filter) { return has_name(names, filter->name); });
}

bool is_for_strangers(const SendmailDaemon& daemon) {
  return daemon.port.empty() || daemon.port == "smtp" || daemon.port == "25";
}

// Those that are asked.
std::vector<const SendmailFilter*> used_filters(const MtaConfig& mta) {
  auto filters = filter_uses(mta);
  filters.erase(std::remove_if(filters.begin(), filters.end(),
                               [&](const SendmailFilter* filter) {
                                 return !is_asked(*mta.sendmail, *filter);
                               }),
                filters.end());
  return filters;
}

void note_short_time(const MtaConfig& mta, const SendmailFilter& filter, const char* letter,
                     std::chrono::milliseconds time, std::chrono::milliseconds longest,
                     FindingList& findings) {
  if (time > longest) return;
  findings.add(FindingSeverity::error, filter.where.to_string(),
               std::string(letter) + " of T= is " + seconds_text(time) +
                   ", and an answer may take " + seconds_text(longest),
               "sendmail gives Postern up for the session then: 451 with F=T, unjudged without.",
               sendmail_line(mta));
}

void check_sendmail_filter_unused(const MtaConfig& mta, FindingList& findings) {
  const auto ours = filter_uses(mta);
  if (ours.empty() || !used_filters(mta).empty()) return;
  findings.add(FindingSeverity::error, mta.sendmail->input_filters_place.to_string(),
               "no listener asks the filter " + ours.front()->name +
                   ": it is neither in InputMailFilters nor in DaemonPortOptions",
               "MAIL_FILTER alone only describes a filter; mail comes in unjudged.",
               sendmail_line(mta));
}

void check_sendmail_timeout_short(const MtaConfig& mta, FindingList& findings) {
  for (const SendmailFilter* filter : used_filters(mta)) {
    note_short_time(mta, *filter, "R:", filter->read_time, mta.postern.longest_greeting(),
                    findings);
    note_short_time(mta, *filter, "E:", filter->end_time, mta.postern.deadline, findings);
  }
}

void check_sendmail_refuses_without(const MtaConfig& mta, FindingList& findings) {
  for (const SendmailFilter* filter : used_filters(mta)) {
    if (filter->flag != 'R') continue;
    findings.add(FindingSeverity::error, filter->where.to_string(), "F=R",
                 "While Postern is away or late, clients are greeted with 554, and good mail goes "
                 "back to its senders.",
                 sendmail_line(mta));
  }
}

void check_sendmail_daemon_left_out(const MtaConfig& mta, FindingList& findings) {
  const auto used = used_filters(mta);
  if (used.empty()) return;
  for (const SendmailDaemon& daemon : mta.sendmail->daemons) {
    if (!is_for_strangers(daemon)) continue;
    if (asks_postern(daemon.filters.value_or(mta.sendmail->input_filters), used)) continue;
    findings.add(
        FindingSeverity::warning, daemon.where.to_string(),
        "the listener " + daemon.name + " takes mail of strangers and does not ask " +
            used.front()->name + "; others do",
        "What comes in there is not judged.",
        "InputMailFilters=" + used.front()->name + "\n# in its DAEMON_OPTIONS, or none there");
  }
}

void check_sendmail_over_tcp(const MtaConfig& mta, FindingList& findings) {
  for (const SendmailFilter* filter : used_filters(mta)) {
    if (filter->endpoint->kind != ListenAddress::Kind::tcp) continue;
    findings.add(
        FindingSeverity::note, filter->where.to_string(), "S=" + filter->socket,
        "Over TCP each message takes about 180 ms longer, and 44 ms more with each further "
        "recipient, because sendmail writes each command in two small packets.",
        "# postern.yaml:\nlisten: { unix: /run/postern/milter, mode: 0660 }\n# here:\n"
        "S=local:/run/postern/milter");
  }
}

}  // namespace

FindingKinds sendmail_findings() {
  static constexpr std::array kFindings{
      FindingKind{"sendmail-filter-unused", check_sendmail_filter_unused},
      FindingKind{"sendmail-timeout-short", check_sendmail_timeout_short},
      FindingKind{"sendmail-refuses-without", check_sendmail_refuses_without},
      FindingKind{"sendmail-daemon-left-out", check_sendmail_daemon_left_out},
      FindingKind{"sendmail-over-tcp", check_sendmail_over_tcp},
  };
  return kFindings;
}

}  // namespace postern::doctor
