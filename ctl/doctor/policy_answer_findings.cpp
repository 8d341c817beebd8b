// How long Postfix waits for the policy daemon, what it does without an answer, and whether it asks
// in time for a delay.
#include <algorithm>
#include <array>
#include <optional>

#include "common/base/ascii_case.h"
#include "ctl/doctor/asking_lists.h"
#include "ctl/doctor/finding.h"
#include "ctl/doctor/fix.h"
#include "ctl/doctor/policy_place.h"
#include "ctl/doctor/postfix_words.h"

namespace postern::doctor {
namespace {

constexpr std::string_view kClientList = "smtpd_client_restrictions";

bool is_asked_at_connect(const PolicyUse& use) {
  return !use.service->delay_reject && use.list->name == kClientList;
}

std::chrono::milliseconds longest_answer(const MtaConfig& mta, const PolicyUse& use) {
  return is_asked_at_connect(use) ? mta.postern.longest_greeting() : mta.postern.deadline;
}

// That of the call, else of all policy services.
std::string default_action_of(const PolicyUse& use) {
  return use.call->default_action.value_or(use.service->policy_default_action.value);
}

// Empty: nothing against it.
std::string harm_of(const std::string& action) {
  const std::string word = ascii_lower(action.substr(0, action.find(' ')));
  const bool number = !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
  if (word == "ok" || word == "permit" || word == "relay" || (number && word.front() < '4')) {
    return "While Postern is away everything behind it in the list is skipped; before "
           "reject_unauth_destination that is an open relay.";
  }
  if (word == "reject" || (number && word.front() == '5')) {
    return "While Postern is away, for an update say, good mail goes back to its senders.";
  }
  if (word == "discard") return "While Postern is away mail vanishes, and nobody is told.";
  return {};
}

std::optional<std::chrono::milliseconds> timeout_of(const PolicyUse& use) {
  return use.call->timeout ? use.call->timeout : mta_time(use.service->policy_timeout.value);
}

// As Postfix has to ask there: what is right stays.
PostfixService service_for(const MtaConfig& mta, const PolicyUse& use) {
  PostfixService service = use.call->service;
  const auto longest = longest_answer(mta, use);
  const auto time = timeout_of(use);
  const bool said = use.call->timeout || use.service->policy_timeout.is_set;
  if (!said || !time || *time <= longest) service.set("timeout", waiting_time(longest));
  const bool action_said = use.call->default_action || use.service->policy_default_action.is_set;
  if (!action_said || !harm_of(default_action_of(use)).empty()) {
    service.set("default_action", "DUNNO");
  }
  return service;
}

// Whether that list lets in those who have logged in where it might refuse them: when Postfix goes
// through it before anybody can log in, it does.
bool wants_login(const RestrictionList* list) {
  if (list == nullptr) return false;
  const auto permit = std::find_if(
      list->items.begin(), list->items.end(),
      [](const Restriction& item) { return item.name == "permit_sasl_authenticated"; });
  return std::any_of(permit, list->items.end(), [](const Restriction& item) {
    return !item.name.starts_with("permit") && !item.policy;
  });
}

// At the server that strangers come to: at others, smtpd_delay_reject = no may lock somebody out.
ConfigPlace place_before_greeting(const MtaConfig& mta, const PolicyUse& use,
                                  const std::string& name) {
  const bool is_alone = mta.postfix->services.size() == 1;
  const RestrictionList* client = use.service->list(kClientList);
  if (is_alone && client->where.setting == client->name) return {"main.cf", 0, name};
  return {"master.cf", 0, use.service->name + "/" + name};
}

std::string lines_before_greeting(const MtaConfig& mta, const PolicyUse& use) {
  const RestrictionList* client = use.service->list(kClientList);
  if (wants_login(client) || wants_login(use.service->list("smtpd_helo_restrictions"))) {
    return "# smtpd_delay_reject = no would refuse those who log in: nobody has, when "
           "smtpd_client_restrictions\n# and smtpd_helo_restrictions are gone through. Move "
           "permit_sasl_authenticated and what is behind it\n# to smtpd_recipient_restrictions "
           "first, or delay by postscreen(8)";
  }
  PostfixService service = use.call->service;
  service.set("timeout", waiting_time(mta.postern.longest_greeting()));
  RestrictionList asking = *client;
  asking.where = place_before_greeting(mta, use, client->name);
  const auto is_use = [&](const PolicyCall& call) {
    return call.service.address == use.call->service.address;
  };
  return setting_line(place_before_greeting(mta, use, "smtpd_delay_reject"), "smtpd_delay_reject",
                      "no") +
         "\n" +
         list_line(asking, with_policy(*client, is_use,
                                       {"check_policy_service " + service.to_string(),
                                        {"permit_mynetworks"}}));
}

std::string line_for(const MtaConfig& mta, const PolicyUse& use) {
  return list_with_service(use, service_for(mta, use));
}

void check_policy_timeout_short(const MtaConfig& mta, FindingList& findings) {
  for (const PolicyUse& use : policy_uses(mta)) {
    const auto time = timeout_of(use);
    const auto longest = longest_answer(mta, use);
    if (!time || *time > longest) continue;
    const bool own = use.call->timeout || !use.service->policy_timeout.is_set;
    findings.add(FindingSeverity::error,
                 (own ? use.list->where : use.service->policy_timeout.where).to_string(),
                 "Postfix waits " + seconds_text(*time) + " for an answer, which may take " +
                     seconds_text(longest),
                 "An answer that comes later is not waited for, and the default action decides.",
                 line_for(mta, use));
  }
}

void check_policy_timeout_default(const MtaConfig& mta, FindingList& findings) {
  for (const PolicyUse& use : policy_uses(mta)) {
    if (use.call->timeout || use.service->policy_timeout.is_set) continue;
    findings.add(FindingSeverity::warning, use.list->where.to_string(),
                 use.call->service.address + " has no timeout, so it is Postfix's own, " +
                     use.service->policy_timeout.value,
                 "If Postern hangs, each client keeps an SMTP server of yours for more than three "
                 "minutes: two tries.",
                 line_for(mta, use));
  }
}

void check_policy_default_action_missing(const MtaConfig& mta, FindingList& findings) {
  for (const PolicyUse& use : policy_uses(mta)) {
    if (use.call->default_action || use.service->policy_default_action.is_set) continue;
    findings.add(FindingSeverity::warning, use.list->where.to_string(),
                 use.call->service.address + " has no default_action",
                 "Without Postern, for an update say, Postfix answers 451 to everything: no mail "
                 "comes in.",
                 line_for(mta, use));
  }
}

void check_policy_default_action_harmful(const MtaConfig& mta, FindingList& findings) {
  for (const PolicyUse& use : policy_uses(mta)) {
    const std::string action = default_action_of(use);
    const std::string harm = harm_of(action);
    if (harm.empty()) continue;
    const ConfigPlace& where =
        use.call->default_action ? use.list->where : use.service->policy_default_action.where;
    findings.add(FindingSeverity::error, where.to_string(), "the default action is " + action, harm,
                 line_for(mta, use));
  }
}

void check_policy_one_try(const MtaConfig& mta, FindingList& findings) {
  for (const PolicyUse& use : policy_uses(mta)) {
    const std::string limit = use.call->try_limit.value_or(use.service->policy_try_limit.value);
    if (limit != "1") continue;
    const ConfigPlace& where =
        use.call->try_limit ? use.list->where : use.service->policy_try_limit.where;
    PostfixService twice = use.call->service;
    twice.set("try_limit", "2");
    findings.add(
        FindingSeverity::note, where.to_string(), "Postfix tries once",
        "A connection that Postern has closed in the same moment, as when it is restarted, "
        "then ends in the default action.",
        use.call->try_limit
            ? list_with_service(use, twice)
            : setting_line(where, "smtpd_policy_service_try_limit", "2") + "\n# the default");
  }
}

void check_delay_after_greeting(const MtaConfig& mta, FindingList& findings) {
  if (mta.postern.longest_delay.count() == 0) return;
  const auto uses = policy_uses(mta);
  // A milter is told of the client before the greeting in any case.
  if (uses.empty() || !milter_uses(mta).empty()) return;
  if (std::any_of(uses.begin(), uses.end(), is_asked_at_connect)) return;
  const auto client = std::find_if(
      uses.begin(), uses.end(), [](const PolicyUse& use) { return use.list->name == kClientList; });
  const bool late = client != uses.end();
  const PolicyUse& use = late ? *client : uses.front();
  const auto& where =
      late ? use.service->delay_reject_place : use.service->list(kClientList)->where;
  findings.add(FindingSeverity::error, where.to_string(),
               late ? "rules delay the greeting, and smtpd_delay_reject is yes"
                    : "rules delay the greeting, and no smtpd_client_restrictions asks Postern",
               "Postfix greets first and asks when a recipient is named, where a delay tells "
               "nobody anything.",
               lines_before_greeting(mta, use));
}

}  // namespace

FindingKinds policy_answer_findings() {
  static constexpr std::array kFindings{
      FindingKind{"policy-timeout-short", check_policy_timeout_short},
      FindingKind{"policy-timeout-default", check_policy_timeout_default},
      FindingKind{"policy-default-action-missing", check_policy_default_action_missing},
      FindingKind{"policy-default-action-harmful", check_policy_default_action_harmful},
      FindingKind{"policy-one-try", check_policy_one_try},
      FindingKind{"delay-after-greeting", check_delay_after_greeting},
  };
  return kFindings;
}

}  // namespace postern::doctor
