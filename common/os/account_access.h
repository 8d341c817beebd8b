// What an account may do with a file, told from outside: from owner, group, mode and access list of
// the file and of the folders above it, as the kernel decides. What else a system may add is not
// looked at. Blocks on files.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/os/access_list.h"
#include "common/os/file_place.h"

namespace postern::os {

// An account with all its groups.
struct AccountGroups {
  uid_t uid = 0;
  std::vector<gid_t> groups;
};

// `group` in the place of its primary one, unless empty. Error: there is no such user or group.
Result<AccountGroups> account_with_groups(const std::string& user, const std::string& group = {});

// Bits of the last octal digit of a mode.
inline constexpr unsigned kMayEnter = 1;
inline constexpr unsigned kMayWrite = 2;
inline constexpr unsigned kMayRead = 4;

bool may(const AccountGroups& account, const struct stat& status, unsigned bits);
// By an access list that is not empty (acl(5), "ACCESS CHECK ALGORITHM"). Pure.
bool may(const AccountGroups& account, const struct stat& status, const AccessList& list,
         unsigned bits);

// `owner root, group postern, mode 0750`
std::string describe_access(const struct stat& status);

// Each folder above an absolute path, from the root; at most 64.
std::vector<std::string> folders_above(const std::string& path);

// The folder or file that keeps the account from reading `path`, with its owner and mode; none when
// nothing does, or when it cannot be known: a file that is not there.
std::optional<std::string> what_bars_reading(const std::string& path, const AccountGroups& account);

enum class BarsOf { folders, folders_and_file };
// All of those on the way to a file that was found.
std::vector<std::string> bars_on_way(const FilePlace& place, const AccountGroups& account,
                                     BarsOf what);

}  // namespace postern::os
