#include "ctl/doctor/restriction_names.h"

#include <algorithm>
#include <array>

#include "common/base/ascii_case.h"
#include "ctl/doctor/typing_errors.h"

namespace postern::doctor {
namespace {

constexpr auto kOne = RestrictionName::Argument::one;

// By kind, as smtpd goes through them.
constexpr std::array kRestrictions{
    RestrictionName{"permit"},
    RestrictionName{"reject"},
    RestrictionName{"defer"},
    RestrictionName{"defer_if_permit"},
    RestrictionName{"defer_if_reject"},
    RestrictionName{"warn_if_reject"},
    RestrictionName{"sleep", kOne},
    RestrictionName{"check_policy_service", kOne},
    RestrictionName{"reject_plaintext_session"},
    RestrictionName{"reject_unauth_pipelining"},
    RestrictionName{"permit_inet_interfaces"},
    RestrictionName{"permit_mynetworks"},
    RestrictionName{"permit_naked_ip_address"},
    RestrictionName{"permit_sasl_authenticated"},
    RestrictionName{"permit_tls_all_clientcerts"},
    RestrictionName{"permit_tls_clientcerts"},
    RestrictionName{"check_ccert_access", kOne},
    RestrictionName{"check_client_a_access", kOne},
    RestrictionName{"check_client_access", kOne},
    RestrictionName{"check_client_mx_access", kOne},
    RestrictionName{"check_client_ns_access", kOne},
    RestrictionName{"check_reverse_client_hostname_a_access", kOne},
    RestrictionName{"check_reverse_client_hostname_access", kOne},
    RestrictionName{"check_reverse_client_hostname_mx_access", kOne},
    RestrictionName{"check_reverse_client_hostname_ns_access", kOne},
    RestrictionName{"check_sasl_access", kOne},
    RestrictionName{"permit_dnswl_client", kOne},
    RestrictionName{"permit_rhswl_client", kOne},
    RestrictionName{"reject_maps_rbl"},
    RestrictionName{"reject_rbl", kOne},
    RestrictionName{"reject_rbl_client", kOne},
    RestrictionName{"reject_rhsbl_client", kOne},
    RestrictionName{"reject_rhsbl_reverse_client", kOne},
    RestrictionName{"reject_unknown_client"},
    RestrictionName{"reject_unknown_client_hostname"},
    RestrictionName{"reject_unknown_reverse_client_hostname"},
    RestrictionName{"check_helo_a_access", kOne},
    RestrictionName{"check_helo_access", kOne},
    RestrictionName{"check_helo_mx_access", kOne},
    RestrictionName{"check_helo_ns_access", kOne},
    RestrictionName{"reject_invalid_helo_hostname"},
    RestrictionName{"reject_invalid_hostname"},
    RestrictionName{"reject_non_fqdn_helo_hostname"},
    RestrictionName{"reject_non_fqdn_hostname"},
    RestrictionName{"reject_rhsbl_helo", kOne},
    RestrictionName{"reject_unknown_helo_hostname"},
    RestrictionName{"reject_unknown_hostname"},
    RestrictionName{"check_sender_a_access", kOne},
    RestrictionName{"check_sender_access", kOne},
    RestrictionName{"check_sender_mx_access", kOne},
    RestrictionName{"check_sender_ns_access", kOne},
    RestrictionName{"reject_authenticated_sender_login_mismatch"},
    RestrictionName{"reject_known_sender_login_mismatch"},
    RestrictionName{"reject_non_fqdn_sender"},
    RestrictionName{"reject_rhsbl_sender", kOne},
    RestrictionName{"reject_sender_login_mismatch"},
    RestrictionName{"reject_unauthenticated_sender_login_mismatch"},
    RestrictionName{"reject_unknown_address"},
    RestrictionName{"reject_unknown_sender_domain"},
    RestrictionName{"reject_unlisted_sender"},
    RestrictionName{"reject_unverified_sender"},
    RestrictionName{"check_recipient_a_access", kOne},
    RestrictionName{"check_recipient_access", kOne},
    RestrictionName{"check_recipient_maps"},
    RestrictionName{"check_recipient_mx_access", kOne},
    RestrictionName{"check_recipient_ns_access", kOne},
    RestrictionName{"check_relay_domains"},
    RestrictionName{"defer_unauth_destination"},
    RestrictionName{"permit_auth_destination"},
    RestrictionName{"permit_mx_backup"},
    RestrictionName{"reject_multi_recipient_bounce"},
    RestrictionName{"reject_non_fqdn_recipient"},
    RestrictionName{"reject_rhsbl_recipient", kOne},
    RestrictionName{"reject_unauth_destination"},
    RestrictionName{"reject_unknown_recipient_domain"},
    RestrictionName{"reject_unlisted_recipient"},
    RestrictionName{"reject_unverified_recipient"},
    RestrictionName{"check_etrn_access", kOne},
};

constexpr std::size_t kLongestName = 64;

}  // namespace

const RestrictionName* find_restriction(std::string_view name) {
  const auto found = std::find_if(
      kRestrictions.begin(), kRestrictions.end(),
      [&](const RestrictionName& known) { return equal_ignoring_case(known.name, name); });
  return found == kRestrictions.end() ? nullptr : &*found;
}

std::string_view nearest_restriction(std::string_view name) {
  if (name.size() > kLongestName) return {};
  const std::string written = ascii_lower(name);
  std::string_view nearest;
  std::size_t least = written.size() / 4 + 1;  // more than that is another word
  for (const RestrictionName& known : kRestrictions) {
    const std::size_t edits = typing_errors(written, known.name);
    if (edits >= least) continue;
    least = edits;
    nearest = known.name;
  }
  return nearest;
}

}  // namespace postern::doctor
