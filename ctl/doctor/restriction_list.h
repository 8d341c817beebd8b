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
#include "ctl/doctor/postfix_words.h"

namespace postern::doctor {

// What stands behind check_policy_service.
struct PolicyCall {
  PostfixService service;
  std::optional<Endpoint> endpoint;  // nothing: not understood
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::string> default_action;
  std::optional<std::string> try_limit;
};

struct Restriction {
  std::string name;      // in lower case: Postfix compares without regard to it
  std::string argument;  // of those that have one
  std::string by_class;  // the restriction class that it stands in, when it is not the list itself
  std::string text;      // as it is written, with its warn_if_reject in front
  // What it would refuse is only logged: behind warn_if_reject, or in a class that is.
  bool only_warns = false;
  std::optional<PolicyCall> policy;  // of check_policy_service
};

// One restriction or one class of a list, as it is written there.
struct ListElement {
  std::string text;
  bool is_class = false;
  // In `items`: for a class what is in it, which may be nothing.
  std::size_t first = 0;
  std::size_t count = 0;
};

struct RestrictionList {
  std::string name;  // of the parameter
  ConfigPlace where;
  std::string text;  // with `$name` expanded
  std::vector<ListElement> elements;
  std::vector<Restriction> items;    // classes are replaced by what is in them
  std::vector<std::string> classes;  // that it names, however deep
  bool is_whole = true;              // else it is longer than what is read
};

// The text of a restriction class; null when there is none of that name.
using ClassText = std::function<const std::string*(std::string_view name)>;

// Reads `list.text` into the rest of it. Bounded: 2000 items, classes 8 deep.
void read_restrictions(const ClassText& class_text, RestrictionList& list);

// Whether everybody who comes to it gets through.
bool permits_all(const Restriction& restriction);
// Whether it ends the list for everybody, so that what stands behind it is never looked at.
bool ends_list_for_all(const Restriction& restriction);
// Whether it ends the list for all mail to one's own domains.
bool ends_list_for_own_domains(const Restriction& restriction);
bool refuses_relaying(const Restriction& restriction);
// Whether it lets one's own people through, whatever they send.
bool permits_own_people(const Restriction& restriction);

// The restrictions that Postfix knows by name (postconf(5), 2.10 to 3.10, with the old names that
// it still takes).
enum class RestrictionArgument { none, one };

// What the restriction takes. Names are compared as Postfix does, without regard to case. Nothing
// when there is none of that name.
std::optional<RestrictionArgument> find_restriction(std::string_view name);

// The one that `name` is a misspelling of; empty when none is near.
std::string_view nearest_restriction(std::string_view name);

}  // namespace postern::doctor
