#include "rules/load/list_place.h"

#include "common/yaml_node.h"

namespace postern {
namespace {

const YamlNode* member(const YamlNode& node, std::string_view key) {
  for (const auto& [name, value] : node.members) {
    if (name.text == key) return &value;
  }
  return nullptr;
}

}  // namespace

Position place_of_list(std::string_view rules, const std::string& file, std::string_view name) {
  Diagnostics ignored;
  const auto root = parse_yaml(rules, file, ignored);
  const YamlNode* lists = root ? member(*root, "lists") : nullptr;
  const YamlNode* list = lists != nullptr ? member(*lists, name) : nullptr;
  return list != nullptr ? list->where : Position{file, 0, 0};
}

}  // namespace postern
