// For which lists a value is, and for which it is not. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "ctl/list_use.h"

namespace postern {

// The kind of list that a value is for, by its looks.
ListKind kind_by_looks(const std::string& value);

// What goes into the rules for a list of that kind: `client`, `sender`, `sender_domain`.
std::string attribute_for(ListKind kind);

// What is wrong with the value as an entry of `list`, and where it belongs: in lists whose use
// `fits(use)`. Nothing when the list can hold it, and a rule can find it there.
std::optional<std::string> why_not_for_list(const Snapshot& snapshot, const List& list,
                                            const std::string& value,
                                            const std::function<bool(const ListUse&)>& fits);

}  // namespace postern
