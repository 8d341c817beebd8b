// In the program and not in its library, because it is for the whole process.
#include <ctime>

// libmilter (worker.c) measures with time(2) how long a session has said nothing, and closes those
// that were silent for two hours: a wall clock that is set forward by more than that, as on a
// machine that began with a wrong one, would end every session that is open, and the MTA would go
// on without a filter. So it gets a clock that nobody sets. It only ever looks at differences, and
// nothing else in the process asks time(2) what day it is: C++ has clocks of its own.
extern "C" std::time_t time(std::time_t* result) noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  if (result != nullptr) *result = now.tv_sec;
  return now.tv_sec;
}
