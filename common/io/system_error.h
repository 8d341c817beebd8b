// The reason of a failed system call as text.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "common/result.h"

namespace postern {

// `cannot open /etc/x: Permission denied`
inline tl::unexpected<Error> system_failure(std::string_view what, int error_number = errno) {
  return failure("cannot " + std::string(what) + ": " +
                 std::generic_category().message(error_number));
}

}  // namespace postern
