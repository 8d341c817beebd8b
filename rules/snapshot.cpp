#include "rules/snapshot.h"

#include <algorithm>

namespace postern {

std::shared_ptr<const lists::List> Snapshot::find_list(std::string_view name) const {
  const auto found = std::find_if(lists_.begin(), lists_.end(),
                                  [&](const auto& list) { return list->name() == name; });
  return found == lists_.end() ? nullptr : *found;
}

bool Snapshot::is_used(const lists::List& list) const {
  return used_lists_.contains(&list);
}

}  // namespace postern
