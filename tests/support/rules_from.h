// Rules for a test, from the text of a rule file. Throws what the loader says when it does not
// load, which GoogleTest shows as the failure of the test.
#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "rules/load/rule_file.h"

namespace postern {

// The list files beside a rule file, by path.
using ListFiles = std::map<std::string, std::string>;

inline load::ReadListFile reader_of(const ListFiles& files) {
  return [files](const std::string& path) -> Result<std::string_view> {
    const auto file = files.find(path);
    if (file == files.end()) return failure("cannot open " + path + ": no such file");
    return std::string_view(file->second);
  };
}

inline std::shared_ptr<const Snapshot> rules_from(std::string_view text,
                                                  const ListFiles& files = {},
                                                  const LoadTarget& target = {}) {
  Diagnostics diagnostics;
  auto snapshot = load::load_rules(text, "rules.yaml", reader_of(files), 7, target, diagnostics);
  if (!snapshot) throw std::runtime_error(diagnostics.to_string());
  return snapshot;
}

// What is said about a rule file; empty when there is nothing to say.
inline std::string complaints_about(std::string_view text, const ListFiles& files = {},
                                    const LoadTarget& target = {}) {
  Diagnostics diagnostics;
  load::load_rules(text, "rules.yaml", reader_of(files), 7, target, diagnostics);
  return diagnostics.to_string();
}

}  // namespace postern
