// Files that may be packed, as logrotate(8) leaves them, and closed segments of the journal.
#pragma once

#include <istream>
#include <memory>
#include <string>

namespace postern::os {

// A file as it lies there, or packed by gzip, zstd, xz or bzip2; its first bytes say which, not its
// name. Null when it cannot be opened. A packed file that is damaged sets bad() where that is
// found. One block of it is in memory (zstd: 128 MiB at most).
std::unique_ptr<std::istream> open_unpacked(const std::string& path);

}  // namespace postern::os
