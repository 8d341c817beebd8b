#include "rules/load/condition_loader.h"

#include <algorithm>
#include <array>

#include "common/base/ascii_case.h"
#include "common/base/escape.h"
#include "common/yaml/config_map.h"
#include "rules/lists/breadth.h"
#include "rules/load/regex_warnings.h"
#include "rules/never_match.h"

namespace postern::load {
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

constexpr std::string_view kHeader = "header.";
constexpr std::size_t kMaxFieldName = 76;

// RFC 5322 3.6.8: visible ASCII without a colon.
bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxFieldName &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return c > ' ' && c <= '~' && c != ':'; });
}

constexpr std::string_view example_of(lists::ListKind kind) {
  switch (kind) {
    case lists::ListKind::network:
      return "192.0.2.0/24 or 2001:db8::1";
    case lists::ListKind::domain:
      return ".a.example, or 'localhost.' for a name without a dot";
    case lists::ListKind::address:
      return "user@a.example or @a.example";
    case lists::ListKind::text:
      return "";
  }
  return "";
}

// A word that can only be meant as the name of a list.
bool looks_like_name(std::string_view text, lists::ListKind kind) {
  return kind != lists::ListKind::text && text.find_first_of(".:@/~*<>[") == std::string_view::npos;
}

class ConditionLoader {
 public:
  ConditionLoader(const std::string& file, SnapshotBuilder& builder, Diagnostics& diagnostics)
      : file_(file), builder_(builder), diagnostics_(diagnostics) {}

  Condition load(const yaml::YamlNode& node) {
    yaml::ConfigMap map(node, "when", diagnostics_);
    Condition condition;
    for (Attribute attribute : kCompared) map.find(to_string(attribute));  // they are known keys
    for (const yaml::YamlMember& member : node.members) {
      // In the order of the file: the first entry with an action of its own is the one that counts.
      const std::string& key = member.key.text;
      if (const auto attribute = attribute_named(key)) {
        load_compared(map, key, {.attribute = *attribute}, condition);
      } else if (key.starts_with(kHeader)) {
        load_header(map, member.key, condition);
      }
    }
    load_asked(map, "authenticated", Attribute::sasl_username, condition);
    load_asked(map, "tls", Attribute::tls, condition);
    load_asked(map, "headers_cut", Attribute::headers_cut, condition);
    if (map.word("recipient_refused", {"yes", "true"})) {
      condition.all.push_back(builder_.intern(
          {.attribute = Attribute::recipient_refused, .kind = Predicate::Kind::present}));
    }
    if (const yaml::YamlNode* excluded = map.find("not")) load_not(*excluded, condition);
    map.finish();
    return condition;
  }

 private:
  void load_not(const yaml::YamlNode& node, Condition& condition) {
    if (node.kind != yaml::YamlNode::Kind::sequence) {
      load_excluded(node, condition);
      return;
    }
    for (const yaml::YamlNode& item : node.items) load_excluded(item, condition);
  }

  // `not: {}` would exclude everything.
  void load_excluded(const yaml::YamlNode& node, Condition& condition) {
    condition.none.push_back(load(node));
    if (node.kind != yaml::YamlNode::Kind::map || !node.members.empty()) return;
    diagnostics_.error(node.where,
                       "not: " + yaml::found_want("an empty map", "at least one condition"));
  }

  void load_asked(yaml::ConfigMap& map, std::string_view key, Attribute attribute,
                  Condition& condition) {
    const auto answer = map.word(key, {"no", "yes", "false", "true"});
    if (!answer) return;
    Predicate predicate;
    predicate.attribute = attribute;
    predicate.kind = *answer % 2 == 1 ? Predicate::Kind::present : Predicate::Kind::absent;
    condition.all.push_back(builder_.intern(std::move(predicate)));
  }

  // `header.subject`: any field by its name. Three words beside the names of fields are about the
  // mailboxes in From:.
  void load_header(yaml::ConfigMap& map, const yaml::YamlNode& key, Condition& condition) {
    const std::string name = ascii_lower(std::string_view(key.text).substr(kHeader.size()));
    map.find(key.text);
    if (name == "from_address") {
      load_compared(map, key.text, {.attribute = Attribute::header_from_address}, condition);
    } else if (name == "from_domain") {
      load_compared(map, key.text, {.attribute = Attribute::header_from_domain}, condition);
    } else if (name == "from_differs") {
      load_from_differs(map, key.text, condition);
    } else if (is_field_name(name)) {
      load_compared(map, key.text, {.attribute = Attribute::header, .header = name}, condition);
    } else {
      diagnostics_.error(key.where, yaml::found_want("'" + printable(key.text) + "'",
                                                     "the name of a header field: header.subject"));
    }
  }

  void load_from_differs(yaml::ConfigMap& map, const std::string& key, Condition& condition) {
    const auto part = map.word(key, {"address", "domain"});
    if (!part) return;
    Predicate predicate;
    predicate.attribute = Attribute::header_from_differs;
    predicate.kind =
        *part == 0 ? Predicate::Kind::differs_in_address : Predicate::Kind::differs_in_domain;
    condition.all.push_back(builder_.intern(std::move(predicate)));
  }

  void load_compared(yaml::ConfigMap& map, const std::string& key, Predicate predicate,
                     Condition& condition) {
    const auto values = map.scalars(key);
    if (values.empty()) {
      refuse_empty(map, key);
      return;
    }
    const lists::ListKind kind = *list_kind_of(predicate.attribute);
    auto own = lists::make_list(kind, "inline");
    own->set_origin({.name = "inline", .file = file_});
    std::vector<Position> places;  // by entry
    for (const yaml::YamlNode* value : values) {
      if (builder_.find_list(value->text) != nullptr) {
        add_list(*value, kind, key, predicate);
      } else {
        add_value(*value, predicate.attribute, *own);
        places.resize(own->entries().size(), value->where);
      }
    }
    if (own->entries().size() > 0) {
      if (auto built = own->build(); built) {
        own->set_broad(lists::find_broad(*own));
        builder_.note_regexes(*own);
        warn_of_dear_regexes(
            *own, [&](lists::EntryId id) { return places[id]; }, diagnostics_);
      } else {
        diagnostics_.error(map.where(), built.error().text);
      }
      predicate.lists.push_back(&builder_.keep_inline(std::move(own)));
    }
    condition.all.push_back(builder_.intern(std::move(predicate)));
  }

  // `client: []` would match nothing, for ever and in silence.
  void refuse_empty(yaml::ConfigMap& map, const std::string& key) {
    const yaml::YamlNode* node = map.find(key);
    if (node == nullptr || node->kind != yaml::YamlNode::Kind::sequence || !node->items.empty())
      return;
    diagnostics_.error(node->where,
                       key + ": " + yaml::found_want("an empty list", "at least one value"));
  }

  void add_list(const yaml::YamlNode& value, lists::ListKind kind, const std::string& key,
                Predicate& predicate) {
    const lists::List* list = builder_.use_list(value.text);
    if (list->kind() == kind) {
      predicate.lists.push_back(list);
      return;
    }
    diagnostics_.error(value.where, "list '" + value.text + "' is of kind " +
                                        std::string(lists::to_string(list->kind())) + ", but " +
                                        key + " wants one of kind " +
                                        std::string(lists::to_string(kind)));
  }

  void add_value(const yaml::YamlNode& value, Attribute attribute, lists::List& own) {
    const lists::ListKind kind = own.kind();
    if (looks_like_name(value.text, kind)) {
      diagnostics_.error(
          value.where,
          yaml::found_want("'" + value.text + "', which is no list here",
                           "a name from 'lists:' or " + std::string(example_of(kind))));
      return;
    }
    if (auto added = own.add(value.text, value.where.line, {}); !added) {
      diagnostics_.error(value.where, added.error().text);
      return;
    }
    const lists::EntryId id = static_cast<lists::EntryId>(own.entries().size() - 1);
    if (const auto why = why_never_matches(attribute, own, id)) {
      diagnostics_.warning(value.where, "'" + value.text + "' never matches: it " + why->why +
                                            "; want " + why->want);
    }
  }

  const std::string& file_;
  SnapshotBuilder& builder_;
  Diagnostics& diagnostics_;
};

}  // namespace

Condition load_condition(const yaml::YamlNode& node, const std::string& file,
                         SnapshotBuilder& builder, Diagnostics& diagnostics) {
  return ConditionLoader(file, builder, diagnostics).load(node);
}

}  // namespace postern::load
