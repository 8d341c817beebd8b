// Reads the session of a scenario, which is written as SMTP (README.md), into steps: what a policy
// request would say, and what has to come of it. tests/e2e/scenario_steps.py does for the MTAs.
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <vector>

namespace postern {

// One for each answer: a map with what has been told by then, in the words of a policy request, the
// `protocol_state` of the last command, `reply`, and whatever else is expected. `defaults` (may be
// null) is told before the session begins, and anew with each connection. The exception for what is
// no command is a std::runtime_error.
std::vector<YAML::Node> steps_of(const std::string& session, const YAML::Node& defaults);

}  // namespace postern
