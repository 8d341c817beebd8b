#include "common/os/accounts.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <cstddef>
#include <vector>

#include "common/os/system_error.h"

namespace postern::os {
namespace {

constexpr std::size_t kMaxRecord = std::size_t{1} << 20;  // a group with very many members

// Calls `look_up(buffer)`, which returns an error number, with as much memory as it takes.
template <class LookUp>
int with_enough_memory(LookUp look_up) {
  std::vector<char> buffer(4096);
  for (;;) {
    const int error = look_up(buffer);
    if (error != ERANGE || buffer.size() >= kMaxRecord) return error;
    buffer.resize(buffer.size() * 2);
  }
}

}  // namespace

Result<UserAccount> find_user(const std::string& name) {
  UserAccount account;
  const int error = with_enough_memory([&](std::vector<char>& buffer) {
    passwd record{};
    passwd* found = nullptr;
    const int status = getpwnam_r(name.c_str(), &record, buffer.data(), buffer.size(), &found);
    if (status == 0 && found == nullptr) return ENOENT;
    if (found != nullptr) account = {found->pw_uid, found->pw_gid};
    return status;
  });
  if (error == ENOENT) return failure("found no user '" + name + "' on this system");
  if (error != 0) return system_failure("look up the user '" + name + "'", error);
  return account;
}

Result<gid_t> find_group(const std::string& name) {
  gid_t gid = 0;
  const int error = with_enough_memory([&](std::vector<char>& buffer) {
    group record{};
    group* found = nullptr;
    const int status = getgrnam_r(name.c_str(), &record, buffer.data(), buffer.size(), &found);
    if (status == 0 && found == nullptr) return ENOENT;
    if (found != nullptr) gid = found->gr_gid;
    return status;
  });
  if (error == ENOENT) return failure("found no group '" + name + "' on this system");
  if (error != 0) return system_failure("look up the group '" + name + "'", error);
  return gid;
}

std::string name_of_user(uid_t uid) {
  const passwd* user = ::getpwuid(uid);
  return user != nullptr ? user->pw_name : std::to_string(uid);
}

std::string name_of_group(gid_t gid) {
  const group* found = ::getgrgid(gid);
  return found != nullptr ? found->gr_name : std::to_string(gid);
}

}  // namespace postern::os
