#include "common/io/account_access.h"

#include <grp.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "common/io/accounts.h"

namespace postern {
namespace {

constexpr std::size_t kMaxFolders = 64;
constexpr std::size_t kMaxGroups = 256;

bool has_access_list(const std::string& path) {
  return ::getxattr(path.c_str(), "system.posix_acl_access", nullptr, 0) > 0;
}

// What bars `bits` at one place; none: nothing, or nobody knows.
std::optional<std::string> what_bars(const std::string& path, const AccountGroups& account,
                                     unsigned bits) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || may(account, status, bits)) return std::nullopt;
  if (has_access_list(path)) return std::nullopt;
  return path + " has " + describe_access(status);
}

// Of the path as it is written, or as links lead on.
std::optional<std::string> what_bars_way(const std::string& path, const AccountGroups& account) {
  for (const std::string& folder : folders_above(path)) {
    if (auto barred = what_bars(folder, account, kMayEnter)) return barred;
  }
  return std::nullopt;
}

}  // namespace

Result<AccountGroups> account_with_groups(const std::string& user, const std::string& group) {
  const auto account = find_user(user);
  if (!account) return tl::unexpected(account.error());
  gid_t primary = account->gid;
  if (!group.empty()) {
    const auto found = find_group(group);
    if (!found) return tl::unexpected(found.error());
    primary = *found;
  }
  AccountGroups with{account->uid, std::vector<gid_t>(kMaxGroups)};
  int count = static_cast<int>(with.groups.size());
  if (::getgrouplist(user.c_str(), primary, with.groups.data(), &count) < 0) {
    count = static_cast<int>(with.groups.size());
  }
  with.groups.resize(static_cast<std::size_t>(count));
  return with;
}

bool may(const AccountGroups& account, const struct stat& status, unsigned bits) {
  if (account.uid == 0) return true;
  const auto& groups = account.groups;
  unsigned shift = 0;
  if (status.st_uid == account.uid) {
    shift = 6;
  } else if (std::find(groups.begin(), groups.end(), status.st_gid) != groups.end()) {
    shift = 3;
  }
  return ((status.st_mode >> shift) & bits) == bits;
}

std::string describe_access(const struct stat& status) {
  std::string out = "owner " + name_of_user(status.st_uid);
  out += ", group " + name_of_group(status.st_gid);
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(status.st_mode & 07777U));
  return out + ", mode " + mode.data();
}

std::vector<std::string> folders_above(const std::string& path) {
  std::vector<std::string> folders{"/"};
  for (std::size_t slash = path.find('/', 1);
       slash != std::string::npos && folders.size() < kMaxFolders;
       slash = path.find('/', slash + 1)) {
    folders.push_back(path.substr(0, slash));
  }
  return folders;
}

std::optional<std::string> what_bars_reading(const std::string& path,
                                             const AccountGroups& account) {
  std::error_code error;
  const std::string whole = std::filesystem::absolute(path, error).lexically_normal().string();
  if (auto barred = what_bars_way(whole, account)) return barred;
  const std::string real = std::filesystem::canonical(whole, error).string();
  if (error) return std::nullopt;
  if (auto barred = what_bars_way(real, account)) return barred;
  return what_bars(real, account, kMayRead);
}

}  // namespace postern
