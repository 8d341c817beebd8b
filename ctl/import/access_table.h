// A table as a sequence of steps in which it is searched, and its translation: each step becomes a
// list and a rule, in order. The first step with a match ends the search, whatever it does; an
// outcome that does not decide therefore skips the rules of the steps below. Pure.
#pragma once

#include <string>
#include <vector>

#include "ctl/import/imported.h"
#include "ctl/import/outcome.h"

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

}  // namespace postern::import
