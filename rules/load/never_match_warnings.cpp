#include "rules/load/never_match_warnings.h"

#include "rules/load/list_place.h"
#include "rules/never_match.h"

namespace postern::load {
namespace {

void warn_about(const lists::List& list, const std::vector<Attribute>& attributes,
                const yaml::YamlNode& lists, Diagnostics& diagnostics) {
  std::size_t found = 0;
  Position last;
  for (lists::EntryId id = 0; id < list.entries().size(); ++id) {
    const auto why = why_never_matches(attributes, list, id);
    if (!why) continue;
    last = place_of_entry(list, id, lists);
    if (++found > kNeverMatchShown) continue;
    diagnostics.warning(last, "entry '" + list.entry_text(id) + "' of list '" + list.name() +
                                  "' never matches: it " + why->why + "; want " + why->want);
  }
  if (found <= kNeverMatchShown) return;
  diagnostics.warning(last, "list '" + list.name() + "' has " +
                                std::to_string(found - kNeverMatchShown) +
                                " more entries that never match");
}

}  // namespace

void warn_never_matching(const SnapshotBuilder& builder, const yaml::YamlNode* lists,
                         Diagnostics& diagnostics) {
  if (lists == nullptr) return;
  for (const auto& list : builder.lists()) {
    const auto attributes = attributes_compared_with(*list, builder.predicates());
    if (!attributes.empty()) warn_about(*list, attributes, *lists, diagnostics);
  }
}

}  // namespace postern::load
