// Conditions, entries and places of a rule file in words for a person. Pure; what comes from
// outside is escaped and bounded.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "rules/explain/explanation.h"

namespace postern::explain {

// A file as a person calls it: below the folder of the settings without that.
std::string short_path(const std::string& path, const std::string& settings_file);

// `value` for a terminal: escaped, and cut when it is long.
std::string for_terminal(std::string_view value);

class ConditionWords {
 public:
  // Files in the folder of the settings are called by their short names.
  explicit ConditionWords(std::string settings_file) : settings_file_(std::move(settings_file)) {}

  // `rules.yaml:12`
  [[nodiscard]] std::string place(std::string_view file, int line) const;
  // `.a.example (lists/campaign.txt:3), "ticket 4711", by drj, until 2026-12-01T00:00:00Z`
  [[nodiscard]] std::string entry(const ExplainedEntry& entry) const;
  // `sender_domain a.example: in list campaign: .a.example (lists/campaign.txt:3)`
  [[nodiscard]] std::string predicate(const ExplainedPredicate& explained, Stage stage) const;

 private:
  [[nodiscard]] std::string list(const lists::List& list) const;
  [[nodiscard]] std::string found(const ExplainedPredicate& explained) const;
  [[nodiscard]] std::string missed(const ExplainedPredicate& explained) const;

  std::string settings_file_;
};

}  // namespace postern::explain
