// Where a rule file defines a list, or begins its rules, looked up when it is to be said: a list
// that did not change is shared by generations in which it stands at different places. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/diagnostic.h"
#include "common/yaml/yaml_node.h"
#include "rules/lists/list.h"

namespace postern::load {

// In `rules`, the text of the rule file `file`; line 0 if there is no list of that name.
Position place_of_list(std::string_view rules, const std::string& file, std::string_view name);
// Of its `rules:`; line 0 if there is none.
Position place_of_rules(std::string_view rules, const std::string& file);

// Of an entry of a named list. `lists` is the node of the rule file.
Position place_of_entry(const lists::List& list, lists::EntryId id, const yaml::YamlNode& lists);

}  // namespace postern::load
