#include "ctl/doctor/finding.h"

#include <algorithm>
#include <array>

#include "common/base/words.h"

namespace postern::doctor {
namespace {

constexpr std::array kFindings{
    FindingKind{"policy-not-asked", check_policy_not_asked},
    FindingKind{"policy-after-permit", check_policy_after_permit},
    FindingKind{"policy-before-relay-check", check_policy_before_relay_check},
    FindingKind{"policy-own-clients", check_policy_own_clients},
    FindingKind{"policy-asked-late", check_policy_asked_late},
    FindingKind{"policy-asked-early", check_policy_asked_early},
    FindingKind{"policy-asked-twice", check_policy_asked_twice},
    FindingKind{"refusal-only-logged", check_refusal_only_logged},
    FindingKind{"refusal-deferred", check_refusal_deferred},
    FindingKind{"soft-bounce", check_soft_bounce},
    FindingKind{"restriction-unknown", check_restriction_unknown},
    FindingKind{"policy-timeout-short", check_policy_timeout_short},
    FindingKind{"policy-timeout-default", check_policy_timeout_default},
    FindingKind{"policy-default-action-missing", check_policy_default_action_missing},
    FindingKind{"policy-default-action-harmful", check_policy_default_action_harmful},
    FindingKind{"policy-one-try", check_policy_one_try},
    FindingKind{"delay-after-greeting", check_delay_after_greeting},
    FindingKind{"mynetworks-everybody", check_mynetworks_everybody},
    FindingKind{"service-left-out", check_service_left_out},
    FindingKind{"milter-not-asked", check_milter_not_asked},
    FindingKind{"milter-timeout-short", check_milter_timeout_short},
    FindingKind{"milter-default-action-missing", check_milter_default_action_missing},
    FindingKind{"milter-default-action-harmful", check_milter_default_action_harmful},
    FindingKind{"milter-protocol-old", check_milter_protocol_old},
    FindingKind{"milter-for-own-mail", check_milter_for_own_mail},
    FindingKind{"milter-on-submission", check_milter_on_submission},
    FindingKind{"milter-asked-twice", check_milter_asked_twice},
    FindingKind{"milter-not-first", check_milter_not_first},
    FindingKind{"sendmail-filter-unused", check_sendmail_filter_unused},
    FindingKind{"sendmail-timeout-short", check_sendmail_timeout_short},
    FindingKind{"sendmail-refuses-without", check_sendmail_refuses_without},
    FindingKind{"sendmail-daemon-left-out", check_sendmail_daemon_left_out},
    FindingKind{"sendmail-over-tcp", check_sendmail_over_tcp},
    FindingKind{"both-doors", check_both_doors},
    FindingKind{"sender-domain-twice", check_sender_domain_twice},
    FindingKind{"wrong-door", check_wrong_door},
    FindingKind{"address-unserved", check_address_unserved},
    FindingKind{"address-by-name", check_address_by_name},
    FindingKind{"start-limit-hit", check_start_limit_hit},
    FindingKind{"unit-failed", check_unit_failed},
    FindingKind{"socket-outside-chroot", check_socket_outside_chroot},
    FindingKind{"socket-missing", check_socket_missing},
    FindingKind{"socket-barred", check_socket_barred},
    FindingKind{"socket-silent", check_socket_silent},
    FindingKind{"socket-folder-open", check_socket_folder_open},
    FindingKind{"socket-for-everybody", check_socket_for_everybody},
    FindingKind{"listen-not-local", check_listen_not_local},
    FindingKind{"resolver-silent", check_resolver_silent},
    FindingKind{"resolver-refuses", check_resolver_refuses},
    FindingKind{"resolver-lies", check_resolver_lies},
    FindingKind{"hosts-localhost", check_hosts_localhost},
    FindingKind{"hosts-hidden-names", check_hosts_hidden_names},
    FindingKind{"hosts-copy-differs", check_hosts_copy_differs},
};

}  // namespace

std::string_view to_string(FindingSeverity severity) {
  using enum FindingSeverity;
  static constexpr Word<FindingSeverity> kWords[] = {
      {"note", note}, {"warning", warning}, {"error", error}};
  return word_of(kWords, severity);
}

void FindingList::add(FindingSeverity severity, std::string where, std::string found,
                      std::string why, std::string write) {
  if (!seen_.emplace(where, found).second) return;
  all_.push_back(
      {name_, severity, std::move(where), std::move(found), std::move(why), std::move(write)});
}

std::span<const FindingKind> all_findings() {
  return kFindings;
}

std::vector<Finding> findings_in(const MtaConfig& mta) {
  std::vector<Finding> all;
  for (const FindingKind& info : kFindings) {
    FindingList list(info.name);
    info.check(mta, list);
    for (Finding& finding : std::move(list).take()) all.push_back(std::move(finding));
  }
  std::stable_sort(all.begin(), all.end(), [](const Finding& one, const Finding& other) {
    return one.severity > other.severity;
  });
  return all;
}

}  // namespace postern::doctor
