#include "common/os/account_access.h"

#include <grp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "common/os/accounts.h"

namespace postern::os {
namespace {

constexpr std::size_t kMaxFolders = 64;
constexpr std::size_t kMaxGroups = 256;

// What bars `bits` at one place; none: nothing.
std::optional<std::string> what_bars(const std::string& path, const struct stat& status,
                                     const AccountGroups& account, unsigned bits) {
  const AccessList list = access_list_of(path);
  if (list.empty() ? may(account, status, bits) : may(account, status, list, bits)) {
    return std::nullopt;
  }
  return path + " has " + describe_access(status) + (list.empty() ? "" : " and an access list");
}

std::optional<std::string> what_bars(const std::string& path, const AccountGroups& account,
                                     unsigned bits) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return what_bars(path, status, account, bits);
}

bool is_one_of(const std::vector<gid_t>& groups, gid_t group) {
  return std::find(groups.begin(), groups.end(), group) != groups.end();
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
  } else if (is_one_of(groups, status.st_gid)) {
    shift = 3;
  }
  return ((status.st_mode >> shift) & bits) == bits;
}

bool may(const AccountGroups& account, const struct stat& status, const AccessList& list,
         unsigned bits) {
  using Tag = AccessListEntry::Tag;
  if (account.uid == 0) return true;
  unsigned mask = kMayRead | kMayWrite | kMayEnter;
  for (const AccessListEntry& entry : list) {
    if (entry.tag == Tag::mask) mask = entry.permissions;
  }
  const auto grants = [&](const AccessListEntry& entry, unsigned least) {
    return (entry.permissions & least & bits) == bits;
  };
  bool in_a_group = false;
  // In the order of the kernel: owner, users, groups, mask, others.
  for (const AccessListEntry& entry : list) {
    const bool group =
        (entry.tag == Tag::owning_group && is_one_of(account.groups, status.st_gid)) ||
        (entry.tag == Tag::group && is_one_of(account.groups, entry.id));
    if (entry.tag == Tag::owner && status.st_uid == account.uid) return grants(entry, ~0U);
    if (entry.tag == Tag::user && entry.id == account.uid) return grants(entry, mask);
    if (group && grants(entry, mask)) return true;
    in_a_group = in_a_group || group;
    if (entry.tag == Tag::other) return !in_a_group && grants(entry, ~0U);
  }
  return false;
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

std::vector<std::string> bars_on_way(const FilePlace& place, const AccountGroups& account,
                                     BarsOf what) {
  std::vector<std::string> bars;
  for (const WayStep& step : place.way()) {
    if (step.kind != WayStep::Kind::folder) continue;
    if (auto bar = what_bars(step.path, step.status, account, kMayEnter)) bars.push_back(*bar);
  }
  if (what == BarsOf::folders || !place.found()) return bars;
  if (auto bar = what_bars(place.path(), *place.found(), account, kMayRead)) bars.push_back(*bar);
  return bars;
}

}  // namespace postern::os
