// The milter in Postfix: whether it is asked, how long it may take, what becomes of mail without
// it.
#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "common/base/ascii_case.h"
#include "ctl/doctor/finding.h"
#include "ctl/doctor/fix.h"
#include "ctl/doctor/postfix_words.h"

namespace postern::doctor {
namespace {

// Those that are about mail of SMTP clients.
std::vector<MilterUse> smtp_milter_uses(const MtaConfig& mta) {
  std::vector<MilterUse> uses = milter_uses(mta);
  uses.erase(std::remove_if(uses.begin(), uses.end(),
                            [](const MilterUse& use) { return use.service == nullptr; }),
             uses.end());
  return uses;
}

std::string smtpd_milters_with(const MtaConfig& mta, const MilterUse& use) {
  return milters_line(mta, *use.service, MilterPlace::same);
}

std::string milter_lines(const MtaConfig& mta) {
  std::string out;
  if (mta.postfix && !mta.postfix->services.empty()) {
    out = milters_line(mta, mta.postfix->services.front(), MilterPlace::first);
  }
  if (mta.sendmail) out += (out.empty() ? "" : "\n") + sendmail_line(mta);
  return out;
}

std::string place_for_milter(const MtaConfig& mta) {
  if (mta.postfix) return "main.cf: smtpd_milters";
  return mta.sendmail ? mta.sendmail->input_filters_place.to_string() : "";
}

void note_short(const MtaConfig& mta, const MilterUse& use, const PostfixSetting& setting,
                std::string_view name, std::chrono::milliseconds longest, FindingList& findings) {
  const auto time = mta_time(setting.value);
  if (!time || *time > longest) return;
  findings.add(FindingSeverity::error, use.list->where.to_string(),
               std::string(name) + " is " + seconds_text(*time) + ", and an answer may take " +
                   seconds_text(longest),
               "Postfix goes on without Postern then, for the rest of the session, as "
               "default_action says.",
               smtpd_milters_with(mta, use));
}

void check_milter_not_asked(const MtaConfig& mta, FindingList& findings) {
  if (!mta.postern.milter || (!mta.postfix && !mta.sendmail)) return;
  if (!smtp_milter_uses(mta).empty() || !filter_uses(mta).empty()) return;
  const bool by_policy = !policy_uses(mta).empty();
  const bool missed = by_policy && mta.postern.has_header_rules;
  const auto severity = !by_policy ? FindingSeverity::error
                        : missed   ? FindingSeverity::warning
                                   : FindingSeverity::note;
  findings.add(severity, place_for_milter(mta), "no MTA asks " + mta.postern.milter->to_string(),
               missed      ? "Only the milter knows the header of a message: nobody judges by the "
                             "rules that are about header fields."
               : by_policy ? "Postfix asks postern-policyd, which is enough for these rules; "
                             "postern-milter runs for nothing."
                           : "What is not asked about comes in unjudged.",
               by_policy && !missed ? "# take milter: out of postern.yaml" : milter_lines(mta));
}

void check_milter_timeout_short(const MtaConfig& mta, FindingList& findings) {
  for (const MilterUse& use : smtp_milter_uses(mta)) {
    note_short(mta, use, use.call->command_time, "command_timeout", mta.postern.longest_greeting(),
               findings);
    note_short(mta, use, use.call->content_time, "content_timeout", mta.postern.deadline, findings);
  }
}

void check_milter_default_action_missing(const MtaConfig& mta, FindingList& findings) {
  for (const MilterUse& use : smtp_milter_uses(mta)) {
    if (use.call->default_action.is_set) continue;
    findings.add(
        FindingSeverity::warning, use.list->where.to_string(),
        use.call->service.address + " has no default_action, and milter_default_action is not set",
        "Postfix has changed its own mind: tempfail up to 3.10, from 3.11 on shutdown, "
        "which hangs up on everybody while Postern is away.",
        smtpd_milters_with(mta, use));
  }
}

void check_milter_default_action_harmful(const MtaConfig& mta, FindingList& findings) {
  for (const MilterUse& use : smtp_milter_uses(mta)) {
    if (!equal_ignoring_case(use.call->default_action.value, "reject")) continue;
    findings.add(FindingSeverity::error, use.call->default_action.where.to_string(),
                 "the default action is reject",
                 "While Postern is away or late, good mail goes back to its senders.",
                 smtpd_milters_with(mta, use));
  }
}

void check_milter_protocol_old(const MtaConfig& mta, FindingList& findings) {
  for (const MilterUse& use : smtp_milter_uses(mta)) {
    const std::string& version = use.call->protocol.value;
    if (version.size() != 1 || version < "2" || version > "5") continue;
    const ConfigPlace& where = use.call->protocol.where;
    findings.add(
        FindingSeverity::warning, where.to_string(), "milter_protocol is " + version,
        "Before version 6 a filter cannot say what it wants to be told, so rules lack what "
        "they look at.",
        where.setting.ends_with("smtpd_milters")
            ? smtpd_milters_with(mta, use)
            : setting_line(where, "milter_protocol", "6") + "\n# the default");
  }
}

void check_milter_for_own_mail(const MtaConfig& mta, FindingList& findings) {
  for (const MilterUse& use : milter_uses(mta)) {
    if (use.service != nullptr) continue;
    findings.add(FindingSeverity::warning, use.list->where.to_string(),
                 "non_smtpd_milters asks " + use.call->service.address,
                 "There is no client to be judged; mail that is refused there goes back to its "
                 "sender, and mail that is deferred stays in the queue.",
                 "non_smtpd_milters =");
  }
}

void check_milter_on_submission(const MtaConfig& mta, FindingList& findings) {
  for (const MilterUse& use : smtp_milter_uses(mta)) {
    if (!use.service->is_submission()) continue;
    findings.add(
        FindingSeverity::note, "master.cf: " + use.service->name,
        "your own people hand in mail here, and smtpd_milters asks " + use.call->service.address,
        "permit_sasl_authenticated exempts nobody from filters: they are judged like "
        "strangers, unless rules at the top let them pass.",
        "# at this service in master.cf\n  -o smtpd_milters=");
  }
}

void check_milter_asked_twice(const MtaConfig& mta, FindingList& findings) {
  std::set<const MilterList*> seen;
  for (const MilterUse& use : milter_uses(mta)) {
    if (seen.insert(use.list).second) continue;
    findings.add(FindingSeverity::warning, use.list->where.to_string(),
                 use.call->service.address + " stands there twice",
                 "Each mail is judged twice, and logged and counted twice.",
                 use.service == nullptr ? "non_smtpd_milters ="
                                        : milters_line(mta, *use.service, MilterPlace::same));
  }
  const auto filters = filter_uses(mta);
  std::set<std::string> names;
  for (const SendmailFilter* filter : filters) names.insert(filter->name);
  if (!mta.sendmail) return;
  const auto& asked = mta.sendmail->input_filters;
  const auto ours = std::count_if(asked.begin(), asked.end(), [&](const std::string& name) {
    return names.find(name) != names.end();
  });
  if (ours < 2) return;
  findings.add(FindingSeverity::warning, mta.sendmail->input_filters_place.to_string(),
               "InputMailFilters leads to Postern " + std::to_string(ours) + " times",
               "Each mail is judged twice, and logged and counted twice.", sendmail_line(mta));
}

void check_milter_not_first(const MtaConfig& mta, FindingList& findings) {
  for (const MilterUse& use : milter_uses(mta)) {
    if (use.service == nullptr || use.index == 0) continue;
    findings.add(
        FindingSeverity::note, use.list->where.to_string(),
        use.list->calls.front().service.address + " is asked before " + use.call->service.address,
        "Others work on mail that Postern then refuses.",
        milters_line(mta, *use.service, MilterPlace::first));
  }
  if (!mta.sendmail || mta.sendmail->input_filters.empty()) return;
  const std::string& first = mta.sendmail->input_filters.front();
  for (const SendmailFilter* filter : filter_uses(mta)) {
    const auto& names = mta.sendmail->input_filters;
    const auto at = std::find(names.begin(), names.end(), filter->name);
    if (at == names.begin() || at == names.end()) continue;
    findings.add(
        FindingSeverity::note, mta.sendmail->input_filters_place.to_string(),
        first + " is asked before " + filter->name,
        "Others work on mail that Postern then refuses, and it does not get to see what they "
        "discard.",
        "# above the other INPUT_MAIL_FILTER lines\n" + sendmail_line(mta));
    break;
  }
}

}  // namespace

FindingKinds milter_findings() {
  static constexpr std::array kFindings{
      FindingKind{"milter-not-asked", check_milter_not_asked},
      FindingKind{"milter-timeout-short", check_milter_timeout_short},
      FindingKind{"milter-default-action-missing", check_milter_default_action_missing},
      FindingKind{"milter-default-action-harmful", check_milter_default_action_harmful},
      FindingKind{"milter-protocol-old", check_milter_protocol_old},
      FindingKind{"milter-for-own-mail", check_milter_for_own_mail},
      FindingKind{"milter-on-submission", check_milter_on_submission},
      FindingKind{"milter-asked-twice", check_milter_asked_twice},
      FindingKind{"milter-not-first", check_milter_not_first},
  };
  return kFindings;
}

}  // namespace postern::doctor
