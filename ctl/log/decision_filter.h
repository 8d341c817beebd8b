// Which decisions of a log somebody wants to see. A value; pure.
#pragma once

#include <string>

#include "ctl/log/log_line.h"
#include "rules/explain/trace_filter.h"

namespace postern::ctl {

// All that is given has to be so.
struct DecisionFilter {
  std::string door;
  std::string action;
  std::string rule;  // also one that only would have acted
  std::optional<explain::TraceFilter> mail;

  [[nodiscard]] bool matches(const LogFields& fields) const;
};

}  // namespace postern::ctl
