#include "ctl/doctor/finding.h"

#include <algorithm>
#include <array>

namespace postern::doctor {
namespace {

constexpr std::array kFindings{
    FindingKind{"policy-not-asked", look_policy_not_asked},
    FindingKind{"policy-after-permit", look_policy_after_permit},
    FindingKind{"policy-before-relay-check", look_policy_before_relay_check},
    FindingKind{"policy-own-clients", look_policy_own_clients},
    FindingKind{"policy-asked-late", look_policy_asked_late},
    FindingKind{"policy-asked-early", look_policy_asked_early},
    FindingKind{"policy-asked-twice", look_policy_asked_twice},
    FindingKind{"refusal-only-logged", look_refusal_only_logged},
    FindingKind{"refusal-deferred", look_refusal_deferred},
    FindingKind{"soft-bounce", look_soft_bounce},
    FindingKind{"restriction-unknown", look_restriction_unknown},
    FindingKind{"policy-timeout-short", look_policy_timeout_short},
    FindingKind{"policy-timeout-default", look_policy_timeout_default},
    FindingKind{"policy-default-action-missing", look_policy_default_action_missing},
    FindingKind{"policy-default-action-harmful", look_policy_default_action_harmful},
    FindingKind{"policy-one-try", look_policy_one_try},
    FindingKind{"delay-after-greeting", look_delay_after_greeting},
    FindingKind{"mynetworks-everybody", look_mynetworks_everybody},
    FindingKind{"service-left-out", look_service_left_out},
    FindingKind{"milter-not-asked", look_milter_not_asked},
    FindingKind{"milter-timeout-short", look_milter_timeout_short},
    FindingKind{"milter-default-action-missing", look_milter_default_action_missing},
    FindingKind{"milter-default-action-harmful", look_milter_default_action_harmful},
    FindingKind{"milter-protocol-old", look_milter_protocol_old},
    FindingKind{"milter-for-own-mail", look_milter_for_own_mail},
    FindingKind{"milter-on-submission", look_milter_on_submission},
    FindingKind{"milter-asked-twice", look_milter_asked_twice},
    FindingKind{"milter-not-first", look_milter_not_first},
    FindingKind{"sendmail-filter-unused", look_sendmail_filter_unused},
    FindingKind{"sendmail-timeout-short", look_sendmail_timeout_short},
    FindingKind{"sendmail-refuses-without", look_sendmail_refuses_without},
    FindingKind{"sendmail-daemon-left-out", look_sendmail_daemon_left_out},
    FindingKind{"sendmail-over-tcp", look_sendmail_over_tcp},
    FindingKind{"both-doors", look_both_doors},
    FindingKind{"sender-domain-twice", look_sender_domain_twice},
    FindingKind{"wrong-door", look_wrong_door},
    FindingKind{"address-unserved", look_address_unserved},
    FindingKind{"address-by-name", look_address_by_name},
    FindingKind{"start-limit-hit", look_start_limit_hit},
    FindingKind{"unit-failed", look_unit_failed},
    FindingKind{"socket-outside-chroot", look_socket_outside_chroot},
    FindingKind{"socket-missing", look_socket_missing},
    FindingKind{"socket-barred", look_socket_barred},
    FindingKind{"socket-silent", look_socket_silent},
    FindingKind{"socket-folder-open", look_socket_folder_open},
    FindingKind{"socket-for-everybody", look_socket_for_everybody},
    FindingKind{"listen-not-local", look_listen_not_local},
    FindingKind{"resolver-silent", look_resolver_silent},
    FindingKind{"resolver-refuses", look_resolver_refuses},
    FindingKind{"resolver-lies", look_resolver_lies},
    FindingKind{"hosts-localhost", look_hosts_localhost},
    FindingKind{"hosts-hidden-names", look_hosts_hidden_names},
    FindingKind{"hosts-copy-differs", look_hosts_copy_differs},
};

}  // namespace

std::string_view to_string(FindingWeight weight) {
  switch (weight) {
    case FindingWeight::note:
      return "note";
    case FindingWeight::warning:
      return "warning";
    case FindingWeight::error:
      return "error";
  }
  return "error";
}

void FindingList::add(FindingWeight weight, std::string where, std::string found, std::string why,
                      std::string write) {
  if (!seen_.emplace(where, found).second) return;
  all_.push_back(
      {name_, weight, std::move(where), std::move(found), std::move(why), std::move(write)});
}

std::span<const FindingKind> all_findings() {
  return kFindings;
}

std::vector<Finding> findings_in(const Wiring& wiring) {
  std::vector<Finding> all;
  for (const FindingKind& info : kFindings) {
    FindingList list(info.name);
    info.look(wiring, list);
    for (Finding& finding : std::move(list).take()) all.push_back(std::move(finding));
  }
  std::stable_sort(all.begin(), all.end(), [](const Finding& one, const Finding& other) {
    return one.weight > other.weight;
  });
  return all;
}

}  // namespace postern::doctor
