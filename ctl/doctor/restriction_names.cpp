#include "ctl/doctor/restriction_names.h"

#include <algorithm>

#include "common/base/ascii_case.h"
#include "common/base/nearest_word.h"
#include "ctl/doctor/postfix_words.h"

namespace postern::doctor {
namespace {

// By kind, as smtpd goes through them; one that takes an argument has a `=` behind it.
constexpr std::string_view kRestrictions = R"(
permit reject defer defer_if_permit defer_if_reject warn_if_reject sleep= check_policy_service=
reject_plaintext_session reject_unauth_pipelining permit_inet_interfaces permit_mynetworks
permit_naked_ip_address permit_sasl_authenticated permit_tls_all_clientcerts
permit_tls_clientcerts check_ccert_access= check_client_a_access= check_client_access=
check_client_mx_access= check_client_ns_access= check_reverse_client_hostname_a_access=
check_reverse_client_hostname_access= check_reverse_client_hostname_mx_access=
check_reverse_client_hostname_ns_access= check_sasl_access= permit_dnswl_client=
permit_rhswl_client= reject_maps_rbl reject_rbl= reject_rbl_client= reject_rhsbl_client=
reject_rhsbl_reverse_client= reject_unknown_client reject_unknown_client_hostname
reject_unknown_reverse_client_hostname check_helo_a_access= check_helo_access=
check_helo_mx_access= check_helo_ns_access= reject_invalid_helo_hostname reject_invalid_hostname
reject_non_fqdn_helo_hostname reject_non_fqdn_hostname reject_rhsbl_helo=
reject_unknown_helo_hostname reject_unknown_hostname check_sender_a_access= check_sender_access=
check_sender_mx_access= check_sender_ns_access= reject_authenticated_sender_login_mismatch
reject_known_sender_login_mismatch reject_non_fqdn_sender reject_rhsbl_sender=
reject_sender_login_mismatch reject_unauthenticated_sender_login_mismatch reject_unknown_address
reject_unknown_sender_domain reject_unlisted_sender reject_unverified_sender
check_recipient_a_access= check_recipient_access= check_recipient_maps check_recipient_mx_access=
check_recipient_ns_access= check_relay_domains defer_unauth_destination permit_auth_destination
permit_mx_backup reject_multi_recipient_bounce reject_non_fqdn_recipient reject_rhsbl_recipient=
reject_unauth_destination reject_unknown_recipient_domain reject_unlisted_recipient
reject_unverified_recipient check_etrn_access=)";

std::string_view name_of(std::string_view restriction) {
  return restriction.substr(0, restriction.find('='));
}

constexpr std::size_t kLongestName = 64;

}  // namespace

std::optional<RestrictionArgument> find_restriction(std::string_view name) {
  for (const std::string_view known : postfix_words(kRestrictions)) {
    if (!equal_ignoring_case(name_of(known), name)) continue;
    return known.ends_with('=') ? RestrictionArgument::one : RestrictionArgument::none;
  }
  return std::nullopt;
}

std::string_view nearest_restriction(std::string_view name) {
  if (name.size() > kLongestName) return {};
  const std::string written = ascii_lower(name);
  std::string_view nearest;
  std::size_t least = written.size() / 4 + 1;  // more than that is another word
  for (const std::string_view known : postfix_words(kRestrictions)) {
    const std::size_t edits = typing_errors(written, name_of(known));
    if (edits >= least) continue;
    least = edits;
    nearest = name_of(known);
  }
  return nearest;
}

}  // namespace postern::doctor
