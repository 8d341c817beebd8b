// One thing that is wrong with the wiring, and the list of all that is looked for: one small pure
// function each. The page is docs/doctor.md; a test compares it with the list.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/doctor/wiring.h"

namespace postern::doctor {

enum class FindingWeight {
  note,     // works; there is a better way
  warning,  // works until something else happens
  error,    // mail is not judged, is lost, or waits
};

std::string_view to_string(FindingWeight weight);

struct Finding {
  std::string_view name;
  FindingWeight weight = FindingWeight::error;
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
  void add(FindingWeight weight, std::string where, std::string found, std::string why,
           std::string write);
  std::vector<Finding> take() && { return std::move(all_); }

 private:
  std::string_view name_;
  std::set<std::pair<std::string, std::string>> seen_;
  std::vector<Finding> all_;
};

struct FindingKind {
  std::string_view name;
  void (*look)(const Wiring& wiring, FindingList& findings);
};

// In the order in which they are told within one weight.
std::span<const FindingKind> all_findings();

// Everything that is wrong, the worst first.
std::vector<Finding> findings_in(const Wiring& wiring);

// policy_place_findings.cpp: where Postfix asks the policy daemon
void look_policy_not_asked(const Wiring& wiring, FindingList& findings);
void look_service_left_out(const Wiring& wiring, FindingList& findings);
void look_policy_after_permit(const Wiring& wiring, FindingList& findings);
void look_policy_before_relay_check(const Wiring& wiring, FindingList& findings);
void look_policy_own_clients(const Wiring& wiring, FindingList& findings);
void look_policy_asked_late(const Wiring& wiring, FindingList& findings);
void look_policy_asked_early(const Wiring& wiring, FindingList& findings);
void look_policy_asked_twice(const Wiring& wiring, FindingList& findings);
void look_mynetworks_everybody(const Wiring& wiring, FindingList& findings);
// weakening_findings.cpp: what Postfix makes of a refusal
void look_refusal_only_logged(const Wiring& wiring, FindingList& findings);
void look_refusal_deferred(const Wiring& wiring, FindingList& findings);
void look_soft_bounce(const Wiring& wiring, FindingList& findings);
void look_restriction_unknown(const Wiring& wiring, FindingList& findings);
// policy_answer_findings.cpp: how long it waits, and what becomes of mail without an answer
void look_policy_timeout_short(const Wiring& wiring, FindingList& findings);
void look_policy_timeout_default(const Wiring& wiring, FindingList& findings);
void look_policy_default_action_missing(const Wiring& wiring, FindingList& findings);
void look_policy_default_action_harmful(const Wiring& wiring, FindingList& findings);
void look_policy_one_try(const Wiring& wiring, FindingList& findings);
void look_delay_after_greeting(const Wiring& wiring, FindingList& findings);
// milter_findings.cpp: the filter in Postfix
void look_milter_not_asked(const Wiring& wiring, FindingList& findings);
void look_milter_timeout_short(const Wiring& wiring, FindingList& findings);
void look_milter_default_action_missing(const Wiring& wiring, FindingList& findings);
void look_milter_default_action_harmful(const Wiring& wiring, FindingList& findings);
void look_milter_protocol_old(const Wiring& wiring, FindingList& findings);
void look_milter_for_own_mail(const Wiring& wiring, FindingList& findings);
void look_milter_on_submission(const Wiring& wiring, FindingList& findings);
// sendmail_findings.cpp: the filter in sendmail
void look_sendmail_filter_unused(const Wiring& wiring, FindingList& findings);
void look_sendmail_timeout_short(const Wiring& wiring, FindingList& findings);
void look_sendmail_refuses_without(const Wiring& wiring, FindingList& findings);
void look_sendmail_daemon_left_out(const Wiring& wiring, FindingList& findings);
void look_sendmail_over_tcp(const Wiring& wiring, FindingList& findings);
// twofold_findings.cpp: what is done twice, or in the wrong order
void look_both_doors(const Wiring& wiring, FindingList& findings);
void look_milter_asked_twice(const Wiring& wiring, FindingList& findings);
void look_milter_not_first(const Wiring& wiring, FindingList& findings);
void look_sender_domain_twice(const Wiring& wiring, FindingList& findings);
// socket_findings.cpp: the sockets between them
void look_wrong_door(const Wiring& wiring, FindingList& findings);
void look_address_unserved(const Wiring& wiring, FindingList& findings);
void look_address_by_name(const Wiring& wiring, FindingList& findings);
void look_socket_outside_chroot(const Wiring& wiring, FindingList& findings);
void look_socket_missing(const Wiring& wiring, FindingList& findings);
void look_socket_barred(const Wiring& wiring, FindingList& findings);
void look_socket_silent(const Wiring& wiring, FindingList& findings);
void look_socket_folder_open(const Wiring& wiring, FindingList& findings);
void look_socket_for_everybody(const Wiring& wiring, FindingList& findings);
void look_listen_not_local(const Wiring& wiring, FindingList& findings);
// unit_findings.cpp: what systemd says of the daemons
void look_start_limit_hit(const Wiring& wiring, FindingList& findings);
void look_unit_failed(const Wiring& wiring, FindingList& findings);
// name_findings.cpp: name servers and hosts files
void look_resolver_silent(const Wiring& wiring, FindingList& findings);
void look_resolver_refuses(const Wiring& wiring, FindingList& findings);
void look_resolver_lies(const Wiring& wiring, FindingList& findings);
void look_hosts_localhost(const Wiring& wiring, FindingList& findings);
void look_hosts_hidden_names(const Wiring& wiring, FindingList& findings);
void look_hosts_copy_differs(const Wiring& wiring, FindingList& findings);

}  // namespace postern::doctor
