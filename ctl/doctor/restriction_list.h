// A smtpd_*_restrictions list of Postfix, word by word (postconf(5), access(5)). Pure.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/doctor/config_lines.h"
#include "ctl/doctor/endpoint.h"

namespace postern {

// `check_policy_service ADDRESS` or `{ ADDRESS, name=value ... }`.
struct PolicyCall {
  std::string address;
  std::optional<Endpoint> endpoint;  // nothing: not understood
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::string> default_action;
  std::optional<std::string> try_limit;
};

struct Restriction {
  std::string name;      // as it is written
  std::string argument;  // of those that have one
  std::string by_class;  // the restriction class that it stands in, when it is not the list itself
  std::optional<PolicyCall> policy;  // of check_policy_service
};

struct RestrictionList {
  std::string name;  // of the parameter
  ConfigPlace where;
  std::string text;                // with `$name` expanded
  std::vector<Restriction> items;  // classes are replaced by what is in them
};

// The text of a restriction class; null when there is none of that name.
using ClassText = std::function<const std::string*(std::string_view name)>;

// Bounded: 2000 items, classes 8 deep.
std::vector<Restriction> read_restrictions(std::string_view text, const ClassText& class_text);

// Whether it ends the list for everybody, so that what stands behind it is never looked at.
bool ends_list_for_all(const Restriction& restriction);
// Whether it ends the list for all mail to one's own domains.
bool ends_list_for_own_domains(const Restriction& restriction);
bool refuses_relaying(const Restriction& restriction);

}  // namespace postern
