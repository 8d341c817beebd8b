// A log file as a stream of lines: as it lies there, or packed by gzip, zstd, xz or bzip2, as
// logrotate(8) leaves it. What it is, its first bytes tell, not its name.
#pragma once

#include <istream>
#include <memory>
#include <string>

namespace postern::ctl {

// Null when it cannot be opened. A packed file that is damaged sets bad() where that is found;
// so much memory as one block of it takes (zstd: 128 MiB at most).
std::unique_ptr<std::istream> open_log(const std::string& path);

}  // namespace postern::ctl
