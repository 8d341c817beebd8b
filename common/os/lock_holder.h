// Who has a file locked, for a message that a person can act on.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

namespace postern::os {

// The process that took a lock of flock(2) on this file, by `locks`, the text of /proc/locks
// (proc(5)). Nothing when it is not there: the lock is gone, is of another PID namespace, or the
// file system shows other numbers there than to stat(2). Pure.
std::optional<pid_t> lock_holder(std::string_view locks, dev_t device, ino_t inode);

}  // namespace postern::os
