// Many cells of a matrix of faults, filled side by side: mail from a domain that meets the fault,
// judged by the same rules through both doors.
#pragma once

#include <memory>
#include <vector>

#include "tests/dns_faults/fault_fixture.h"

namespace postern {

struct Cell {
  const Fault* fault = nullptr;
  Cached cached = Cached::nothing;
  struct Side {
    JudgedMail judged;
    Pace pace;  // at which it was
  };
  Side policy;
  Side milter;
};

// What a cell came to, which is measured again when a busy machine spoilt it.
using IsSound = bool (*)(const Cell& cell, const Cell::Side& side);

void fill(std::vector<Cell>& cells, const std::shared_ptr<const Snapshot>& rules, IsSound is_sound);

}  // namespace postern
