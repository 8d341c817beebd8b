// Actions as they stand in a YAML file: `reject 550 "text"`, `{ prepend: "Header: value" }`, or a
// sequence of them of which only the last may be final.
#pragma once

#include <optional>
#include <vector>

#include "common/base/diagnostic.h"
#include "common/yaml/yaml_node.h"
#include "rules/model/action.h"
#include "rules/model/check.h"

namespace postern::load {

// What is wrong is reported; then the result is empty.
std::vector<Action> load_actions(const yaml::YamlNode& node, Diagnostics& diagnostics);

// Whether all placeholders of checks in its text are those of the rule's own check (null: it has
// none); else what is wrong.
Result<void> check_placeholders(const Action& action, const CheckInfo* own = nullptr);

// The action of a list or of one entry: exactly one of pass, reject, defer, discard, hold,
// redirect, copy and log.
std::optional<Action> load_entry_action(const yaml::YamlNode& node, Diagnostics& diagnostics);

// The same, as a text in a plain list file.
Result<Action> parse_entry_action(std::string_view text);

}  // namespace postern::load
