#include "ctl/import/rule_file_text.h"

#include "common/base/escape.h"
#include "ctl/import/outcome.h"
#include "rules/load/rule_file.h"
#include "rules/model/reply_text.h"

namespace postern::import {
namespace {

std::string path_of(const ImportedList& list) {
  return "lists/" + list.name + ".txt";
}

// A word of a list file: in quotes when something in it would end it or begin a comment.
std::string list_word(const std::string& value) {
  const bool plain = value.find_first_of(" \t\"") == std::string::npos && !value.starts_with('#');
  return plain ? value : quote(value);
}

std::string list_text(const ImportedList& list) {
  std::string text;
  for (const ImportedEntry& entry : list.entries) {
    text += list_word(entry.value);
    if (!entry.then.empty()) text += " then=" + list_word(entry.then);
    text += '\n';
  }
  return text;
}

std::string rule_text(const ImportedRule& rule) {
  std::string text = "  - name: " + rule.name + "\n";
  if (!rule.when.empty()) text += "    when:\n";
  for (const std::string& line : rule.when) text += "      " + line + "\n";
  if (rule.then.size() == 1) return text + "    then: " + yaml_quoted(rule.then.front()) + "\n";
  text += "    then:\n";
  for (const std::string& action : rule.then) text += "      - " + yaml_quoted(action) + "\n";
  return text;
}

}  // namespace

RuleFiles rule_files(const Imported& imported, const std::string& origin) {
  RuleFiles files;
  files.rules = "# Imported from " + printable(origin) + " by posternctl import.\nversion: 1\n";
  if (!imported.lists.empty()) files.rules += "\nlists:\n";
  for (const ImportedList& list : imported.lists) {
    files.rules += "  " + list.name + ": { kind: " + std::string(lists::to_string(list.kind)) +
                   ", file: " + path_of(list) + " }\n";
    files.lists[path_of(list)] = list_text(list);
  }
  files.rules += imported.rules.empty() ? "\nrules: []\n" : "\nrules:\n";
  for (const ImportedRule& rule : imported.rules) files.rules += rule_text(rule);
  return files;
}

std::string load_fault(const RuleFiles& files) {
  const auto read = [&](const std::string& path) -> Result<std::string_view> {
    const auto list = files.lists.find(path);
    if (list == files.lists.end()) return failure("cannot open " + path);
    return std::string_view(list->second);
  };
  Diagnostics diagnostics;
  if (load::load_rules(files.rules, "rules.yaml", read, 1, LoadTarget{}, diagnostics)) return {};
  return diagnostics.to_string();
}

}  // namespace postern::import
