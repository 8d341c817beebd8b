// Who a client says that it is.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"

namespace postern::redis {

// The words of the command, by the first line of the file; none where no password is told.
// `user` is empty: the server's default one. Error: the file cannot be read.
Result<std::vector<std::string>> login_words(const std::string& user,
                                             const std::string& password_file);

}  // namespace postern::redis
