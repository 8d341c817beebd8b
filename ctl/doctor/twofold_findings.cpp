// What is done twice, or in an order that costs something.
#include <algorithm>
#include <map>
#include <set>

#include "ctl/doctor/finding.h"
#include "ctl/doctor/suggestion.h"

namespace postern::doctor {
namespace {

constexpr std::string_view kUnknownSender = "reject_unknown_sender_domain";

void note_lists_with_sender_check(const PostfixWiring& postfix, FindingList& findings) {
  for (const SmtpdService& service : postfix.services) {
    for (const RestrictionList& list : service.lists) {
      const bool has =
          std::any_of(list.items.begin(), list.items.end(),
                      [](const Restriction& item) { return item.name == kUnknownSender; });
      if (!has) continue;
      findings.add(
          FindingWeight::note, list.where.to_string(),
          "reject_unknown_sender_domain, and a rule decides by sender_mx",
          "Two programs refuse for the same reason with different answers, and an exemption "
          "in Postern's rules does not exempt from Postfix's.",
          "# take reject_unknown_sender_domain out of " + list.name);
    }
  }
}

}  // namespace

void look_both_doors(const Wiring& wiring, FindingList& findings) {
  std::map<const SmtpdService*, MilterUse> asking;
  for (const MilterUse& use : milter_uses(wiring)) asking.emplace(use.service, use);
  for (const PolicyUse& use : policy_uses(wiring)) {
    const auto milter = asking.find(use.service);
    if (milter == asking.end()) continue;
    findings.add(
        FindingWeight::warning, use.list->where.to_string(),
        "Postfix asks both postern-policyd (" + use.call->service.address + ") and the milter (" +
            milter->second.call->service.address + ") about the same mail",
        "Every rule decides twice and every decision is logged and counted twice; one door "
        "is enough, and the milter knows more.",
        "# take check_policy_service " + use.call->service.address + " out of " + use.list->name);
  }
}

void look_milter_asked_twice(const Wiring& wiring, FindingList& findings) {
  std::set<const MilterList*> seen;
  for (const MilterUse& use : milter_uses(wiring)) {
    if (seen.insert(use.list).second) continue;
    findings.add(FindingWeight::warning, use.list->where.to_string(),
                 use.call->service.address + " stands there twice",
                 "Each mail is judged twice, and logged and counted twice.",
                 use.service == nullptr ? "non_smtpd_milters ="
                                        : milters_line(wiring, *use.service, MilterPlace::same));
  }
  const auto filters = filter_uses(wiring);
  std::set<std::string> names;
  for (const SendmailFilter* filter : filters) names.insert(filter->name);
  if (!wiring.sendmail) return;
  const auto& asked = wiring.sendmail->input_filters;
  const auto ours = std::count_if(asked.begin(), asked.end(), [&](const std::string& name) {
    return names.find(name) != names.end();
  });
  if (ours < 2) return;
  findings.add(FindingWeight::warning, wiring.sendmail->input_filters_place.to_string(),
               "InputMailFilters leads to Postern " + std::to_string(ours) + " times",
               "Each mail is judged twice, and logged and counted twice.", sendmail_line(wiring));
}

void look_milter_not_first(const Wiring& wiring, FindingList& findings) {
  for (const MilterUse& use : milter_uses(wiring)) {
    if (use.service == nullptr || use.index == 0) continue;
    findings.add(
        FindingWeight::note, use.list->where.to_string(),
        use.list->calls.front().service.address + " is asked before " + use.call->service.address,
        "Others work on mail that Postern then refuses.",
        milters_line(wiring, *use.service, MilterPlace::first));
  }
  if (!wiring.sendmail || wiring.sendmail->input_filters.empty()) return;
  const std::string& first = wiring.sendmail->input_filters.front();
  for (const SendmailFilter* filter : filter_uses(wiring)) {
    const auto& names = wiring.sendmail->input_filters;
    const auto at = std::find(names.begin(), names.end(), filter->name);
    if (at == names.begin() || at == names.end()) continue;
    findings.add(
        FindingWeight::note, wiring.sendmail->input_filters_place.to_string(),
        first + " is asked before " + filter->name,
        "Others work on mail that Postern then refuses, and it does not get to see what they "
        "discard.",
        "# above the other INPUT_MAIL_FILTER lines\n" + sendmail_line(wiring));
    break;
  }
}

void look_sender_domain_twice(const Wiring& wiring, FindingList& findings) {
  if (!wiring.postern.decides_by_sender_mx) return;
  if (wiring.postfix && (!policy_uses(wiring).empty() || !milter_uses(wiring).empty())) {
    note_lists_with_sender_check(*wiring.postfix, findings);
  }
  if (wiring.sendmail && wiring.sendmail->checks_sender_domain && !filter_uses(wiring).empty()) {
    findings.add(
        FindingWeight::note, wiring.sendmail->file + ": check_mail",
        "sendmail refuses senders whose domain does not exist, and a rule decides by "
        "sender_mx",
        "Two programs refuse for the same reason with different answers, and an exemption in "
        "Postern's rules does not exempt from sendmail's.",
        "FEATURE(`accept_unresolvable_domains')dnl");
  }
}

}  // namespace postern::doctor
