#include "rules/load/condition_loader.h"

#include <algorithm>

#include "common/base/ascii_case.h"
#include "common/base/escape.h"
#include "common/base/words.h"
#include "common/yaml/config_map.h"
#include "rules/lists/safety_limits.h"
#include "rules/load/found_loader.h"
#include "rules/load/regex_warnings.h"
#include "rules/never_match.h"

namespace postern::load {
namespace {

constexpr std::string_view kHeader = "header.";
constexpr std::size_t kMaxFieldName = 76;

// RFC 5322 3.6.8: visible ASCII without a colon.
bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxFieldName &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return c > ' ' && c <= '~' && c != ':'; });
}

std::string_view example_of(lists::ListKind kind) {
  using enum lists::ListKind;
  static constexpr Word<lists::ListKind> kWords[] = {
      {"192.0.2.0/24 or 2001:db8::1", network},
      {".a.example, or 'localhost.' for a name without a dot", domain},
      {"user@a.example or @a.example", address},
      {"", text}};
  return word_of(kWords, kind);
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
    for_each_named([&](const AttributeInfo& info) { map.allow(info.word); });
    // In the order of the file: the first entry with an action of its own is the one that counts.
    for (const yaml::YamlMember& member : node.members) {
      const std::string& key = member.key.text;
      for_each_named([&](const AttributeInfo& info) {
        if (key == info.word) load_compared(map, key, {.attribute = info.attribute}, condition);
      });
      if (key.starts_with(kHeader)) load_header(map, member.key, condition);
    }
    for (const AttributeInfo& info : attributes()) load_question(map, info, condition);
    for (const yaml::YamlNode* value : map.scalars("found")) {
      condition.found.push_back(load_found(*value, builder_, diagnostics_));
    }
    if (condition.found.empty()) refuse_empty(map, "found");
    if (const yaml::YamlNode* excluded = map.find("not")) load_not(*excluded, condition);
    map.finish();
    return condition;
  }

 private:
  // Those whose word is the key of a condition; header fields go by their own names.
  template <class Take>
  static void for_each_named(Take take) {
    for (const AttributeInfo& info : attributes()) {
      if (list_kind_of(info.attribute) && !is_about_header(info.attribute)) take(info);
    }
  }

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

  void load_question(yaml::ConfigMap& map, const AttributeInfo& info, Condition& condition) {
    using Answers = AttributeQuestion::Answers;
    constexpr Word<bool> kYes[] = {{"yes", true}, {"true", true}};
    const AttributeQuestion& question = info.question;
    if (question.answers == Answers::none) return;
    const auto wanted = question.answers == Answers::yes ? map.one_of(question.key, kYes)
                                                         : map.one_of(question.key, yaml::kYesOrNo);
    if (!wanted) return;
    condition.all.push_back(
        builder_.intern({.attribute = info.attribute,
                         .kind = *wanted ? Predicate::Kind::present : Predicate::Kind::absent}));
  }

  // `header.subject`: any field by its name. Three words beside the names of fields are about the
  // mailboxes in From:.
  void load_header(yaml::ConfigMap& map, const yaml::YamlNode& key, Condition& condition) {
    const std::string name = ascii_lower(std::string_view(key.text).substr(kHeader.size()));
    map.allow(key.text);
    for (const AttributeInfo& info : attributes()) {
      if (!info.word.starts_with(kHeader) || info.word.substr(kHeader.size()) != name) continue;
      if (info.attribute == Attribute::header_from_differs) {
        load_from_differs(map, key.text, condition);
      } else {
        load_compared(map, key.text, {.attribute = info.attribute}, condition);
      }
      return;
    }
    if (is_field_name(name)) {
      load_compared(map, key.text, {.attribute = Attribute::header, .header = name}, condition);
    } else {
      diagnostics_.error(key.where, yaml::found_want("'" + printable(key.text) + "'",
                                                     "the name of a header field: header.subject"));
    }
  }

  void load_from_differs(yaml::ConfigMap& map, const std::string& key, Condition& condition) {
    constexpr Word<Predicate::Kind> kParts[] = {{"address", Predicate::Kind::differs_in_address},
                                                {"domain", Predicate::Kind::differs_in_domain}};
    if (const auto kind = map.one_of(key, kParts)) {
      condition.all.push_back(
          builder_.intern({.attribute = Attribute::header_from_differs, .kind = *kind}));
    }
  }

  void load_compared(yaml::ConfigMap& map, const std::string& key, Predicate predicate,
                     Condition& condition) {
    const auto values = map.scalars(key);
    if (values.empty()) {
      refuse_empty(map, key);
      return;
    }
    if (const auto fact = database_fact(predicate.attribute)) {
      predicate.database = builder_.database(*fact);
      if (!builder_.names_database(*fact)) refuse_without_database(map, key);
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

  void refuse_without_database(yaml::ConfigMap& map, const std::string& key) {
    diagnostics_.error(map.find(key)->where,
                       key + ": " +
                           yaml::found_want("no database that says it",
                                            "'databases: { " + key + ": FILE.mmdb }'"));
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
