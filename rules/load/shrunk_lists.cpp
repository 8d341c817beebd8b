#include "rules/load/shrunk_lists.h"

#include <utility>

#include "rules/load/list_place.h"

namespace postern::load {
namespace {

// What a person has written into the rule file is meant; and another file is another list. Before
// what domains publish becomes a file, it is guarded (server/spf).
bool is_same_file(const lists::List& before, const lists::List& after) {
  return after.origin().spf.empty() && before.origin().text && after.origin().text &&
         before.file() == after.file() && before.kind() == after.kind();
}

bool has_shrunk(const lists::List& before, const lists::List& after) {
  if (!is_same_file(before, after)) return false;
  const std::size_t had = before.entries().size();
  return had >= kGuardedEntries && after.entries().size() * 2 < had &&
         after.origin().shrinking == lists::Shrinking::suspicious;
}

Diagnostic complaint_about(const lists::List& before, const lists::List& after, Position where) {
  return {Severity::error, std::move(where),
          "list '" + after.name() + "': " + after.file() + " has " +
              std::to_string(after.entries().size()) + " entries, had " +
              std::to_string(before.entries().size()) +
              ": half written? If this is meant: posternctl reload --accept-shrunk, or "
              "'may_shrink: yes' in the list"};
}

constexpr const char* kCutOff = ": cut off? If this is meant: posternctl reload --accept-shrunk";

bool has_lost_rules(const Snapshot& before, const Snapshot& after) {
  return before.written_rules() >= kGuardedRules &&
         after.written_rules() * 2 <= before.written_rules();
}

// A list that is gone, too, or has another name, has been taken out by somebody.
bool has_lost_its_rules(const Snapshot& before, const Snapshot& after, const lists::List& list) {
  const auto earlier = before.find_list(list.name());
  return earlier && before.is_used(*earlier) && !after.is_used(list);
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
  if (has_lost_rules(before, after)) {
    found.push_back({Severity::error, place_of_rules(rules, file),
                     "rules: " + std::to_string(after.written_rules()) + " of them, had " +
                         std::to_string(before.written_rules()) + kCutOff});
  }
  for (const auto& list : after.lists()) {
    if (!has_lost_its_rules(before, after, *list)) continue;
    found.push_back(
        {Severity::error, place_of_list(rules, file, list->name()),
         "list '" + list->name() + "' was used by a rule, and is by none now" + kCutOff});
  }
  return found;
}

}  // namespace postern::load
