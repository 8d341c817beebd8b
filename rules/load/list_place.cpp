#include "rules/load/list_place.h"

namespace postern::load {
namespace {

// The value of an entry that stands in the rule file; null for one of a list file.
const yaml::YamlNode* node_of(const lists::List& list, lists::EntryId id,
                              const yaml::YamlNode& lists) {
  const yaml::YamlNode* node = yaml::find_member(lists, list.name());
  const yaml::YamlNode* entries = node == nullptr ? nullptr : yaml::find_member(*node, "entries");
  if (entries == nullptr || id >= entries->items.size()) return nullptr;
  const yaml::YamlNode& item = entries->items[id];
  return item.kind == yaml::YamlNode::Kind::map ? yaml::find_member(item, "entry") : &item;
}

}  // namespace

Position place_of_entry(const lists::List& list, lists::EntryId id, const yaml::YamlNode& lists) {
  const yaml::YamlNode* node = node_of(list, id, lists);
  return node != nullptr ? node->where : Position{list.file_of(id), list.entries().line(id), 1};
}

Position place_of_list(std::string_view rules, const std::string& file, std::string_view name) {
  Diagnostics ignored;
  const auto root = yaml::parse_yaml(rules, file, ignored);
  const yaml::YamlNode* lists = root ? yaml::find_member(*root, "lists") : nullptr;
  const yaml::YamlNode* list = lists != nullptr ? yaml::find_member(*lists, name) : nullptr;
  return list != nullptr ? list->where : Position{file, 0, 0};
}

Position place_of_rules(std::string_view rules, const std::string& file) {
  Diagnostics ignored;
  const auto root = yaml::parse_yaml(rules, file, ignored);
  const yaml::YamlNode* node = root ? yaml::find_member(*root, "rules") : nullptr;
  return node != nullptr ? node->where : Position{file, 0, 0};
}

}  // namespace postern::load
