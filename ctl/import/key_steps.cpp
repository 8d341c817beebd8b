#include "ctl/import/key_steps.h"

namespace postern::import {

void KeySteps::add(std::size_t step, const std::string& value, const Outcome& outcome,
                   const TableLine& line) {
  std::vector<TableEntry>& entries = steps_[step].entries;
  const First here{line.number, entries.size()};
  const auto [first, is_new] = first_.emplace(std::to_string(step) + " " + value, here);
  if (is_new) {
    entries.push_back({value, outcome});
    log_.import(line);
  } else if (entries[first->second.index].outcome == outcome) {
    log_.repeat(line);
  } else {
    log_.leave_idle(line, line.text,
                    "never decides: line " + std::to_string(first->second.line) +
                        " has the same key and does something else; the first is kept");
  }
}

}  // namespace postern::import
