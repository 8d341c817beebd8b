#include "rules/load/list_place.h"

#include "common/yaml_node.h"

namespace postern {

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
