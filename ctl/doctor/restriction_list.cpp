#include "ctl/doctor/restriction_list.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "common/base/ascii_case.h"
#include "common/base/nearest_word.h"
#include "ctl/doctor/postfix_words.h"

namespace postern::doctor {
namespace {

constexpr std::size_t kMaxRestrictions = 2000;
constexpr int kMaxClassDepth = 8;

PolicyCall read_policy_call(std::string_view argument) {
  PolicyCall call;
  call.service = read_postfix_service(argument);
  call.endpoint = parse_postfix_endpoint(call.service.address);
  for (const std::string& word : call.service.attributes) {
    const auto attribute = postfix_attribute(word);
    if (!attribute) continue;
    if (attribute->name == "timeout") call.timeout = mta_time(attribute->value);
    if (attribute->name == "default_action") call.default_action = attribute->value;
    if (attribute->name == "try_limit") call.try_limit = attribute->value;
  }
  return call;
}

class RestrictionReader {
 public:
  RestrictionReader(const ClassText& class_text, RestrictionList& list)
      : class_text_(class_text), list_(list) {}

  void read_list() {
    const auto words = postfix_words(list_.text);
    for (std::size_t at = 0; at < words.size() && list_.items.size() < kMaxRestrictions;) {
      const std::size_t begin = at;
      ListElement element{{}, false, list_.items.size(), 0};
      const std::size_t classes = list_.classes.size();
      read_one(words, at, {});
      element.is_class = list_.classes.size() != classes;
      element.count = list_.items.size() - element.first;
      for (std::size_t i = begin; i < at; ++i) {
        element.text.append(element.text.empty() ? "" : " ").append(words[i]);
      }
      list_.elements.push_back(std::move(element));
    }
    list_.is_whole = list_.items.size() < kMaxRestrictions &&
                     list_.classes.size() < kMaxRestrictions && words.size() < kMaxPostfixWords;
  }

 private:
  using Words = std::vector<std::string_view>;
  // What surrounds a restriction.
  struct Around {
    std::string by_class;
    int depth = 0;
    bool only_warns = false;
  };

  // The restriction or class at `at`, which then is behind it.
  void read_one(const Words& words, std::size_t& at, Around around) {
    for (; at < words.size() && equal_ignoring_case(words[at], "warn_if_reject"); ++at) {
      around.only_warns = true;
    }
    if (at == words.size()) return;
    const std::string_view word = words[at++];
    if (const std::string* inside = class_text_(word)) {
      read_class(*inside, {std::string(word), around.depth + 1, around.only_warns});
      return;
    }
    Restriction item{ascii_lower(word), {}, around.by_class, {}, around.only_warns, std::nullopt};
    item.text.append(item.only_warns ? "warn_if_reject " : "").append(word);
    if (find_restriction(word) == RestrictionArgument::one && at < words.size()) {
      item.argument = words[at++];
      item.text += " " + item.argument;
    }
    if (item.name == "check_policy_service") item.policy = read_policy_call(item.argument);
    list_.items.push_back(std::move(item));
  }

  void read_class(std::string_view text, const Around& inside) {
    if (list_.classes.size() >= kMaxRestrictions) return;
    list_.classes.push_back(inside.by_class);
    if (inside.depth > kMaxClassDepth) return;
    const auto words = postfix_words(text);
    for (std::size_t at = 0; at < words.size() && list_.items.size() < kMaxRestrictions;) {
      read_one(words, at, inside);
    }
  }

  const ClassText& class_text_;
  RestrictionList& list_;
};

bool is_any_of(const std::string& name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

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

void read_restrictions(const ClassText& class_text, RestrictionList& list) {
  RestrictionReader(class_text, list).read_list();
}

bool permits_all(const Restriction& restriction) {
  return restriction.name == "permit" || is_any_of(ascii_lower(restriction.argument),
                                                   {"static:ok", "static:permit", "static:relay"});
}

bool ends_list_for_all(const Restriction& restriction) {
  if (permits_all(restriction)) return true;
  return !restriction.only_warns &&
         (is_any_of(restriction.name, {"reject", "defer"}) ||
          is_any_of(ascii_lower(restriction.argument), {"static:reject", "static:defer"}));
}

bool ends_list_for_own_domains(const Restriction& restriction) {
  return restriction.name == "permit_auth_destination";
}

bool refuses_relaying(const Restriction& restriction) {
  return !restriction.only_warns &&
         is_any_of(restriction.name, {"reject_unauth_destination", "defer_unauth_destination",
                                      "check_relay_domains", "reject", "defer"});
}

bool permits_own_people(const Restriction& restriction) {
  return is_any_of(restriction.name,
                   {"permit_mynetworks", "permit_sasl_authenticated", "permit_tls_clientcerts",
                    "permit_tls_all_clientcerts", "permit_inet_interfaces"});
}

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
