// Reads one DNS list of a rule: a word or a map of `zones`. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/diagnostic.h"
#include "common/base/result.h"
#include "common/yaml/yaml_node.h"
#include "rules/checks/dns_lists.h"
#include "rules/model/outside.h"

namespace postern::checks {

enum class ListsWhat : std::uint8_t { addresses, names };

// `bl.example`, or a map; `codes` are those of a list that the rule says none of. What is wrong is
// reported; then the list asks nobody.
DnsList load_dns_list(const yaml::YamlNode& node, std::string_view codes, ListsWhat what,
                      Diagnostics& diagnostics);

// The key out of the file that the rule names for it. Error: there is none, which is not quoted.
// REQUIRES: the list was loaded without an error, and has a key_file.
Result<void> take_key(DnsList& list, const Outside& outside);

}  // namespace postern::checks
