#include "rules/load/list_loader.h"

#include <algorithm>
#include <utility>

#include "common/yaml/config_map.h"
#include "rules/lists/safety_limits.h"
#include "rules/load/action_node.h"
#include "rules/load/plain_list.h"
#include "rules/load/spf_list.h"

namespace postern::load {
namespace {

lists::EntryData load_entry_data(yaml::ConfigMap& map) {
  lists::EntryData data;
  if (auto reason = map.text("reason")) data.reason = *reason;
  if (auto owner = map.text("owner")) data.owner = *owner;
  if (const yaml::YamlNode* expires = map.find("expires")) {
    if (auto time = parse_expiry(expires->text)) {
      data.expires = *time;
    } else {
      map.diagnostics().error(expires->where, time.error().text);
    }
  }
  if (const yaml::YamlNode* then = map.find("then")) {
    data.then = load_entry_action(*then, map.diagnostics());
  }
  return data;
}

void load_entry(const yaml::YamlNode& node, lists::List& list, Diagnostics& diagnostics) {
  const yaml::YamlNode* value = &node;
  lists::EntryData data;
  if (node.kind == yaml::YamlNode::Kind::map) {
    yaml::ConfigMap map(node, "entry", diagnostics);
    value = map.require("entry");
    data = load_entry_data(map);
    map.finish();
  }
  if (value == nullptr) return;
  if (value->kind != yaml::YamlNode::Kind::scalar || value->is_null()) {
    diagnostics.error(value->where,
                      yaml::found_want("no entry", "a value or { entry: value, reason: ... }"));
    return;
  }
  if (auto added = list.add(value->text, value->where.line, std::move(data)); !added) {
    diagnostics.error(value->where, added.error().text);
  }
}

class ListLoader {
 public:
  ListLoader(const yaml::YamlNode& node, lists::ListOrigin origin, const ReadListFile& read_list,
             const Snapshot* previous, SnapshotBuilder& builder, Diagnostics& diagnostics)
      : map_(node, "list '" + origin.name + "'", diagnostics),
        origin_(std::move(origin)),
        read_list_(read_list),
        previous_(previous),
        builder_(builder),
        diagnostics_(diagnostics) {}

  std::shared_ptr<const lists::List> load() {
    const auto kind = load_kind();
    if (const yaml::YamlNode* then = map_.find("then")) {
      origin_.then = load_entry_action(*then, diagnostics_);
    }
    if (map_.one_of("may_shrink", yaml::kYesOrNo) == true) {
      origin_.shrinking = lists::Shrinking::expected;
    }
    const yaml::YamlNode* entries = map_.find("entries");
    const yaml::YamlNode* file = map_.find("file");
    const yaml::YamlNode* spf = map_.find("spf");
    if (spf != nullptr) origin_.spf = load_spf_domains(map_);
    map_.finish();
    if (!kind) return lists::make_list(lists::ListKind::text, origin_.name);
    if (spf != nullptr && file == nullptr) return load_spf(*kind, *spf, entries);
    if (spf == nullptr && (entries == nullptr) != (file == nullptr)) {
      return file != nullptr ? load_file(*kind, *file) : load_entries(*kind, *entries);
    }
    const bool is_empty = entries == nullptr && file == nullptr;
    diagnostics_.error(map_.where(),
                       map_.what() + ": " +
                           yaml::found_want(is_empty         ? "none of them"
                                            : spf != nullptr ? "'file:' and 'spf:'"
                                                             : "'entries:' and 'file:'",
                                            "'entries:', 'file:', or 'spf:' with or without "
                                            "'entries:'"));
    return lists::make_list(*kind, origin_.name);
  }

 private:
  std::optional<lists::ListKind> load_kind() {
    if (map_.require("kind") == nullptr) return std::nullopt;
    return map_.one_of("kind", lists::kListKinds);
  }

  std::shared_ptr<const lists::List> load_file(lists::ListKind kind, const yaml::YamlNode& file) {
    const auto path = map_.text("file");
    if (!path) return lists::make_list(kind, origin_.name);
    origin_.file = *path;
    const auto text = read_list_(*path);
    if (!text) {
      diagnostics_.error(file.where, text.error().text);
      return lists::make_list(kind, origin_.name);
    }
    origin_.text = fingerprint_of(*text);
    if (auto same = find_same(kind)) return same;
    auto list = new_list(kind);
    load_plain_list(*text, *path, *list, diagnostics_);
    return build(std::move(list));
  }

  // Networks that are kept change by themselves: what cannot be read of them now, stays.
  std::shared_ptr<const lists::List> load_spf(lists::ListKind kind, const yaml::YamlNode& spf,
                                              const yaml::YamlNode* entries) {
    if (kind != lists::ListKind::network) {
      diagnostics_.error(
          spf.where,
          "spf: " + yaml::found_want("it in a list of kind " + std::string(lists::to_string(kind)),
                                     "it in one of kind network"));
      return lists::make_list(kind, origin_.name);
    }
    const auto kept = read_list_.kept(origin_.name);
    const auto before = previous_ != nullptr ? previous_->find_list(origin_.name) : nullptr;
    const bool stays = !kept.text && before && before->origin().spf == origin_.spf;
    origin_.rule_file = std::exchange(origin_.file, kept.path);
    if (kept.text) origin_.text = fingerprint_of(*kept.text);
    if (stays) origin_.text = before->origin().text;
    if (entries != nullptr) origin_.written = static_cast<lists::EntryId>(entries->items.size());
    const SpfPlace place{spf.where, kept.path, kept.text ? "" : kept.text.error().text};
    std::shared_ptr<const lists::List> list;
    if (entries == nullptr) list = find_same(kind);
    if (!list) {
      auto fresh = new_list(kind);
      if (entries != nullptr) add_entries(*entries, *fresh);
      if (stays) {
        add_published(*before, *fresh);
      } else if (kept.text) {
        add_published(*kept.text, place, *fresh, diagnostics_);
      } else {
        fresh->set_unknown(origin_.spf);
      }
      list = build(std::move(fresh));
    }
    warn_of_unknown_networks(*list, place, diagnostics_);
    return list;
  }

  std::shared_ptr<const lists::List> load_entries(lists::ListKind kind,
                                                  const yaml::YamlNode& entries) {
    auto list = new_list(kind);
    add_entries(entries, *list);
    return build(std::move(list));
  }

  void add_entries(const yaml::YamlNode& entries, lists::List& list) {
    if (entries.kind != yaml::YamlNode::Kind::sequence) {
      diagnostics_.error(entries.where,
                         yaml::found_want("no sequence", "entries as [a, b] or '- a' lines"));
    }
    for (const yaml::YamlNode& entry : entries.items) load_entry(entry, list, diagnostics_);
  }

  // What a load depends on is the kind and the origin; all that a list file can hold is in its
  // text. Regexes get their part of the memory anew, without the states that they have by now.
  [[nodiscard]] std::shared_ptr<const lists::List> find_same(lists::ListKind kind) const {
    const auto list = previous_ != nullptr ? previous_->find_list(origin_.name) : nullptr;
    const bool same = list && list->kind() == kind && list->origin() == origin_;
    return same && list->regexes().empty() ? list : nullptr;
  }

  [[nodiscard]] std::unique_ptr<lists::List> new_list(lists::ListKind kind) const {
    auto list = lists::make_list(kind, origin_.name);
    list->set_origin(origin_);
    return list;
  }

  std::shared_ptr<const lists::List> build(std::unique_ptr<lists::List> list) {
    if (auto built = list->build(); !built) {
      diagnostics_.error(map_.where(), map_.what() + ": " + built.error().text);
    } else {
      list->set_broad(lists::find_broad(*list));
      builder_.note_regexes(*list);
    }
    return list;
  }

  yaml::ConfigMap map_;
  lists::ListOrigin origin_;
  const ReadListFile& read_list_;
  const Snapshot* previous_;
  SnapshotBuilder& builder_;
  Diagnostics& diagnostics_;
};

}  // namespace

bool is_plain_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), plain);
}

void load_lists(const yaml::YamlNode& node, const std::string& file, const ReadListFile& read_list,
                const Snapshot* previous, SnapshotBuilder& builder, Diagnostics& diagnostics) {
  if (node.kind != yaml::YamlNode::Kind::map) {
    if (!node.is_null()) {
      diagnostics.error(node.where,
                        "lists: " + yaml::found_want("no map", "'name: { kind: ... }' lines"));
    }
    return;
  }
  for (const auto& [name, value] : node.members) {
    if (!is_plain_name(name.text) || name.text == "inline") {
      diagnostics.error(
          name.where, "list name " + yaml::found_want("'" + name.text + "'",
                                                      "letters, digits, '-' and '_', at most 64"));
    }
    const lists::ListOrigin origin{.name = name.text, .file = file};
    builder.add_list(ListLoader(value, origin, read_list, previous, builder, diagnostics).load());
  }
}

}  // namespace postern::load
