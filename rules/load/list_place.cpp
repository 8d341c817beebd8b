#include "rules/load/list_place.h"

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

}  // namespace

Position place_of_entry(const List& list, EntryId id, const YamlNode& lists) {
  const YamlNode* node = node_of(list, id, lists);
  return node != nullptr ? node->where : Position{list.file(), list.entries().line(id), 1};
}

Position place_of_list(std::string_view rules, const std::string& file, std::string_view name) {
  Diagnostics ignored;
  const auto root = parse_yaml(rules, file, ignored);
  const YamlNode* lists = root ? find_member(*root, "lists") : nullptr;
  const YamlNode* list = lists != nullptr ? find_member(*lists, name) : nullptr;
  return list != nullptr ? list->where : Position{file, 0, 0};
}

Position place_of_rules(std::string_view rules, const std::string& file) {
  Diagnostics ignored;
  const auto root = parse_yaml(rules, file, ignored);
  const YamlNode* node = root ? find_member(*root, "rules") : nullptr;
  return node != nullptr ? node->where : Position{file, 0, 0};
}

}  // namespace postern
