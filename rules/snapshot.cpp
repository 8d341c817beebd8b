#include "rules/snapshot.h"

#include <algorithm>

#include "common/base/ascii_case.h"

namespace postern {

std::shared_ptr<const lists::List> Snapshot::find_list(std::string_view name) const {
  const auto found = std::find_if(lists_.begin(), lists_.end(),
                                  [&](const auto& list) { return list->name() == name; });
  return found == lists_.end() ? nullptr : *found;
}

bool Snapshot::is_used(const lists::List& list) const {
  return used_lists_.contains(&list);
}

bool Snapshot::is_capture(const MailAddress& address) const {
  return std::binary_search(captures_.begin(), captures_.end(), ascii_lower(address.text()));
}

}  // namespace postern
