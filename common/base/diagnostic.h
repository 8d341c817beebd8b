// What a person is told about a configuration: where, what was found, what would be right.
// All messages of a file are gathered and shown at once. Values; no I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern {

// Line and column count from 1. `line` 0 means the file as a whole.
struct Position {
  std::string file;
  int line = 0;
  int column = 0;
  // `rules.yaml:12:5`, or `rules.yaml` for the whole file.
  [[nodiscard]] std::string to_string() const;
  friend auto operator<=>(const Position&, const Position&) = default;
};

enum class Severity { warning, error };

struct Diagnostic {
  Severity severity = Severity::error;
  Position where;
  std::string message;
  // `rules.yaml:12:5: error: message`
  [[nodiscard]] std::string to_string() const;
};

// Owned by one load; not shared between threads.
class Diagnostics {
 public:
  // Messages quote what stands in the file; control characters in them become `\xNN`.
  void error(const Position& where, std::string_view message);
  void warning(const Position& where, std::string_view message);
  void add(const Diagnostic& one);
  void add(const Diagnostics& others);

  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  [[nodiscard]] int errors() const { return errors_; }
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
  // `2 errors in lists/campaign.txt, 1 error in rules.yaml`, in the order in which they were found.
  [[nodiscard]] std::string errors_by_file() const;
  // One line each, sorted by place; at most kShown of them and the count of the rest.
  [[nodiscard]] std::string to_string() const;

  static constexpr int kShown = 100;

 private:
  std::vector<Diagnostic> all_;
  int errors_ = 0;
};

}  // namespace postern
