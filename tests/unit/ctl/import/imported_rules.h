// Tables for a test: imported, written as files, loaded, and asked.
#pragma once

#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/import/formats.h"
#include "ctl/import/rule_file_text.h"
#include "rules/engine.h"
#include "rules/load/rule_file.h"

namespace postern::import {

inline Imported imported(std::string_view format, std::string_view text, ImportRequest request) {
  request.text = text;
  if (request.file.empty()) request.file = "table";
  request.name = "t";
  return import_table(*find_import_format(format), request);
}

inline Imported imported(std::string_view format, std::string_view text, std::string about = {},
                         std::string then = {}) {
  ImportRequest request;
  request.about = std::move(about);
  request.then = std::move(then);
  return imported(format, text, std::move(request));
}

// Nothing is known of the table but the name of its file.
inline Imported imported_file(std::string_view format, std::string file, std::string_view text) {
  ImportRequest request;
  request.file = std::move(file);
  return imported(format, text, std::move(request));
}

// Throws what the loader says, which GoogleTest shows.
inline std::shared_ptr<const Snapshot> loaded(const Imported& imported) {
  const RuleFiles files = rule_files(imported, "table");
  const auto read = [&](const std::string& path) -> Result<std::string_view> {
    return std::string_view(files.lists.at(path));
  };
  Diagnostics diagnostics;
  auto snapshot = load::load_rules(files.rules, "rules.yaml", read, 7, LoadTarget{}, diagnostics);
  if (!snapshot) throw std::runtime_error(diagnostics.to_string() + files.rules);
  return snapshot;
}

// What is done: empty when no rule decides, else the action with its reply or text; headers that
// are added stand before it, each with a +.
inline std::string decision(const Snapshot& rules, const Transaction& transaction) {
  FactView facts(nullptr);
  const auto verdict = evaluate(rules, transaction, facts, {});
  if (!verdict) return "waits";
  std::string text;
  for (const Header& header : verdict->prepend) text += "+" + header.name + ": " + header.value;
  if (verdict->rule.empty()) return text;
  text += to_string(verdict->action);
  const bool replies =
      verdict->action == Disposition::reject || verdict->action == Disposition::defer;
  if (replies) text += " " + verdict->reply.to_string();
  if (!verdict->text.empty()) text += " " + verdict->text;
  return text;
}

// What became of each line, a letter each: comment, repeated (R), idle (I), imported, refused (X).
inline std::string statuses(const Imported& imported) {
  std::string letters;
  for (const LineRecord& line : imported.lines) {
    letters += "cRIiX"[static_cast<std::size_t>(line.status)];
  }
  return letters;
}

inline std::string messages(const Imported& imported) {
  return imported.diagnostics.to_string();
}

// Numbers and choices that are the same in every run.
class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t end) { return engine_() % end; }
  template <class Values>
  const auto& one_of(const Values& values) {
    return values[below(std::size(values))];
  }

 private:
  std::mt19937 engine_;
};

}  // namespace postern::import
