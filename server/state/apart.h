// Does what may end in a crash in a process of its own: LMDB ends the one that meets a page which
// cannot be, or that a file was cut short of.
#pragma once

#include <chrono>
#include <functional>

namespace postern::state {

// Runs `work` in a child, whose exit code it returns; the child is killed after `most`, and what it
// says on its standard error goes nowhere. Returns the status of waitpid(2), below 0: there was no
// child. Any thread; waits.
int run_apart(std::chrono::seconds most, const std::function<int()>& work);

}  // namespace postern::state
