#include "rules/load/action_node.h"

#include "common/yaml/config_map.h"
#include "rules/model/reply_text.h"

namespace postern::load {
namespace {

// `{ reject: 550 text }` says the same as `reject 550 text`.
std::optional<std::string> action_text(const yaml::YamlNode& node, Diagnostics& diagnostics) {
  if (node.kind == yaml::YamlNode::Kind::scalar && !node.is_null()) return node.text;
  if (node.kind == yaml::YamlNode::Kind::map && node.members.size() == 1 &&
      node.members[0].value.kind == yaml::YamlNode::Kind::scalar) {
    const auto& [verb, argument] = node.members[0];
    return argument.is_null() ? verb.text : verb.text + " " + argument.text;
  }
  diagnostics.error(node.where,
                    "found no action, want e.g. pass, 'reject 550 5.7.1 \"text\"' or "
                    "{ prepend: \"Header: value\" }");
  return std::nullopt;
}

std::optional<Action> load_action(const yaml::YamlNode& node, Diagnostics& diagnostics) {
  const auto text = action_text(node, diagnostics);
  if (!text) return std::nullopt;
  auto action = parse_action(*text);
  if (action) return std::move(*action);
  diagnostics.error(node.where, action.error().text);
  return std::nullopt;
}

Result<void> check_entry_action(const Action& action) {
  const ActionKind kind = kind_of(action);
  if (auto good = check_placeholders(action); !good) return good;
  if (is_final(kind) || kind == ActionKind::copy || kind == ActionKind::log) return {};
  return failure(std::string(to_string(kind)) +
                 " cannot be the action of an entry; want pass, reject, defer, discard, hold, "
                 "redirect, copy or log");
}

}  // namespace

Result<void> check_placeholders(const Action& action, const CheckInfo* own) {
  const std::string text = postern::action_text(action);
  for (const std::string_view placeholder : kCheckPlaceholders) {
    const bool is_own =
        own != nullptr && (placeholder == own->placeholder || placeholder == own->quote ||
                           (placeholder == kAuthResultsPlaceholder &&
                            own->authenticates == CheckInfo::Authenticates::yes));
    if (is_own || text.find(placeholder) == std::string::npos) continue;
    return failure(yaml::found_want(placeholder, "it in a rule whose check has a value for it"));
  }
  return {};
}

std::vector<Action> load_actions(const yaml::YamlNode& node, Diagnostics& diagnostics) {
  std::vector<Action> actions;
  const bool is_sequence = node.kind == yaml::YamlNode::Kind::sequence;
  const std::size_t count = is_sequence ? node.items.size() : 1;
  for (std::size_t i = 0; i < count; ++i) {
    const yaml::YamlNode& item = is_sequence ? node.items[i] : node;
    auto action = load_action(item, diagnostics);
    if (!action) continue;
    if (is_final(kind_of(*action)) && i + 1 < count) {
      diagnostics.error(item.where, std::string(to_string(kind_of(*action))) +
                                        " decides, so nothing after it is reached; want it last");
    }
    actions.push_back(std::move(*action));
  }
  if (count == 0) diagnostics.error(node.where, "found no action, want at least one");
  return actions;
}

std::optional<Action> load_entry_action(const yaml::YamlNode& node, Diagnostics& diagnostics) {
  auto action = load_action(node, diagnostics);
  if (!action) return std::nullopt;
  if (auto good = check_entry_action(*action); !good) {
    diagnostics.error(node.where, good.error().text);
    return std::nullopt;
  }
  return action;
}

Result<Action> parse_entry_action(std::string_view text) {
  auto action = parse_action(text);
  if (!action) return action;
  if (auto good = check_entry_action(*action); !good) return tl::unexpected(good.error());
  return action;
}

}  // namespace postern::load
