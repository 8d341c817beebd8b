#include "rules/load/shrunk_lists.h"

#include <utility>

#include "rules/load/list_place.h"

namespace postern {
namespace {

// What a person has written into the rule file is meant; and another file is another list.
bool is_same_file(const List& before, const List& after) {
  return before.origin().text && after.origin().text && before.file() == after.file() &&
         before.kind() == after.kind();
}

bool has_shrunk(const List& before, const List& after) {
  if (!is_same_file(before, after)) return false;
  const std::size_t had = before.entries().size();
  return had >= kGuardedEntries && after.entries().size() * 2 < had &&
         after.origin().shrinking == Shrinking::suspicious;
}

Diagnostic complaint_about(const List& before, const List& after, Position where) {
  return {Severity::error, std::move(where),
          "list '" + after.name() + "': " + after.file() + " has " +
              std::to_string(after.entries().size()) + " entries, had " +
              std::to_string(before.entries().size()) +
              ": half written? If this is meant: posternctl reload --accept-shrunk, or "
              "'may_shrink: yes' in the list"};
}

}  // namespace

std::vector<Diagnostic> find_shrunk(const Snapshot& before, const Snapshot& after,
                                    std::string_view rules, const std::string& file) {
  std::vector<Diagnostic> found;
  for (const auto& list : after.lists()) {
    const auto earlier = before.find_list(list->name());
    if (!earlier || !has_shrunk(*earlier, *list)) continue;
    found.push_back(complaint_about(*earlier, *list, place_of_list(rules, file, list->name())));
  }
  return found;
}

}  // namespace postern
