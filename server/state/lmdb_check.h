// Whether a file of LMDB is sound. LMDB has no checksums and ends the process that meets a page
// which cannot be (an assertion), or that a file was cut short of (SIGBUS): so a child process goes
// over the whole file before this one opens it.
#pragma once

#include <chrono>
#include <string>

namespace postern::state {

enum class FileHealth {
  sound,
  damaged,
  unknown,  // it could not be told, or not within the time; whoever opens the file sees
};

// Reads every record, as of one moment; others may write meanwhile. REQUIRES: this process has not
// opened the file. Any thread; waits for the child.
inline constexpr std::chrono::seconds kMostCheck{10};
FileHealth check_lmdb_file(const std::string& path, std::chrono::seconds most = kMostCheck);

}  // namespace postern::state
