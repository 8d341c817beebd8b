// The steps of an indexed table while its lines are read: puts each key where it is looked up,
// once. Pure.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "ctl/import/access_table.h"
#include "ctl/import/table_lines.h"

namespace postern::import {

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

}  // namespace postern::import
