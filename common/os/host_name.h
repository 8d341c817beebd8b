// What this machine calls itself, gethostname(2). Any thread.
#pragma once

#include <string>

namespace postern::os {

// Empty when the system does not say.
std::string host_name();

}  // namespace postern::os
