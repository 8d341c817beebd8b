// Users and groups of this system by name.
#pragma once

#include <sys/types.h>

#include <string>

#include "common/base/result.h"

namespace postern::os {

struct UserAccount {
  uid_t uid = 0;
  gid_t gid = 0;  // its primary group
};

Result<UserAccount> find_user(const std::string& name);
Result<gid_t> find_group(const std::string& name);

// For messages: the number, where the system knows no name.
std::string name_of_user(uid_t uid);
std::string name_of_group(gid_t gid);

}  // namespace postern::os
