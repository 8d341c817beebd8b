// What a daemon does to itself before it serves. For the main thread, before there are others.
#pragma once

#include <cstddef>
#include <string>

#include "common/base/result.h"

namespace postern::os {

// Started as root: becomes `user` with `group` (empty: the user's own) and the user's supplementary
// groups, with an empty capability bounding set where the system lets root do that. Started as
// anybody else: stays that. Either way no capability is left and none can be had back, which is
// verified. Core dumps stay the system's business: a process that gave up root makes none, one that
// a service manager started as `user` goes to that manager's collector, for which root is needed.
// Errors: no such user or group, a user that is root itself, anything that could not be given up.
Result<void> drop_privileges(const std::string& user, const std::string& group);

// Takes as many file descriptors as the system lets this process have, and returns how many that
// is.
std::size_t raise_descriptor_limit();

}  // namespace postern::os
