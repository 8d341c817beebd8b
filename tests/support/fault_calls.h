// Lets one system call after another fail, as it would for want of descriptors, room or a disk that
// works: fault_calls.cpp stands in front of libc's functions, in a program that is linked with it
// or in one that it is preloaded into. Only calls of the main thread count: it is the one that
// reads and writes files. Or has those of other threads wait, as a slow disk does.
#pragma once

#include <atomic>
#include <cstdint>

namespace postern {

// Shared with whoever set $FAULT_CALLS, the file that it is mapped from, if that is set.
struct FaultPlan {
  std::int64_t first;  // the number of the call that fails, from 1 on; 0: none does
  std::int64_t last;   // so many behind it fail, too, up to this one
  std::int64_t error;  // errno then
  std::int64_t calls;  // so many there were since somebody set this to 0
};

FaultPlan& fault_plan();

// Of this process alone.
struct SlowDisk {
  std::atomic<bool> is_stuck{false};  // write(2) to a segment of the journal waits until it is not
  std::atomic<int> waiting{0};
};
SlowDisk& slow_disk();

}  // namespace postern
