// Where in a restriction list Postfix is to ask postern-policyd: the list that is there and one
// element more. Nothing else moves and nothing is added but what only stands in front of that
// element, so that with an answer of DUNNO every client gets what it gets today. Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ctl/doctor/restriction_list.h"

namespace postern::doctor {

// Which calls of a list are taken out, wherever they stand in it.
using IsTakenOut = std::function<bool(const PolicyCall& call)>;

// What is put in.
struct PolicyElement {
  std::string text;  // `check_policy_service ...`
  // Permits for one's own people, for a list that has none in front of it. They come in, as do
  // those that the list itself has further behind, only where nothing behind them could have
  // refused.
  std::vector<std::string> own_people;
};

// The elements of the list, with the policy service directly behind all that permits one's own
// people and what refuses relaying, but in front of what ends the list for strangers. Never between
// warn_if_reject and what that is about. A class is replaced by what is in it where the place is
// inside of it.
std::vector<std::string> with_policy(const RestrictionList& list, const IsTakenOut& is_taken_out,
                                     const PolicyElement& policy);

std::vector<std::string> without_policy(const RestrictionList& list,
                                        const IsTakenOut& is_taken_out);

// Whether who is a stranger and sends to others is refused by the list.
bool refuses_relaying(const RestrictionList& list);

// The permits for one's own people in front of that.
std::vector<std::string> permits_of_own_people(const RestrictionList& list);

}  // namespace postern::doctor
