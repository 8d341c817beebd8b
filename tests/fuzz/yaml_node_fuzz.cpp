// Any bytes give a tree within the limits or an error, never both and never neither.
#include "common/yaml/yaml_node.h"

#include <algorithm>

#include "tests/fuzz/require.h"

namespace postern::yaml_node_fuzz {
namespace {

struct Size {
  std::size_t nodes = 0;
  int depth = 0;
};

void measure(const yaml::YamlNode& node, int depth, Size& size) {
  ++size.nodes;
  require(node.where.line >= 1 && node.where.column >= 1);
  if (node.kind != yaml::YamlNode::Kind::scalar) size.depth = std::max(size.depth, depth + 1);
  for (const yaml::YamlNode& item : node.items) measure(item, depth + 1, size);
  for (const auto& [key, value] : node.members) {
    require(key.kind == yaml::YamlNode::Kind::scalar);
    measure(key, depth + 1, size);
    measure(value, depth + 1, size);
  }
}

void check(std::string_view text) {
  yaml::YamlLimits limits;
  limits.max_nodes = 500;
  limits.max_depth = 10;
  Diagnostics diagnostics;
  const auto root = yaml::parse_yaml(text, "f", diagnostics, limits);
  require(root.has_value() == !diagnostics.has_errors());
  if (!root) return;
  Size size;
  measure(*root, 0, size);
  require(size.nodes <= limits.max_nodes && size.depth <= limits.max_depth);
}

}  // namespace
}  // namespace postern::yaml_node_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postern::yaml_node_fuzz::check(postern::as_text(data, size));
  return 0;
}
