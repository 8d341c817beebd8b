// What `block` and `allow` are about to write: each value with its list, checked before anything is
// written. What is wrong is told.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ctl/lists/commands.h"
#include "ctl/lists/guards.h"
#include "ctl/lists/list_editor.h"
#include "ctl/lists/list_use.h"
#include "ctl/lists/value_place.h"

namespace postern::ctl {

// What a command wants of a list.
struct Wish {
  Intent intent = Intent::block;
  // What a rule has to do by a list that is named; and by one that is meant though it is not.
  std::function<bool(const ListUse&)> fits;
  std::function<bool(const ListUse&)> meant;
  std::string does;  // the same for a person: `refuses, defers, discards or holds mail`
  std::string then;  // the same as a rule has it: `pass`
  std::string list;  // how names of such lists begin: `campaign`
};

// A value, and the list that it goes into or is taken out of.
struct PlacedValue {
  std::string value;                  // as the list has it
  const lists::List* list = nullptr;  // never null; of the rules
  std::vector<ListUse> uses;          // of the list, those that fit; may be empty
};

// Nothing when there is no such list. `list`: its name, or empty.
std::optional<PlacedValue> place_value(const RulesOnDisk& rules, const std::string& value,
                                       const std::string& list, const Wish& wish,
                                       const Console& console);

// The values of a command line, those on standard input in the place of `-`. Nothing when there are
// too many or none.
std::optional<std::vector<std::string>> values_of(const std::vector<std::string>& given,
                                                  const CommandContext& context);

// Adds the values to their lists, or alters what is there.
CtlExit add_entries(const EntryOptions& options, OwnAction own_action, const Wish& wish,
                    const CommandContext& context);

// The value in canonical form, said when the list cannot hold it.
std::optional<std::string> canonical_for(const PlacedValue& placed, const Console& console);

// `notes` that quote entries of any list; where one is hidden (server/config/hidden_files.h):
// `what`.
std::vector<std::string> without_hidden(const RulesOnDisk& rules, std::vector<std::string> notes,
                                        const std::string& what);

}  // namespace postern::ctl
