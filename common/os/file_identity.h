// What tells one state of a file from another without reading it. A value; identify_file() looks.
#pragma once

#include <sys/stat.h>

#include <compare>
#include <cstdint>
#include <map>
#include <string>

namespace postern::os {

struct FileIdentity {
  bool there = false;
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;  // of the inode: also set by what sets `modified` back
  friend auto operator<=>(const FileIdentity&, const FileIdentity&) = default;
};

// Whether it is one file, whatever has been written to it meanwhile. What is not there is none.
inline bool is_same_file(const FileIdentity& one, const FileIdentity& other) {
  return one.there && other.there && one.device == other.device && one.inode == other.inode;
}

// By path.
using FileIdentities = std::map<std::string, FileIdentity>;

// Of what `path` leads to, symbolic links followed. A file that cannot be looked at is not there.
FileIdentity identify_file(const std::string& path);
// Of an open file.
FileIdentity identify_file(int fd);
// Of what has that name in the open folder; a link is not followed.
FileIdentity identify_file_at(int folder, const std::string& name);

// As identify_file(), for a file that is then read: the clock of file systems is coarse, and what
// is written to a file twice within one tick would look the same. So of a file that has only just
// changed it waits until a further change would show; at most some 20 ms.
FileIdentity identify_quiet_file(const std::string& path);

}  // namespace postern::os
