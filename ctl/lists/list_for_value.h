// For which lists a value is, and for which it is not. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "ctl/lists/list_use.h"

namespace postern::ctl {

// The kind of list that a value is for, by its looks.
lists::ListKind kind_by_looks(const std::string& value);

// What goes into the rules for a list of that kind: `client`, `sender`, `sender_domain`.
std::string attribute_for(lists::ListKind kind);

// What is wrong with the value as an entry of `list`, and where it belongs: in lists whose use
// `fits(use)`. Nothing when the list can hold it, and a rule can find it there.
std::optional<std::string> why_not_for_list(const Snapshot& snapshot, const lists::List& list,
                                            const std::string& value,
                                            const std::function<bool(const ListUse&)>& fits);

}  // namespace postern::ctl
