// What is done twice, or in an order that costs something.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "ctl/doctor/finding.h"
#include "ctl/doctor/fix.h"

namespace postern::doctor {
namespace {

constexpr std::string_view kUnknownSender = "reject_unknown_sender_domain";
constexpr std::string_view kSpf = "spf";  // in the address of a policy server that checks it

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

bool asks_a_block_list(const Restriction& item) {
  return item.name == "reject_rbl_client" || item.name.starts_with("reject_rhsbl_");
}

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

void check_spf_twice(const MtaConfig& mta, FindingList& findings) {
  if (!mta.postern.decides_by_spf || !mta.postfix) return;
  if (policy_uses(mta).empty() && milter_uses(mta).empty()) return;
  for (const SmtpdService& service : mta.postfix->services) {
    for (const RestrictionList& list : service.lists) {
      for (const Restriction& item : list.items) {
        if (!item.policy || item.policy->service.address.find(kSpf) == std::string::npos) continue;
        const std::string& address = item.policy->service.address;
        findings.add(FindingSeverity::note, list.where.to_string(),
                     "Postfix asks " + address +
                         ", which by its name checks SPF, and a rule decides by the check spf",
                     "Each mail is checked twice, and an exemption in Postern's rules does not "
                     "exempt from the other program's.",
                     "# take check_policy_service " + address + " out of " + list.name);
      }
    }
  }
}

void note_lists_of_postscreen(const PostfixSetting& lists, FindingList& findings) {
  if (lists.value.empty()) return;
  findings.add(FindingSeverity::note, lists.where.to_string(),
               "postscreen turns clients away by DNS lists, and a rule decides by the check dnsbl",
               "Lists are asked twice, postscreen believes one that has ended, and an exemption in "
               "Postern's rules does not exempt from postscreen's.",
               "# let one of the two ask: no postscreen_dnsbl_sites, or no such rule");
}

void check_lists_twice(const MtaConfig& mta, FindingList& findings) {
  if (!mta.postern.decides_by_dnsbl || !mta.postfix) return;
  if (policy_uses(mta).empty() && milter_uses(mta).empty()) return;
  note_lists_of_postscreen(mta.postfix->screen_lists, findings);
  for (const SmtpdService& service : mta.postfix->services) {
    for (const RestrictionList& list : service.lists) {
      const auto item = std::find_if(list.items.begin(), list.items.end(), asks_a_block_list);
      if (item == list.items.end()) continue;
      findings.add(FindingSeverity::note, list.where.to_string(),
                   item->name + ", and a rule decides by the check dnsbl",
                   "Lists are asked twice, Postfix believes one that has ended or refuses to "
                   "answer, and an exemption in Postern's rules does not exempt from Postfix's.",
                   "# take " + item->name + " out of " + list.name);
    }
  }
}

}  // namespace

FindingKinds duplicate_findings() {
  static constexpr std::array kFindings{
      FindingKind{"both-doors", check_both_doors},
      FindingKind{"sender-domain-twice", check_sender_domain_twice},
      FindingKind{"spf-twice", check_spf_twice},
      FindingKind{"lists-twice", check_lists_twice},
  };
  return kFindings;
}

}  // namespace postern::doctor
