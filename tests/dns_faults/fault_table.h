// What can be wrong with DNS, one row a fault, and what must become of mail from a domain that
// meets it. Values; fault_fixture.h brings them about.
#pragma once

#include <string>
#include <vector>

#include "rules/model/verdict.h"

namespace postern {

// The sender's domain, whose mail host is `mail` below it. The page calls it bad.example; its name
// is so long that by chance no forger, and no server that changes letters, gets all of them right.
inline constexpr const char* kDomain = "domain-in-deep-trouble.example";

// What stands between the resolver and the zone.
enum class Servers {
  one,
  first_silent,  // the zone is served by the second
  first_closed,  // nobody at the port of the first
  first_failing,
  all_silent,
  all_silent_for_long,  // the circuit is open
  back_again,           // it was open, and a server has answered since
};

// What DNS says about the domain: only a row with a truth may end in a permanent refusal.
enum class DnsTruth { none, no_such_name, no_such_record, null_mx };

// How long the verdict takes. The system bounds how many errors it sends (icmp_msgs_per_sec,
// icmp(7)), so that a query to a closed port may hear of none and wait.
enum class Took { at_once, at_once_or_after_a_repeat, after_a_repeat, given_up };

// What the cache holds when the fault begins.
enum class Cached { nothing, good_answer, outdated_answer };

struct Fault {
  std::string name;
  // The YAML below `zone:`; a delay may be LATE, after the repeat, or NEVER, after all patience.
  std::string zone;
  Disposition action = Disposition::pass;  // without a good answer in the cache
  Took took = Took::at_once;               // likewise
  DnsTruth truth = DnsTruth::none;
  Servers servers = Servers::one;
  // Whether what the cache holds came from this zone: the fault is in the answer itself.
  enum class Primed { by_a_good_zone, by_this_zone } primed = Primed::by_a_good_zone;
};

// What the domain has when nothing is wrong.
extern const char* const kGoodZone;

std::vector<Fault> all_faults();

}  // namespace postern
