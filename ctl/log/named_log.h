// A log by the name that a command line has for it. Blocks on files.
#pragma once

#include <istream>
#include <string>

#include "common/base/line_splitter.h"
#include "common/os/unpacked_file.h"
#include "ctl/log/log_line.h"

namespace postern::ctl {

// All lines of a file, packed or not, or of standard input, which is `-`; calls `overlong` in the
// place of one that is longer than kMaxLogLine. False: it could not be read to its end.
template <class Line, class Overlong>
bool read_named_log(const std::string& name, std::istream& standard_input, Line line,
                    Overlong overlong) {
  if (name == "-") return read_lines(standard_input, kMaxLogLine, line, overlong);
  const auto file = os::open_unpacked(name);
  return file != nullptr && read_lines(*file, kMaxLogLine, line, overlong);
}

}  // namespace postern::ctl
