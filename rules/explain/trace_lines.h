// The `trace` lines of the log about one decision (docs/log.md): what it was about, what became of
// each rule and why, what DNS had answered. As much as posternctl explain tells, for a decision
// that was made. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/log_format.h"
#include "rules/explain/explanation.h"

namespace postern::explain {

inline constexpr std::size_t kMaxTracedRules = 200;  // those that come later are counted

struct TracedDecision {
  std::uint64_t trace = 0;   // whose it is
  std::uint64_t number = 0;  // of the decision, in that trace
  std::string_view door;
  const Explanation& explanation;
};

// Lines of text, or members of objects, as decision_line() and decision_members() are.
std::vector<std::string> trace_lines(const TracedDecision& decision, LogFormat format);

}  // namespace postern::explain
