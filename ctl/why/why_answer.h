// One answer of posternctl why, and how it is written out, as text or as JSON. Pure; what comes
// from outside is escaped.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ctl/explain/explanation_page.h"
#include "ctl/why/clue.h"
#include "ctl/why/decision_search.h"
#include "ctl/why/way_in.h"

namespace postern::ctl {

struct WhyAnswer {
  Clue clue;
  std::optional<FoundDecision> decision;  // what was decided then; none: no log has it
  std::vector<FoundDecision> alike;       // other mail with the same token
  std::string owner;                      // of the entry that decided then; empty: not known
  std::optional<ExplanationPage> now;     // what would be decided; none: too little is known
  std::optional<WayIn> way;               // none: it would come in, or that is not known
  std::vector<std::string> notes;
};

// Several begin with one summary.
std::string why_text(const std::vector<WhyAnswer>& answers);
// For a program. Keys may be added; none changes its meaning.
boost::json::object why_json(const std::vector<WhyAnswer>& answers);

// Who has made the entry of that list, as the rules of the explanation have it; empty: they have no
// such entry for this mail, or it has no owner.
std::string owner_of(const explain::Explanation& explanation, std::string_view list,
                     std::string_view entry);

}  // namespace postern::ctl
