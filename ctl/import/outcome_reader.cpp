#include "ctl/import/outcome_reader.h"

#include <algorithm>

#include "ctl/import/access_table.h"

namespace postern::import {

Outcome OutcomeReader::read(const TableLine& line, std::string_view text) {
  auto read = read_(text);
  if (read && is_one_too_many(read->outcome)) {
    read = failure("more than " + std::to_string(kMaxRuleOutcomes) +
                   " different actions that no entry can have by itself");
  }
  if (!read) {
    log_.refuse(line, text,
                read.error().text +
                    "; its key stays, and does nothing, so that no other line takes its place");
    return no_op();
  }
  for (const std::string& change : read->changes) log_.warn(line, text, change);
  return std::move(read->outcome);
}

bool OutcomeReader::is_one_too_many(const Outcome& outcome) {
  if (fits_entry(outcome)) return false;
  if (std::find(of_rules_.begin(), of_rules_.end(), outcome) != of_rules_.end()) return false;
  of_rules_.push_back(outcome);
  return of_rules_.size() > kMaxRuleOutcomes;
}

}  // namespace postern::import
