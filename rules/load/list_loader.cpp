#include "rules/load/list_loader.h"

#include <algorithm>

#include "common/config_map.h"
#include "rules/load/action_node.h"
#include "rules/load/plain_list.h"

namespace postern {
namespace {

EntryData load_entry_data(ConfigMap& map) {
  EntryData data;
  if (auto reason = map.text("reason")) data.reason = *reason;
  if (auto owner = map.text("owner")) data.owner = *owner;
  if (const YamlNode* expires = map.find("expires")) {
    if (auto time = parse_expiry(expires->text)) {
      data.expires = *time;
    } else {
      map.diagnostics().error(expires->where, time.error().text);
    }
  }
  if (const YamlNode* then = map.find("then")) {
    data.then = load_entry_action(*then, map.diagnostics());
  }
  return data;
}

void load_entry(const YamlNode& node, List& list, Diagnostics& diagnostics) {
  const YamlNode* value = &node;
  EntryData data;
  if (node.kind == YamlNode::Kind::map) {
    ConfigMap map(node, "entry", diagnostics);
    value = map.require("entry");
    data = load_entry_data(map);
    map.finish();
  }
  if (value == nullptr) return;
  if (value->kind != YamlNode::Kind::scalar || value->is_null()) {
    diagnostics.error(value->where,
                      found_want("no entry", "a value or { entry: value, reason: ... }"));
    return;
  }
  if (auto added = list.add(value->text, value->where.line, std::move(data)); !added) {
    diagnostics.error(value->where, added.error().text);
  }
}

void load_entries(ConfigMap& map, const std::string& rule_file, const ReadListFile& read_list,
                  List& list) {
  Diagnostics& diagnostics = map.diagnostics();
  const YamlNode* entries = map.find("entries");
  const YamlNode* file = map.find("file");
  list.set_file(rule_file);
  if ((entries == nullptr) == (file == nullptr)) {
    diagnostics.error(map.where(), map.what() + ": " +
                                       found_want(entries == nullptr ? "neither" : "both",
                                                  "either 'entries:' or 'file:'"));
  } else if (file != nullptr) {
    const auto path = map.text("file");
    if (!path) return;
    list.set_file(*path);
    if (auto text = read_list(*path)) {
      load_plain_list(*text, *path, list, diagnostics);
    } else {
      diagnostics.error(file->where, text.error().text);
    }
  } else if (entries->kind != YamlNode::Kind::sequence) {
    diagnostics.error(entries->where,
                      found_want("no sequence", "entries as [a, b] or '- a' lines"));
  } else {
    for (const YamlNode& entry : entries->items) load_entry(entry, list, diagnostics);
  }
}

std::unique_ptr<List> load_list(const std::string& name, const YamlNode& node,
                                const std::string& rule_file, const ReadListFile& read_list,
                                Diagnostics& diagnostics) {
  ConfigMap map(node, "list '" + name + "'", diagnostics);
  std::optional<std::size_t> kind;
  if (map.require("kind") != nullptr) {
    kind = map.word("kind", {"network", "domain", "address", "text"});
  }
  auto list = make_list(kind ? static_cast<ListKind>(*kind) : ListKind::text, name);
  if (kind) {
    load_entries(map, rule_file, read_list, *list);
  } else {
    map.find("entries");
    map.find("file");
  }
  if (const YamlNode* then = map.find("then")) {
    if (auto action = load_entry_action(*then, diagnostics)) list->set_then(std::move(*action));
  }
  map.finish();
  if (auto built = list->build(); !built) {
    diagnostics.error(node.where, map.what() + ": " + built.error().text);
  }
  return list;
}

}  // namespace

bool is_plain_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), plain);
}

void load_lists(const YamlNode& node, const std::string& file, const ReadListFile& read_list,
                SnapshotBuilder& builder, Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::map) {
    if (!node.is_null()) {
      diagnostics.error(node.where,
                        "lists: " + found_want("no map", "'name: { kind: ... }' lines"));
    }
    return;
  }
  for (const auto& [name, value] : node.members) {
    if (!is_plain_name(name.text) || name.text == "inline") {
      diagnostics.error(name.where,
                        "list name " + found_want("'" + name.text + "'",
                                                  "letters, digits, '-' and '_', at most 64"));
    }
    builder.add_list(load_list(name.text, value, file, read_list, diagnostics));
  }
}

}  // namespace postern
