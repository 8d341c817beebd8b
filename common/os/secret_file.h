// A secret that stays on this machine: random bytes in a file for its owner alone (mode 0600), made
// once, by whichever program needs it first. Any thread; blocks on the file.
#pragma once

#include <array>
#include <string>

#include "common/base/result.h"

namespace postern::os {

using FileSecret = std::array<unsigned char, 32>;

// What is in the file `name` of `folder`. Both are made where they are not there, the folder with
// mode 0700, the file whole or not at all, over nothing and through no link. Error: it can be
// neither read nor made.
Result<FileSecret> secret_in_file(const std::string& folder, const std::string& name);

// The same, of a file that is there; nothing is made.
Result<FileSecret> read_secret_file(const std::string& path);

}  // namespace postern::os
