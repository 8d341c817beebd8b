// Where Postfix asks the policy daemon: not at all, too late, too early, twice.
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "ctl/doctor/asking_lists.h"
#include "ctl/doctor/finding.h"
#include "ctl/doctor/fix.h"
#include "ctl/doctor/postfix_words.h"

namespace postern::doctor {
namespace {

bool stands_before(const PolicyUse& use, bool (*is_such)(const Restriction&)) {
  const auto first = use.list->items.begin();
  return std::any_of(first, first + static_cast<std::ptrdiff_t>(use.index), is_such);
}

const SmtpdService* service_for_mail(const PostfixConfig& postfix) {
  for (const SmtpdService& service : postfix.services) {
    if (service.is_public()) return &service;
  }
  return postfix.services.empty() ? nullptr : &postfix.services.front();
}

std::string place_of_recipient_list(const SmtpdService& service) {
  const RestrictionList* list = service.list("smtpd_recipient_restrictions");
  return list == nullptr ? "main.cf: smtpd_recipient_restrictions" : list->where.to_string();
}

constexpr const char* kNoRelayCheck =
    "# and reject_unauth_destination behind what permits your own people: no list here refuses "
    "relaying";

// For a server that does not ask, or not rightly.
std::string lines_to_write(const MtaConfig& mta, const SmtpdService& service) {
  std::string lines = lists_asking_once(mta, service);
  if (!is_relaying_refused(service)) {
    lines += (lines.empty() ? "" : "\n") + std::string(kNoRelayCheck);
  }
  return lines;
}

constexpr const char* kOwnPeopleInRules =
    "# at the top of the rules:\n"
    "#   - { name: our-own-people, when: { authenticated: yes }, then: pass }\n"
    "#   - { name: our-networks, when: { client: trusted }, then: pass }";

void check_policy_not_asked(const MtaConfig& mta, FindingList& findings) {
  if (!mta.postfix || mta.postern.policy.empty()) return;
  const auto uses = policy_uses(mta);
  const bool always = std::any_of(uses.begin(), uses.end(), [](const PolicyUse& use) {
    return use.way == PolicyUse::Way::always;
  });
  const SmtpdService* service = service_for_mail(*mta.postfix);
  if (always || service == nullptr) return;
  const bool by_milter = !milter_uses(mta).empty();
  const auto severity = by_milter      ? FindingSeverity::note
                        : uses.empty() ? FindingSeverity::error
                                       : FindingSeverity::warning;
  findings.add(severity, place_of_recipient_list(*service),
               (uses.empty() ? "no SMTP server of Postfix asks "
                             : "only a table that names a restriction class leads to ") +
                   addresses_text(mta.postern.policy),
               by_milter
                   ? "Postfix asks the milter, which is enough; postern-policyd runs for nothing."
                   : "What Postfix does not ask about comes in unjudged.",
               by_milter ? "# take policyd: out of postern.yaml" : lines_to_write(mta, *service));
}

void check_policy_after_permit(const MtaConfig& mta, FindingList& findings) {
  for (const PolicyUse& use : policy_uses(mta)) {
    for (std::size_t i = 0; i < use.index; ++i) {
      const Restriction& item = use.list->items[i];
      const bool all = ends_list_for_all(item);
      if (!all && !ends_list_for_own_domains(item)) continue;
      const std::string who = all ? "everybody" : "all mail to your own domains";
      findings.add(FindingSeverity::error, use.list->where.to_string(),
                   use.call->service.address + " stands behind " + item.name + " " + item.argument +
                       (item.argument.empty() ? "" : " ") + "which ends the list for " + who,
                   "Postfix never comes to what stands behind it, so Postern is not asked.",
                   list_asking_rightly(mta, use));
      break;
    }
  }
}

void check_policy_before_relay_check(const MtaConfig& mta, FindingList& findings) {
  for (const PolicyUse& use : policy_uses(mta)) {
    if (use.way == PolicyUse::Way::by_table) continue;
    if (!is_asked_at_recipient(*use.service, use.list->name)) continue;
    if (is_relaying_refused_before(use)) continue;
    // Where a list refuses relaying in another way, there is no better place.
    const std::string lines = lines_to_write(mta, *use.service);
    if (lines.empty()) continue;
    findings.add(
        FindingSeverity::warning, use.list->where.to_string(),
        use.call->service.address + " is asked before reject_unauth_destination",
        "No open relay, since Postern never says OK; but it is asked, and answers in its own "
        "words, "
        "about everybody's attempts to relay, and a permit in its place would be an open relay.",
        lines);
  }
}

void check_policy_own_clients(const MtaConfig& mta, FindingList& findings) {
  for (const PolicyUse& use : policy_uses(mta)) {
    if (is_end_of_message_list(use.list->name) || use.way == PolicyUse::Way::by_table) continue;
    if (stands_before(use, permits_own_people)) continue;
    const std::string lines = list_asking_rightly(mta, use);
    findings.add(
        FindingSeverity::note, use.list->where.to_string(),
        "neither permit_mynetworks nor permit_sasl_authenticated stands before " +
            use.call->service.address,
        "Your own people are judged like strangers, unless rules at the top let them pass.",
        lines.empty() ? kOwnPeopleInRules : lines);
  }
}

void check_policy_asked_late(const MtaConfig& mta, FindingList& findings) {
  std::map<const SmtpdService*, const PolicyUse*> late;
  const auto uses = policy_uses(mta);
  for (const PolicyUse& use : uses) {
    if (is_end_of_message_list(use.list->name)) late.emplace(use.service, &use);
  }
  for (const PolicyUse& use : uses) {
    if (is_asked_at_recipient(*use.service, use.list->name)) late.erase(use.service);
  }
  for (const auto& [service, use] : late) {
    findings.add(
        FindingSeverity::warning, use->list->where.to_string(),
        use->call->service.address + " is asked only when all recipients are known",
        "Postfix then names no recipient of a message that has several, so that rules about "
        "recipients stay unjudged and let it pass.",
        lines_to_write(mta, *service) + "\n" + list_without_asking(*use));
  }
}

void check_policy_asked_early(const MtaConfig& mta, FindingList& findings) {
  std::map<const SmtpdService*, const PolicyUse*> early;
  const auto uses = policy_uses(mta);
  for (const PolicyUse& use : uses) early.emplace(use.service, &use);
  for (const PolicyUse& use : uses) {
    if (is_asked_at_recipient(*use.service, use.list->name) ||
        is_end_of_message_list(use.list->name)) {
      early.erase(use.service);
    }
  }
  for (const auto& [service, use] : early) {
    if (use->way == PolicyUse::Way::by_table) continue;
    findings.add(FindingSeverity::warning, use->list->where.to_string(),
                 use->call->service.address + " is asked only before a recipient is named",
                 "Rules about recipients, and what stands below them in the file, stay unjudged.",
                 lines_to_write(mta, *service));
  }
}

void check_policy_asked_twice(const MtaConfig& mta, FindingList& findings) {
  // By service, and by list where the lists are gone through at different times.
  std::map<std::pair<const SmtpdService*, std::string>, const PolicyUse*> first;
  const auto uses = policy_uses(mta);
  for (const PolicyUse& use : uses) {
    if (use.way == PolicyUse::Way::by_table) continue;
    const bool at_recipient = is_asked_at_recipient(*use.service, use.list->name);
    const auto [known, is_new] =
        first.emplace(std::pair(use.service, at_recipient ? "" : use.list->name), &use);
    if (is_new) continue;
    findings.add(
        FindingSeverity::warning, use.list->where.to_string(),
        use.call->service.address + " is asked again; already in " + known->second->list->name,
        "Both are asked about each recipient: twice the work, twice in the log and in the "
        "counts.",
        list_asking_rightly(mta, use));
  }
}

void check_mynetworks_everybody(const MtaConfig& mta, FindingList& findings) {
  if (!mta.postfix) return;
  const PostfixSetting& setting = mta.postfix->mynetworks;
  std::string everybody;
  std::string others;
  for (const std::string_view word : postfix_words(setting.value)) {
    const bool is_all = word == "0.0.0.0/0" || word == "[::]/0" || word == "::/0";
    std::string& text = is_all ? everybody : others;
    text.append(text.empty() ? "" : is_all ? " and " : " ").append(word);
  }
  if (everybody.empty()) return;
  findings.add(
      FindingSeverity::error, setting.where.to_string(),
      "mynetworks has " + everybody + ", which is everybody",
      "permit_mynetworks lets everybody through before Postern is asked, and to anywhere: "
      "an open relay.",
      setting_line(setting.where, "mynetworks", others.empty() ? "127.0.0.0/8 [::1]/128" : others) +
          "\n# and the networks of your own machines");
}

void check_service_left_out(const MtaConfig& mta, FindingList& findings) {
  if (!mta.postfix) return;
  std::vector<const SmtpdService*> asking;
  for (const PolicyUse& use : policy_uses(mta)) asking.push_back(use.service);
  for (const MilterUse& use : milter_uses(mta)) asking.push_back(use.service);
  if (asking.empty()) return;
  for (const SmtpdService& service : mta.postfix->services) {
    if (!service.is_public()) continue;
    if (std::find(asking.begin(), asking.end(), &service) != asking.end()) continue;
    findings.add(FindingSeverity::warning, "master.cf: " + service.name,
                 "this SMTP server takes mail of strangers and does not ask Postern; others do",
                 "What comes in there is not judged.",
                 mta.postern.policy.empty() ? "# no -o smtpd_milters= at this service"
                                            : lines_to_write(mta, service) +
                                                  "\n# or no -o at this service that overrides it");
  }
}

}  // namespace

FindingKinds policy_place_findings() {
  static constexpr std::array kFindings{
      FindingKind{"policy-not-asked", check_policy_not_asked},
      FindingKind{"policy-after-permit", check_policy_after_permit},
      FindingKind{"policy-before-relay-check", check_policy_before_relay_check},
      FindingKind{"policy-own-clients", check_policy_own_clients},
      FindingKind{"policy-asked-late", check_policy_asked_late},
      FindingKind{"policy-asked-early", check_policy_asked_early},
      FindingKind{"policy-asked-twice", check_policy_asked_twice},
      FindingKind{"mynetworks-everybody", check_mynetworks_everybody},
      FindingKind{"service-left-out", check_service_left_out},
  };
  return kFindings;
}

}  // namespace postern::doctor
