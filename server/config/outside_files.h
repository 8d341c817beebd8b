// Files that rules need of this machine and that are no part of them: the public suffix list, and
// secrets. Blocks on the files.
#pragma once

#include <memory>
#include <string>

#include "rules/model/outside.h"

namespace postern::config {

// Of the package publicsuffix.
inline constexpr const char* kPublicSuffixFile = "/usr/share/publicsuffix/public_suffix_list.dat";

// As the file is now. Where it cannot be read there is no list, and a guess in its place.
std::shared_ptr<const PublicSuffixes> read_public_suffixes();

// The one line of the file at the absolute `path`, without blanks around it. Errors, which never
// quote the line: not there or not readable, more than its group may read it or others than its
// owner may write it (0640 is right), no line or more than one, more than 256 bytes.
Result<std::string> read_secret_file(const std::string& path);

inline constexpr Outside kThisMachine{read_public_suffixes, read_secret_file};

}  // namespace postern::config
