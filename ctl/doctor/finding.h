// One thing that is wrong in how an MTA asks Postern, and the list of all that is checked: one
// small pure function each. The page is docs/doctor.md; a test compares it with the list.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/doctor/mta_config.h"

namespace postern::doctor {

enum class FindingSeverity {
  note,     // works; there is a better way
  warning,  // works until something else happens
  error,    // mail is not judged, is lost, or waits
};

std::string_view to_string(FindingSeverity severity);

struct Finding {
  std::string_view name;
  FindingSeverity severity = FindingSeverity::error;
  std::string where;  // file and parameter
  std::string found;
  std::string why;    // why that matters, one sentence
  std::string write;  // the line or lines to write; what to do where there is no line
};

// Where the functions put what they find. Main.cf counts for many services: what is the same is
// there once.
class FindingList {
 public:
  explicit FindingList(std::string_view name) : name_(name) {}
  void add(FindingSeverity severity, std::string where, std::string found, std::string why,
           std::string write);
  std::vector<Finding> take() && { return std::move(all_); }

 private:
  std::string_view name_;
  std::set<std::pair<std::string, std::string>> seen_;
  std::vector<Finding> all_;
};

struct FindingKind {
  std::string_view name;
  void (*check)(const MtaConfig& mta, FindingList& findings);
};

// In the order in which they are told within one severity.
std::span<const FindingKind> all_findings();

// Everything that is wrong, the worst first.
std::vector<Finding> findings_in(const MtaConfig& mta);

// policy_place_findings.cpp: where Postfix asks the policy daemon
void check_policy_not_asked(const MtaConfig& mta, FindingList& findings);
void check_service_left_out(const MtaConfig& mta, FindingList& findings);
void check_policy_after_permit(const MtaConfig& mta, FindingList& findings);
void check_policy_before_relay_check(const MtaConfig& mta, FindingList& findings);
void check_policy_own_clients(const MtaConfig& mta, FindingList& findings);
void check_policy_asked_late(const MtaConfig& mta, FindingList& findings);
void check_policy_asked_early(const MtaConfig& mta, FindingList& findings);
void check_policy_asked_twice(const MtaConfig& mta, FindingList& findings);
void check_mynetworks_everybody(const MtaConfig& mta, FindingList& findings);
// weakening_findings.cpp: what Postfix makes of a refusal
void check_refusal_only_logged(const MtaConfig& mta, FindingList& findings);
void check_refusal_deferred(const MtaConfig& mta, FindingList& findings);
void check_soft_bounce(const MtaConfig& mta, FindingList& findings);
void check_restriction_unknown(const MtaConfig& mta, FindingList& findings);
// policy_answer_findings.cpp: how long it waits, and what becomes of mail without an answer
void check_policy_timeout_short(const MtaConfig& mta, FindingList& findings);
void check_policy_timeout_default(const MtaConfig& mta, FindingList& findings);
void check_policy_default_action_missing(const MtaConfig& mta, FindingList& findings);
void check_policy_default_action_harmful(const MtaConfig& mta, FindingList& findings);
void check_policy_one_try(const MtaConfig& mta, FindingList& findings);
void check_delay_after_greeting(const MtaConfig& mta, FindingList& findings);
// milter_findings.cpp: the filter in Postfix
void check_milter_not_asked(const MtaConfig& mta, FindingList& findings);
void check_milter_timeout_short(const MtaConfig& mta, FindingList& findings);
void check_milter_default_action_missing(const MtaConfig& mta, FindingList& findings);
void check_milter_default_action_harmful(const MtaConfig& mta, FindingList& findings);
void check_milter_protocol_old(const MtaConfig& mta, FindingList& findings);
void check_milter_for_own_mail(const MtaConfig& mta, FindingList& findings);
void check_milter_on_submission(const MtaConfig& mta, FindingList& findings);
// sendmail_findings.cpp: the filter in sendmail
void check_sendmail_filter_unused(const MtaConfig& mta, FindingList& findings);
void check_sendmail_timeout_short(const MtaConfig& mta, FindingList& findings);
void check_sendmail_refuses_without(const MtaConfig& mta, FindingList& findings);
void check_sendmail_daemon_left_out(const MtaConfig& mta, FindingList& findings);
void check_sendmail_over_tcp(const MtaConfig& mta, FindingList& findings);
// twofold_findings.cpp: what is done twice, or in the wrong order
void check_both_doors(const MtaConfig& mta, FindingList& findings);
void check_milter_asked_twice(const MtaConfig& mta, FindingList& findings);
void check_milter_not_first(const MtaConfig& mta, FindingList& findings);
void check_sender_domain_twice(const MtaConfig& mta, FindingList& findings);
// socket_findings.cpp: the sockets between them
void check_wrong_door(const MtaConfig& mta, FindingList& findings);
void check_address_unserved(const MtaConfig& mta, FindingList& findings);
void check_address_by_name(const MtaConfig& mta, FindingList& findings);
void check_socket_outside_chroot(const MtaConfig& mta, FindingList& findings);
void check_socket_missing(const MtaConfig& mta, FindingList& findings);
void check_socket_barred(const MtaConfig& mta, FindingList& findings);
void check_socket_silent(const MtaConfig& mta, FindingList& findings);
void check_socket_folder_open(const MtaConfig& mta, FindingList& findings);
void check_socket_for_everybody(const MtaConfig& mta, FindingList& findings);
void check_listen_not_local(const MtaConfig& mta, FindingList& findings);
// unit_findings.cpp: what systemd says of the daemons
void check_start_limit_hit(const MtaConfig& mta, FindingList& findings);
void check_unit_failed(const MtaConfig& mta, FindingList& findings);
// name_findings.cpp: name servers and hosts files
void check_resolver_silent(const MtaConfig& mta, FindingList& findings);
void check_resolver_refuses(const MtaConfig& mta, FindingList& findings);
void check_resolver_lies(const MtaConfig& mta, FindingList& findings);
void check_hosts_localhost(const MtaConfig& mta, FindingList& findings);
void check_hosts_hidden_names(const MtaConfig& mta, FindingList& findings);
void check_hosts_copy_differs(const MtaConfig& mta, FindingList& findings);

}  // namespace postern::doctor
