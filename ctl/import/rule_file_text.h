// What was imported, as the files of a configuration: rules.yaml and the lists beside it. Pure.
#pragma once

#include <map>
#include <string>

#include "ctl/import/imported.h"

namespace postern::import {

struct RuleFiles {
  std::string rules;                         // the text of rules.yaml
  std::map<std::string, std::string> lists;  // text by path, relative to rules.yaml
};

// `origin` says where it comes from, in the comment at the top.
RuleFiles rule_files(const Imported& imported, const std::string& origin);

// What load_rules() says against them; empty when they load. Anything else is a bug in an importer.
std::string load_fault(const RuleFiles& files);

}  // namespace postern::import
