// The work of a decision by count, in the place of a clock.
#pragma once

#include "rules/model/work.h"

namespace postern {

// Has time for so many looks at the clock.
class CountedWork : public Work {
 public:
  explicit CountedWork(int allowed) : allowed_(allowed) {}
  int taken = 0;

 private:
  bool has_time(std::uint64_t /*steps*/) override { return ++taken <= allowed_; }
  int allowed_;
};

}  // namespace postern
