// A table as a sequence of steps in which it is searched, and its translation: each step becomes a
// list and a rule, in order. The first step with a match ends the search, whatever it does; an
// outcome that does not decide therefore skips the rules of the steps below. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ctl/import/imported.h"
#include "ctl/import/outcome.h"
#include "ctl/import/table_lines.h"

namespace postern::import {

struct TableEntry {
  std::string value;  // as in a list file
  Outcome outcome;
};

// A further condition of a step: the attribute matches the value, or does not.
struct Guard {
  enum class Holds : std::uint8_t { yes, no };
  std::string attribute;
  std::string value;  // stands for itself, or is the name of a list
  Holds holds = Holds::no;
};

struct TableStep {
  std::string suffix;     // tells its list and rule from those of other steps; may be empty
  std::string attribute;  // empty: no list; the one entry has no value and `guards` say when
  lists::ListKind kind = lists::ListKind::domain;
  std::vector<TableEntry> entries;
  std::vector<Guard> guards;
};

// Appends the lists and rules of the table. The names of the rules are the result: what skips the
// table skips these. Steps without entries are left out.
std::vector<std::string> add_table(const std::string& name, const std::vector<TableStep>& steps,
                                   Imported& imported);

// Outcomes that an entry cannot have by itself (prepend, skip) cost a rule and a copy of the list
// for each that differs. Whoever makes a table sees to it that no step has more.
inline constexpr std::size_t kMaxRuleOutcomes = 16;

// Whether an entry can have the outcome as its own action when nothing below has to be skipped.
bool fits_entry(const Outcome& outcome);

// What is wrong with a value for a list of this kind; empty if nothing is.
std::string value_fault(lists::ListKind kind, const std::string& value);

// The steps of an indexed table while its lines are read: puts each key where it is looked up,
// once.
class KeySteps {
 public:
  KeySteps(std::vector<TableStep> steps, ImportLog& log) : steps_(std::move(steps)), log_(log) {}

  // Adds an entry to a step and records the status of its line. When a line before it has the same
  // key, that one stays: the programs keep the first.
  void add(std::size_t step, const std::string& value, const Outcome& outcome,
           const TableLine& line);

  [[nodiscard]] const std::vector<TableStep>& steps() const { return steps_; }
  [[nodiscard]] std::vector<TableStep>& steps() { return steps_; }

 private:
  struct First {
    int line = 0;
    std::size_t index = 0;
  };

  std::vector<TableStep> steps_;
  ImportLog& log_;
  std::unordered_map<std::string, First> first_;  // by step and value
};

// Reads the right-hand sides of the lines, and says what there is to say about them.
class OutcomeReader {
 public:
  using Read = std::function<Result<ReadOutcome>(std::string_view text)>;
  // The log outlives the reader.
  OutcomeReader(Read read, ImportLog& log) : read_(std::move(read)), log_(log) {}

  // The outcome of the line. One that cannot be expressed becomes one that does nothing, and the
  // line is refused: its key stays, so that no other line takes its place.
  Outcome read(const TableLine& line, std::string_view text);

 private:
  [[nodiscard]] bool is_one_too_many(const Outcome& outcome);

  Read read_;
  ImportLog& log_;
  std::vector<Outcome> of_rules_;
};

}  // namespace postern::import
