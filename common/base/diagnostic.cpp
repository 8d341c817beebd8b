#include "common/base/diagnostic.h"

#include <algorithm>
#include <utility>

#include "common/base/escape.h"

namespace postern {

std::string Position::to_string() const {
  std::string out = file;
  if (line > 0) out += ':' + std::to_string(line);
  if (line > 0 && column > 0) out += ':' + std::to_string(column);
  return out;
}

std::string Diagnostic::to_string() const {
  const char* word = severity == Severity::error ? ": error: " : ": warning: ";
  return where.to_string() + word + message;
}

void Diagnostics::error(const Position& where, std::string_view message) {
  add({Severity::error, where, std::string(message)});
}

void Diagnostics::warning(const Position& where, std::string_view message) {
  add({Severity::warning, where, std::string(message)});
}

void Diagnostics::add(const Diagnostic& one) {
  all_.push_back({one.severity, one.where, printable(one.message)});
  if (one.severity == Severity::error) ++errors_;
}

void Diagnostics::add(const Diagnostics& others) {
  for (const Diagnostic& one : others.all_) add(one);
}

std::string Diagnostics::errors_by_file() const {
  std::vector<std::pair<std::string_view, int>> counts;
  for (const Diagnostic& diagnostic : all_) {
    if (diagnostic.severity != Severity::error) continue;
    const auto known = std::find_if(counts.begin(), counts.end(), [&](const auto& count) {
      return count.first == diagnostic.where.file;
    });
    if (known == counts.end()) {
      counts.emplace_back(diagnostic.where.file, 1);
    } else {
      ++known->second;
    }
  }
  std::string out;
  for (const auto& [file, count] : counts) {
    out += (out.empty() ? "" : ", ") + std::to_string(count) + (count == 1 ? " error" : " errors") +
           " in " + std::string(file);
  }
  return out;
}

std::string Diagnostics::to_string() const {
  std::vector<const Diagnostic*> sorted;
  sorted.reserve(all_.size());
  for (const Diagnostic& diagnostic : all_) sorted.push_back(&diagnostic);
  // Stable: what was found first at one place is usually the cause of what follows.
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Diagnostic* a, const Diagnostic* b) { return a->where < b->where; });

  const std::size_t shown = std::min(sorted.size(), std::size_t{kShown});
  std::string out;
  for (std::size_t i = 0; i < shown; ++i) out += sorted[i]->to_string() + '\n';
  if (sorted.size() > shown) out += "and " + std::to_string(sorted.size() - shown) + " more\n";
  return out;
}

}  // namespace postern
