#include "rules/load/never_match_warnings.h"

#include "rules/never_match.h"

namespace postern {
namespace {

// The value of an entry that stands in the rule file; null for one of a list file.
const YamlNode* node_of(const List& list, EntryId id, const YamlNode& lists) {
  const YamlNode* node = find_member(lists, list.name());
  const YamlNode* entries = node == nullptr ? nullptr : find_member(*node, "entries");
  if (entries == nullptr || id >= entries->items.size()) return nullptr;
  const YamlNode& item = entries->items[id];
  return item.kind == YamlNode::Kind::map ? find_member(item, "entry") : &item;
}

Position place_of(const List& list, EntryId id, const YamlNode& lists) {
  const YamlNode* node = node_of(list, id, lists);
  return node != nullptr ? node->where : Position{list.file(), list.entries().line(id), 1};
}

void warn_about(const List& list, const std::vector<Attribute>& attributes, const YamlNode& lists,
                Diagnostics& diagnostics) {
  std::size_t found = 0;
  Position last;
  for (EntryId id = 0; id < list.entries().size(); ++id) {
    const auto why = why_never_matches(attributes, list, id);
    if (!why) continue;
    last = place_of(list, id, lists);
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

void warn_never_matching(const SnapshotBuilder& builder, const YamlNode* lists,
                         Diagnostics& diagnostics) {
  if (lists == nullptr) return;
  for (const auto& list : builder.lists()) {
    const auto attributes = attributes_compared_with(*list, builder.predicates());
    if (!attributes.empty()) warn_about(*list, attributes, *lists, diagnostics);
  }
}

}  // namespace postern
