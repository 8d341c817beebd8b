// The milter in Postfix: whether it is asked, how long it may take, what becomes of mail without
// it.
#include <algorithm>

#include "common/base/ascii_case.h"
#include "ctl/doctor/finding.h"
#include "ctl/doctor/postfix_words.h"
#include "ctl/doctor/suggestion.h"

namespace postern::doctor {
namespace {

// Those that are about mail of SMTP clients.
std::vector<MilterUse> smtp_milter_uses(const Wiring& wiring) {
  std::vector<MilterUse> uses = milter_uses(wiring);
  uses.erase(std::remove_if(uses.begin(), uses.end(),
                            [](const MilterUse& use) { return use.service == nullptr; }),
             uses.end());
  return uses;
}

std::string smtpd_milters_with(const Wiring& wiring, const MilterUse& use) {
  return milters_line(wiring, *use.service, MilterPlace::same);
}

std::string milter_lines(const Wiring& wiring) {
  std::string out;
  if (wiring.postfix && !wiring.postfix->services.empty()) {
    out = milters_line(wiring, wiring.postfix->services.front(), MilterPlace::first);
  }
  if (wiring.sendmail) out += (out.empty() ? "" : "\n") + sendmail_line(wiring);
  return out;
}

std::string place_for_milter(const Wiring& wiring) {
  if (wiring.postfix) return "main.cf: smtpd_milters";
  return wiring.sendmail ? wiring.sendmail->input_filters_place.to_string() : "";
}

void note_short(const Wiring& wiring, const MilterUse& use, const PostfixSetting& setting,
                std::string_view name, std::chrono::milliseconds longest, FindingList& findings) {
  const auto time = mta_time(setting.value);
  if (!time || *time > longest) return;
  findings.add(FindingWeight::error, use.list->where.to_string(),
               std::string(name) + " is " + seconds_text(*time) + ", and an answer may take " +
                   seconds_text(longest),
               "Postfix goes on without Postern then, for the rest of the session, as "
               "default_action says.",
               smtpd_milters_with(wiring, use));
}

}  // namespace

void look_milter_not_asked(const Wiring& wiring, FindingList& findings) {
  if (!wiring.postern.milter || (!wiring.postfix && !wiring.sendmail)) return;
  if (!smtp_milter_uses(wiring).empty() || !filter_uses(wiring).empty()) return;
  const bool by_policy = !policy_uses(wiring).empty();
  const bool missed = by_policy && wiring.postern.has_header_rules;
  const auto weight = !by_policy ? FindingWeight::error
                      : missed   ? FindingWeight::warning
                                 : FindingWeight::note;
  findings.add(weight, place_for_milter(wiring),
               "no MTA asks " + wiring.postern.milter->to_string(),
               missed      ? "Only the milter knows the header of a message: nobody judges by the "
                             "rules that are about header fields."
               : by_policy ? "Postfix asks postern-policyd, which is enough for these rules; "
                             "postern-milter runs for nothing."
                           : "What is not asked about comes in unjudged.",
               by_policy && !missed ? "# take milter: out of postern.yaml" : milter_lines(wiring));
}

void look_milter_timeout_short(const Wiring& wiring, FindingList& findings) {
  for (const MilterUse& use : smtp_milter_uses(wiring)) {
    note_short(wiring, use, use.call->command_time, "command_timeout",
               wiring.postern.longest_greeting(), findings);
    note_short(wiring, use, use.call->content_time, "content_timeout", wiring.postern.deadline,
               findings);
  }
}

void look_milter_default_action_missing(const Wiring& wiring, FindingList& findings) {
  for (const MilterUse& use : smtp_milter_uses(wiring)) {
    if (use.call->default_action.is_set) continue;
    findings.add(
        FindingWeight::warning, use.list->where.to_string(),
        use.call->service.address + " has no default_action, and milter_default_action is not set",
        "Postfix has changed its own mind: tempfail up to 3.10, from 3.11 on shutdown, "
        "which hangs up on everybody while Postern is away.",
        smtpd_milters_with(wiring, use));
  }
}

void look_milter_default_action_harmful(const Wiring& wiring, FindingList& findings) {
  for (const MilterUse& use : smtp_milter_uses(wiring)) {
    if (!equal_ignoring_case(use.call->default_action.value, "reject")) continue;
    findings.add(FindingWeight::error, use.call->default_action.where.to_string(),
                 "the default action is reject",
                 "While Postern is away or late, good mail goes back to its senders.",
                 smtpd_milters_with(wiring, use));
  }
}

void look_milter_protocol_old(const Wiring& wiring, FindingList& findings) {
  for (const MilterUse& use : smtp_milter_uses(wiring)) {
    const std::string& version = use.call->protocol.value;
    if (version.size() != 1 || version < "2" || version > "5") continue;
    const ConfigPlace& where = use.call->protocol.where;
    findings.add(
        FindingWeight::warning, where.to_string(), "milter_protocol is " + version,
        "Before version 6 a filter cannot say what it wants to be told, so rules lack what "
        "they look at.",
        where.setting.ends_with("smtpd_milters")
            ? smtpd_milters_with(wiring, use)
            : setting_line(where, "milter_protocol", "6") + "\n# the default");
  }
}

void look_milter_for_own_mail(const Wiring& wiring, FindingList& findings) {
  for (const MilterUse& use : milter_uses(wiring)) {
    if (use.service != nullptr) continue;
    findings.add(FindingWeight::warning, use.list->where.to_string(),
                 "non_smtpd_milters asks " + use.call->service.address,
                 "There is no client to be judged; mail that is refused there goes back to its "
                 "sender, and mail that is deferred stays in the queue.",
                 "non_smtpd_milters =");
  }
}

void look_milter_on_submission(const Wiring& wiring, FindingList& findings) {
  for (const MilterUse& use : smtp_milter_uses(wiring)) {
    if (!use.service->is_submission()) continue;
    findings.add(
        FindingWeight::note, "master.cf: " + use.service->name,
        "your own people hand in mail here, and smtpd_milters asks " + use.call->service.address,
        "permit_sasl_authenticated exempts nobody from filters: they are judged like "
        "strangers, unless rules at the top let them pass.",
        "# at this service in master.cf\n  -o smtpd_milters=");
  }
}

}  // namespace postern::doctor
