// All of a text that somebody pastes, pipes or names, as long as it has a length that is meant.
#pragma once

#include <cstddef>
#include <istream>
#include <string>

#include "common/base/result.h"

namespace postern::ctl {

// `name`: of what is read, for a person: `standard input`. Errors: the stream fails; it holds more
// than so many MiB, of which no more are read.
Result<std::string> read_bounded(std::istream& in, std::size_t most_mib, const std::string& name);

}  // namespace postern::ctl
