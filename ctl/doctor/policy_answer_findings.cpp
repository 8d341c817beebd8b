// How long Postfix waits for the policy daemon, what it does without an answer, and whether it asks
// in time for a delay.
#include <algorithm>

#include "common/ascii_case.h"
#include "ctl/doctor/finding.h"
#include "ctl/doctor/postfix_words.h"
#include "ctl/doctor/suggestion.h"

namespace postern {
namespace {

constexpr std::string_view kClientList = "smtpd_client_restrictions";

bool is_asked_at_connect(const PolicyUse& use) {
  return !use.service->delay_reject && use.list->name == kClientList;
}

std::chrono::milliseconds longest_answer(const Wiring& wiring, const PolicyUse& use) {
  return is_asked_at_connect(use) ? wiring.postern.longest_greeting() : wiring.postern.deadline;
}

std::string line_for(const Wiring& wiring, const PolicyUse& use) {
  return policy_line(use.call->address, longest_answer(wiring, use));
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

}  // namespace

void look_policy_timeout_short(const Wiring& wiring, FindingList& findings) {
  for (const PolicyUse& use : policy_uses(wiring)) {
    const auto time =
        use.call->timeout ? use.call->timeout : mta_time(use.service->policy_timeout.value);
    const auto longest = longest_answer(wiring, use);
    if (!time || *time > longest) continue;
    const bool own = use.call->timeout || !use.service->policy_timeout.is_set;
    findings.add(FindingWeight::error,
                 (own ? use.list->where : use.service->policy_timeout.where).to_string(),
                 "Postfix waits " + seconds_text(*time) + " for an answer, which may take " +
                     seconds_text(longest),
                 "An answer that comes later is not waited for, and the default action decides.",
                 line_for(wiring, use));
  }
}

void look_policy_timeout_default(const Wiring& wiring, FindingList& findings) {
  for (const PolicyUse& use : policy_uses(wiring)) {
    if (use.call->timeout || use.service->policy_timeout.is_set) continue;
    findings.add(FindingWeight::warning, use.list->where.to_string(),
                 use.call->address + " has no timeout, so it is Postfix's own, " +
                     use.service->policy_timeout.value,
                 "If Postern hangs, each client keeps an SMTP server of yours for more than three "
                 "minutes: two tries.",
                 line_for(wiring, use));
  }
}

void look_policy_default_action_missing(const Wiring& wiring, FindingList& findings) {
  for (const PolicyUse& use : policy_uses(wiring)) {
    if (use.call->default_action || use.service->policy_default_action.is_set) continue;
    findings.add(FindingWeight::warning, use.list->where.to_string(),
                 use.call->address + " has no default_action",
                 "Without Postern, for an update say, Postfix answers 451 to everything: no mail "
                 "comes in.",
                 line_for(wiring, use));
  }
}

void look_policy_default_action_harmful(const Wiring& wiring, FindingList& findings) {
  for (const PolicyUse& use : policy_uses(wiring)) {
    const std::string action = default_action_of(use);
    const std::string harm = harm_of(action);
    if (harm.empty()) continue;
    const ConfigPlace& where =
        use.call->default_action ? use.list->where : use.service->policy_default_action.where;
    findings.add(FindingWeight::error, where.to_string(), "the default action is " + action, harm,
                 line_for(wiring, use));
  }
}

void look_policy_one_try(const Wiring& wiring, FindingList& findings) {
  for (const PolicyUse& use : policy_uses(wiring)) {
    const std::string limit = use.call->try_limit.value_or(use.service->policy_try_limit.value);
    if (limit != "1") continue;
    const ConfigPlace& where =
        use.call->try_limit ? use.list->where : use.service->policy_try_limit.where;
    findings.add(
        FindingWeight::note, where.to_string(), "Postfix tries once",
        "A connection that Postern has closed in the same moment, as when it is restarted, "
        "then ends in the default action.",
        "smtpd_policy_service_try_limit = 2 (the default)");
  }
}

void look_delay_after_greeting(const Wiring& wiring, FindingList& findings) {
  if (wiring.postern.longest_delay.count() == 0) return;
  const auto uses = policy_uses(wiring);
  // A milter is told of the client before the greeting in any case.
  if (uses.empty() || !milter_uses(wiring).empty()) return;
  if (std::any_of(uses.begin(), uses.end(), is_asked_at_connect)) return;
  const auto client = std::find_if(
      uses.begin(), uses.end(), [](const PolicyUse& use) { return use.list->name == kClientList; });
  const bool late = client != uses.end();
  const PolicyUse& use = late ? *client : uses.front();
  const auto& where =
      late ? use.service->delay_reject_place : use.service->list(kClientList)->where;
  findings.add(FindingWeight::error, where.to_string(),
               late ? "rules delay the greeting, and smtpd_delay_reject is yes"
                    : "rules delay the greeting, and no smtpd_client_restrictions asks Postern",
               "Postfix greets first and asks when a recipient is named, where a delay tells "
               "nobody anything.",
               "smtpd_delay_reject = no\nsmtpd_client_restrictions = permit_mynetworks, " +
                   policy_line(use.call->address, wiring.postern.longest_greeting()));
}

}  // namespace postern
