// Access lists of files (acl(5)), as the kernel keeps them in the extended attribute
// `system.posix_acl_access` (linux/posix_acl_xattr.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace postern::os {

inline constexpr const char* kAccessListAttribute = "system.posix_acl_access";

struct AccessListEntry {
  enum Tag : std::uint16_t {
    owner = 0x01,
    user = 0x02,
    owning_group = 0x04,
    group = 0x08,
    mask = 0x10,
    other = 0x20,
  };
  std::uint16_t tag = 0;
  std::uint16_t permissions = 0;  // bits of the last octal digit of a mode
  std::uint32_t id = 0;           // of `user` and `group`
  friend bool operator==(const AccessListEntry&, const AccessListEntry&) = default;
};

using AccessList = std::vector<AccessListEntry>;

// Of an open file or folder (not O_PATH). Empty: it has none, or one of another version.
AccessList access_list_of(int fd);
AccessList access_list_of(const std::string& path);
// False: the system's error is in errno.
bool set_access_list(int fd, const AccessList& list);

// The bytes of the attribute; pure.
AccessList parse_access_list(const std::string& bytes);
std::string format_access_list(const AccessList& list);

}  // namespace postern::os
