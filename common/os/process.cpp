#include "common/os/process.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "common/os/accounts.h"
#include "common/os/system_error.h"

namespace postern::os {
namespace {

constexpr unsigned kCapabilityWords = 2;  // of version 3

// What is not in the bounding set no program that is started can have, whatever bits its file has.
// Who may not take from the set (CAP_SETPCAP) can give nothing through it either: no new privileges
// are renounced below.
void empty_bounding_set() {
  for (unsigned long capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0;
       ++capability) {
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
}

Result<void> become(const std::string& user, const std::string& group) {
  const auto account = find_user(user);
  if (!account) return failure(account.error().text + "; create it, or name another as 'user'");
  if (account->uid == 0) {
    return failure("found the user '" + user + "', which is root; want an account of its own");
  }
  gid_t gid = account->gid;
  if (!group.empty()) {
    const auto found = find_group(group);
    if (!found) return failure(found.error().text + "; create it, or name another as 'group'");
    gid = *found;
  }
  if (::initgroups(user.c_str(), gid) != 0) return system_failure("set the groups of " + user);
  if (::setresgid(gid, gid, gid) != 0) return system_failure("change the group");
  if (::setresuid(account->uid, account->uid, account->uid) != 0) {
    return system_failure("become the user " + user);
  }
  if (::setuid(0) == 0 || ::seteuid(0) == 0 || ::geteuid() == 0) {
    return failure("root could be regained after becoming " + user);
  }
  return {};
}

Result<bool> holds_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, kCapabilityWords> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) return system_failure("see capabilities");
  return std::any_of(data.begin(), data.end(), [](const auto& word) {
    return (word.effective | word.permitted | word.inheritable) != 0;
  });
}

// setresuid() clears them for root; this is for those that a service manager handed over. One that
// handed over none may well forbid capset(2).
Result<void> drop_capabilities() {
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  auto held = holds_capabilities();
  if (!held) return tl::unexpected(held.error());
  if (!*held) return {};
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, kCapabilityWords> none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0) {
    return system_failure("give up capabilities");
  }
  held = holds_capabilities();
  if (!held) return tl::unexpected(held.error());
  if (*held) return failure("a capability is left after giving up all");
  return {};
}

}  // namespace

Result<void> drop_privileges(const std::string& user, const std::string& group) {
  if (::geteuid() == 0) {
    empty_bounding_set();
    if (auto result = become(user, group); !result) return result;
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return system_failure("renounce new privileges");
  return drop_capabilities();
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return before;
  return limit.rlim_cur;
}

}  // namespace postern::os
