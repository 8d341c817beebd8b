// The lines of a table, as their program reads them, and the record of what becomes of each. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/import/imported.h"

namespace postern::import {

struct TableLine {
  std::string text;
  int number = 0;
  std::vector<int> continued;  // further lines that belong to it
};

// Every line, without its end. A byte order mark at the start is taken off.
std::vector<TableLine> plain_lines(std::string_view text);

// Cuts `text` at its first blank: the word before it, and what stands behind the blanks.
struct WordAndRest {
  std::string_view word;
  std::string_view rest;
};
WordAndRest cut_word(std::string_view text);
std::string_view trimmed(std::string_view text);

// Records the status of lines and says what there is to say about them, once. A line that is never
// mentioned is a comment. One line may belong to several tables: refused in one is refused, and
// else imported into one is imported.
class ImportLog {
 public:
  explicit ImportLog(const ImportRequest& request);

  void import(const TableLine& line) { mark(line, LineStatus::imported, {}); }
  // An error. `part` is the part of the line's text that is wrong.
  void refuse(const TableLine& line, std::string_view part, std::string why);
  void repeat(const TableLine& line) { mark(line, LineStatus::repeated, {}); }
  // A warning, for the line has no effect in its own program either.
  void leave_idle(const TableLine& line, std::string_view part, std::string why);
  void warn(const TableLine& line, std::string_view part, const std::string& what);
  // About the table as a whole: a warning.
  void note(const std::string& what);
  // One error, for all these lines together.
  void refuse_all(const std::vector<TableLine>& lines, const std::string& why);

  // Moves lines and messages into the result.
  void finish(Imported& imported);

 private:
  void mark(const TableLine& line, LineStatus status, std::string why);
  [[nodiscard]] bool is_said(const TableLine& line, const std::string& what);
  [[nodiscard]] Position place_of(const TableLine& line, std::string_view part) const;

  std::string file_;
  std::vector<LineRecord> lines_;
  Diagnostics diagnostics_;
  std::set<std::pair<int, std::string>> said_;
};

}  // namespace postern::import
