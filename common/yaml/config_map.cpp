#include "common/yaml/config_map.h"

#include <algorithm>

#include "common/base/duration.h"
#include "common/base/whole_number.h"

namespace postern::yaml {
namespace {

std::string describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::scalar:
      return node.is_null() ? "nothing" : "'" + node.text + "'";
    case YamlNode::Kind::sequence:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
  }
  return "";
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  const bool leading_zero = text.size() > 1 && text[0] == '0';
  return leading_zero ? std::nullopt : parse_whole<std::int64_t>(text);
}

struct Unit {
  std::string_view suffix;
  int shift;
};
constexpr Unit kUnits[] = {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"", 0}};

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.suffix)) continue;
    const auto number = parse_integer(text.substr(0, text.size() - unit.suffix.size()));
    if (!number || *number < 0 || *number > (std::int64_t{1} << 32)) return std::nullopt;
    return static_cast<std::uint64_t>(*number) << unit.shift;
  }
  return std::nullopt;
}

std::string joined(const std::vector<std::string>& words) {
  std::string result;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) result += i + 1 == words.size() ? " or " : ", ";
    result += words[i];
  }
  return result;
}

}  // namespace

std::string found_want(std::string_view found, std::string_view want) {
  return "found " + std::string(found) + ", want " + std::string(want);
}

ConfigMap::ConfigMap(const YamlNode& node, std::string what, Diagnostics& diagnostics)
    : node_(node), what_(std::move(what)), diagnostics_(diagnostics) {
  if (node.kind != YamlNode::Kind::map) {
    diagnostics_.error(node.where, what_ + ": " + found_want(describe(node), "a map of keys"));
  }
}

void ConfigMap::allow(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
}

const YamlNode* ConfigMap::find(std::string_view key) {
  allow(key);
  return find_member(node_, key);
}

const YamlNode* ConfigMap::require(std::string_view key) {
  const YamlNode* node = find(key);
  if (node == nullptr && node_.kind == YamlNode::Kind::map) {
    diagnostics_.error(node_.where, what_ + ": key '" + std::string(key) + "' is missing");
  }
  return node;
}

std::optional<std::string> ConfigMap::text(std::string_view key) {
  const YamlNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind != YamlNode::Kind::scalar || node->is_null()) {
    diagnostics_.error(node->where,
                       std::string(key) + ": " + found_want(describe(*node), "a text"));
    return std::nullopt;
  }
  return node->text;
}

std::optional<std::int64_t> ConfigMap::integer(std::string_view key, std::int64_t min,
                                               std::int64_t max) {
  const YamlNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto value =
      node->kind == YamlNode::Kind::scalar ? parse_integer(node->text) : std::nullopt;
  if (value && *value >= min && *value <= max) return value;
  diagnostics_.error(
      node->where, std::string(key) + ": " +
                       found_want(describe(*node), "a number from " + std::to_string(min) + " to " +
                                                       std::to_string(max)));
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> ConfigMap::duration(std::string_view key,
                                                             std::chrono::milliseconds min,
                                                             std::chrono::milliseconds max) {
  const YamlNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind == YamlNode::Kind::scalar) {
    const auto value = parse_duration(node->text);
    if (value && *value >= min && *value <= max) return *value;
  }
  diagnostics_.error(
      node->where,
      std::string(key) + ": " +
          found_want(describe(*node), "a duration from " + format_duration(min) + " to " +
                                          format_duration(max) + ", e.g. 500ms, 5s, 10m"));
  return std::nullopt;
}

std::optional<std::size_t> ConfigMap::bytes(std::string_view key, std::size_t min,
                                            std::size_t max) {
  const YamlNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->kind == YamlNode::Kind::scalar ? parse_bytes(node->text) : std::nullopt;
  if (value && *value >= min && *value <= max) return *value;
  diagnostics_.error(
      node->where,
      std::string(key) + ": " +
          found_want(describe(*node), "a size from " + std::to_string(min) + " to " +
                                          std::to_string(max) + " bytes, e.g. 16KiB, 64MiB"));
  return std::nullopt;
}

std::optional<LogShare> ConfigMap::log_share(std::string_view key) {
  const YamlNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto share =
      parse_log_share(node->kind == YamlNode::Kind::scalar ? node->text : std::string());
  if (share) return *share;
  diagnostics_.error(node->where,
                     std::string(key) + ": " + found_want(describe(*node), share.error().text));
  return std::nullopt;
}

std::optional<std::size_t> ConfigMap::word(std::string_view key,
                                           const std::vector<std::string_view>& words) {
  const YamlNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), node->text);
  if (node->kind == YamlNode::Kind::scalar && found != words.end()) {
    return static_cast<std::size_t>(found - words.begin());
  }
  const std::vector<std::string> names(words.begin(), words.end());
  diagnostics_.error(node->where,
                     std::string(key) + ": " + found_want(describe(*node), joined(names)));
  return std::nullopt;
}

std::vector<const YamlNode*> ConfigMap::scalars(std::string_view key) {
  std::vector<const YamlNode*> result;
  const YamlNode* node = find(key);
  if (node == nullptr) return result;
  const auto take = [&](const YamlNode& item) {
    if (item.kind == YamlNode::Kind::scalar && !item.is_null()) {
      result.push_back(&item);
    } else {
      diagnostics_.error(item.where,
                         std::string(key) + ": " + found_want(describe(item), "a text"));
    }
  };
  if (node->kind != YamlNode::Kind::sequence) {
    take(*node);
  } else {
    for (const YamlNode& item : node->items) take(item);
  }
  return result;
}

void ConfigMap::finish() {
  for (const auto& [name, value] : node_.members) {
    if (std::find(known_.begin(), known_.end(), name.text) != known_.end()) continue;
    diagnostics_.error(name.where,
                       what_ + ": " + found_want("the key '" + name.text + "'", joined(known_)));
  }
}

}  // namespace postern::yaml
