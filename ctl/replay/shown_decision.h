// One decision of the past that comes out otherwise: who, what it was and would be, and why. For a
// person and for a program. Pure; what came from strangers is escaped.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>

#include "rules/explain/explanation.h"
#include "rules/replay/differences.h"

namespace postern::ctl {

struct ShownDecision {
  replay::Change change;
  replay::Past past;
  std::optional<replay::Undecided> undecided;
  std::optional<explain::Explanation> explanation;  // of what is decided now
};

// Files beside `settings_file` are called by their short names.
std::string shown_text(const ShownDecision& shown, const std::string& settings_file);
// With the names of the attributes that the record does not have (`not_told`).
boost::json::object shown_json(const ShownDecision& shown);

}  // namespace postern::ctl
