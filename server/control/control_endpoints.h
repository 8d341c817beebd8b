// The functions behind the paths of the control protocol (docs/control.md). Control has checked
// that a call has no other parameters than its path allows, and no body where there must be none.
// Main thread.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "server/control/control.h"
#include "server/control/control_target.h"

namespace postern::control {

struct ControlFault {
  unsigned status = 400;
  std::string text;
};

using ControlAnswer = tl::expected<boost::json::object, ControlFault>;
inline tl::unexpected<ControlFault> control_fault(std::string text, unsigned status = 400) {
  return tl::unexpected<ControlFault>(ControlFault{status, std::move(text)});
}

struct ControlCall {
  const ControlParts& parts;
  const ControlParameters& parameters;
  const std::string& body;
  UtcTime now;

  // Null when it was not given.
  [[nodiscard]] const std::string* parameter(std::string_view name) const {
    const auto found = parameters.find(name);
    return found == parameters.end() ? nullptr : &found->second;
  }
};

ControlAnswer control_status(const ControlCall& call);
ControlAnswer control_reload(const ControlCall& call);
ControlAnswer control_rules(const ControlCall& call);
ControlAnswer control_entries(const ControlCall& call);
ControlAnswer control_tokens(const ControlCall& call);
ControlAnswer control_cache(const ControlCall& call);
ControlAnswer control_forget(const ControlCall& call);
// Prometheus text (docs/metrics.md), not JSON.
std::string control_metrics(const ControlCall& call);
// About the store (docs/store.md).
ControlAnswer control_record(const ControlCall& call);
ControlAnswer control_forget_record(const ControlCall& call);
ControlAnswer control_sweep(const ControlCall& call);
ControlAnswer control_traces(const ControlCall& call);
ControlAnswer control_add_trace(const ControlCall& call);
ControlAnswer control_stop_trace(const ControlCall& call);
ControlAnswer control_trace_lines(const ControlCall& call);
ControlAnswer control_shadow(const ControlCall& call);
ControlAnswer control_start_shadow(const ControlCall& call);
ControlAnswer control_drop_shadow(const ControlCall& call);
// Answers later, on parts.executor.
void control_dns(const ControlCall& call, std::function<void(ControlAnswer)> answer);

}  // namespace postern::control
