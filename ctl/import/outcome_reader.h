// Reads the right-hand sides of a table's lines, and says what is to be said about them. Pure.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "ctl/import/outcome.h"
#include "ctl/import/table_lines.h"

namespace postern::import {

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
