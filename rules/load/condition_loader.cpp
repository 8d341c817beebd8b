#include "rules/load/condition_loader.h"

#include <array>

#include "common/config_map.h"

namespace postern {
namespace {

constexpr std::array kCompared = {
    Attribute::client,    Attribute::client_name,      Attribute::reverse_client_name,
    Attribute::helo,      Attribute::sender,           Attribute::sender_domain,
    Attribute::recipient, Attribute::recipient_domain, Attribute::sasl_username,
};

std::optional<Attribute> attribute_named(std::string_view name) {
  for (Attribute attribute : kCompared) {
    if (name == to_string(attribute)) return attribute;
  }
  return std::nullopt;
}

constexpr std::string_view example_of(ListKind kind) {
  switch (kind) {
    case ListKind::network:
      return "192.0.2.0/24 or 2001:db8::1";
    case ListKind::domain:
      return ".a.example, or 'localhost.' for a name without a dot";
    case ListKind::address:
      return "user@a.example or @a.example";
    case ListKind::text:
      return "";
  }
  return "";
}

// A word that can only be meant as the name of a list.
bool looks_like_name(std::string_view text, ListKind kind) {
  return kind != ListKind::text && text.find_first_of(".:@/~*<>[") == std::string_view::npos;
}

class ConditionLoader {
 public:
  ConditionLoader(const std::string& file, SnapshotBuilder& builder, Diagnostics& diagnostics)
      : file_(file), builder_(builder), diagnostics_(diagnostics) {}

  Condition load(const YamlNode& node) {
    ConfigMap map(node, "when", diagnostics_);
    Condition condition;
    for (Attribute attribute : kCompared) map.find(to_string(attribute));  // they are known keys
    for (const YamlMember& member : node.members) {
      // In the order of the file: the first entry with an action of its own is the one that counts.
      const auto attribute = attribute_named(member.key.text);
      if (attribute) load_compared(map, *attribute, condition);
    }
    load_asked(map, "authenticated", Attribute::sasl_username, condition);
    load_asked(map, "tls", Attribute::tls, condition);
    if (const YamlNode* excluded = map.find("not")) load_not(*excluded, condition);
    map.finish();
    return condition;
  }

 private:
  void load_not(const YamlNode& node, Condition& condition) {
    if (node.kind != YamlNode::Kind::sequence) {
      load_excluded(node, condition);
      return;
    }
    for (const YamlNode& item : node.items) load_excluded(item, condition);
  }

  // `not: {}` would exclude everything.
  void load_excluded(const YamlNode& node, Condition& condition) {
    condition.none.push_back(load(node));
    if (node.kind != YamlNode::Kind::map || !node.members.empty()) return;
    diagnostics_.error(node.where, "not: " + found_want("an empty map", "at least one condition"));
  }

  void load_asked(ConfigMap& map, std::string_view key, Attribute attribute, Condition& condition) {
    const auto answer = map.word(key, {"no", "yes", "false", "true"});
    if (!answer) return;
    Predicate predicate;
    predicate.attribute = attribute;
    predicate.kind = *answer % 2 == 1 ? Predicate::Kind::present : Predicate::Kind::absent;
    condition.all.push_back(builder_.intern(std::move(predicate)));
  }

  void load_compared(ConfigMap& map, Attribute attribute, Condition& condition) {
    const auto values = map.scalars(to_string(attribute));
    if (values.empty()) {
      refuse_empty(map, attribute);
      return;
    }
    const ListKind kind = *list_kind_of(attribute);
    Predicate predicate;
    predicate.attribute = attribute;
    auto own = make_list(kind, "inline");
    own->set_file(file_);
    for (const YamlNode* value : values) {
      if (builder_.has_list(value->text)) {
        add_list(*value, kind, attribute, predicate);
      } else {
        add_value(*value, kind, *own);
      }
    }
    if (own->entries().size() > 0) {
      if (auto built = own->build(); !built) diagnostics_.error(map.where(), built.error().text);
      predicate.lists.push_back(&builder_.keep_inline(std::move(own)));
    }
    condition.all.push_back(builder_.intern(std::move(predicate)));
  }

  // `client: []` would match nothing, for ever and in silence.
  void refuse_empty(ConfigMap& map, Attribute attribute) {
    const YamlNode* node = map.find(to_string(attribute));
    if (node == nullptr || node->kind != YamlNode::Kind::sequence || !node->items.empty()) return;
    diagnostics_.error(node->where, std::string(to_string(attribute)) + ": " +
                                        found_want("an empty list", "at least one value"));
  }

  void add_list(const YamlNode& value, ListKind kind, Attribute attribute, Predicate& predicate) {
    const List* list = builder_.use_list(value.text);
    if (list->kind() == kind) {
      predicate.lists.push_back(list);
      return;
    }
    diagnostics_.error(value.where, "list '" + value.text + "' is of kind " +
                                        std::string(to_string(list->kind())) + ", but " +
                                        std::string(to_string(attribute)) + " wants one of kind " +
                                        std::string(to_string(kind)));
  }

  void add_value(const YamlNode& value, ListKind kind, List& own) {
    if (looks_like_name(value.text, kind)) {
      diagnostics_.error(value.where,
                         found_want("'" + value.text + "', which is no list here",
                                    "a name from 'lists:' or " + std::string(example_of(kind))));
      return;
    }
    if (auto added = own.add(value.text, value.where.line, {}); !added) {
      diagnostics_.error(value.where, added.error().text);
    }
  }

  const std::string& file_;
  SnapshotBuilder& builder_;
  Diagnostics& diagnostics_;
};

}  // namespace

Condition load_condition(const YamlNode& node, const std::string& file, SnapshotBuilder& builder,
                         Diagnostics& diagnostics) {
  return ConditionLoader(file, builder, diagnostics).load(node);
}

}  // namespace postern
