// YAML as a tree that knows where every node stands, read strictly: what yaml-cpp would accept in
// silence is an error here. The only user of yaml-cpp. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/diagnostic.h"

namespace postern::yaml {

struct YamlMember;

struct YamlNode {
  enum class Kind { scalar, sequence, map };
  enum class Style { plain, quoted };

  Kind kind = Kind::scalar;
  Style style = Style::plain;  // of a scalar
  Position where;
  std::string text;                 // of a scalar
  std::vector<YamlNode> items;      // of a sequence
  std::vector<YamlMember> members;  // of a map

  // An empty plain scalar, `~` or `null`: a key without a value.
  [[nodiscard]] bool is_null() const;
};

// A key, which is a scalar, and its value.
struct YamlMember {
  YamlNode key;
  YamlNode value;
};

// The value of a key; null when `node` is no map or has none of that name.
const YamlNode* find_member(const YamlNode& node, std::string_view key);

// Limits on what is read. Everything beyond is an error, not cut.
struct YamlLimits {
  std::size_t max_bytes = std::size_t{4} << 20;
  std::size_t max_nodes = 200'000;
  int max_depth = 32;
};

// Nothing when `text` is not one well-formed document. Errors: YAML syntax, invalid UTF-8 and
// control characters, duplicate keys (both places are named), keys that are not scalars, tags,
// anchors, aliases and merge keys, a second document, limits (max_nodes before anything is read,
// too: common/yaml/yaml_amount.h). After a thousand errors it stops.
std::optional<YamlNode> parse_yaml(std::string_view text, const std::string& file,
                                   Diagnostics& diagnostics, const YamlLimits& limits = {});

// The same, but for keys that stand twice, which are errors all the same: the first counts, so that
// what else is wrong with the file can be told in the same go. An error that was reported is not to
// be forgotten because there is a tree.
std::optional<YamlNode> parse_yaml_past_duplicates(std::string_view text, const std::string& file,
                                                   Diagnostics& diagnostics);

}  // namespace postern::yaml
