// What is done twice, or in an order that costs something.
#include <algorithm>
#include <map>
#include <set>

#include "ctl/doctor/finding.h"
#include "ctl/doctor/fix.h"

namespace postern::doctor {
namespace {

constexpr std::string_view kUnknownSender = "reject_unknown_sender_domain";

void note_lists_with_sender_check(const PostfixConfig& postfix, FindingList& findings) {
  for (const SmtpdService& service : postfix.services) {
    for (const RestrictionList& list : service.lists) {
      const bool has =
          std::any_of(list.items.begin(), list.items.end(),
                      [](const Restriction& item) { return item.name == kUnknownSender; });
      if (!has) continue;
      findings.add(
          FindingSeverity::note, list.where.to_string(),
          "reject_unknown_sender_domain, and a rule decides by sender_mx",
          "Two programs refuse for the same reason with different answers, and an exemption "
          "in Postern's rules does not exempt from Postfix's.",
          "# take reject_unknown_sender_domain out of " + list.name);
    }
  }
}

}  // namespace

void check_both_doors(const MtaConfig& mta, FindingList& findings) {
  std::map<const SmtpdService*, MilterUse> asking;
  for (const MilterUse& use : milter_uses(mta)) asking.emplace(use.service, use);
  for (const PolicyUse& use : policy_uses(mta)) {
    const auto milter = asking.find(use.service);
    if (milter == asking.end()) continue;
    findings.add(
        FindingSeverity::warning, use.list->where.to_string(),
        "Postfix asks both postern-policyd (" + use.call->service.address + ") and the milter (" +
            milter->second.call->service.address + ") about the same mail",
        "Every rule decides twice and every decision is logged and counted twice; one door "
        "is enough, and the milter knows more.",
        "# take check_policy_service " + use.call->service.address + " out of " + use.list->name);
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

void check_sender_domain_twice(const MtaConfig& mta, FindingList& findings) {
  if (!mta.postern.decides_by_sender_mx) return;
  if (mta.postfix && (!policy_uses(mta).empty() || !milter_uses(mta).empty())) {
    note_lists_with_sender_check(*mta.postfix, findings);
  }
  if (mta.sendmail && mta.sendmail->checks_sender_domain && !filter_uses(mta).empty()) {
    findings.add(
        FindingSeverity::note, mta.sendmail->file + ": check_mail",
        "sendmail refuses senders whose domain does not exist, and a rule decides by "
        "sender_mx",
        "Two programs refuse for the same reason with different answers, and an exemption in "
        "Postern's rules does not exempt from sendmail's.",
        "FEATURE(`accept_unresolvable_domains')dnl");
  }
}

}  // namespace postern::doctor
