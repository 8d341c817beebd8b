// Files and folders that were not there: made below open folders (common/os/file_place.h), over
// nothing and through no link. What root makes in a folder of somebody else belongs to the owner
// and group of that folder, like the rest of it. Blocks on files.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/os/file_place.h"

namespace postern::os {

// The place of `path`, with the folders above it that were not there; modes by the umask. Errors:
// the system's; for root, somebody else could have led the way there (common/os/way_trust.h).
Result<FilePlace> make_folders_for(const std::string& path);

// A whole file, down to the disk; mode by the umask. Errors: the same; it is there already.
Result<void> make_file(const FilePlace& place, std::string_view text);

// What both of them do to what they have made, which is open as `fd`. Error: the system's.
Result<void> give_to_owner_of_folder(int fd, const FilePlace& place);

Result<void> write_to_disk(int fd, std::string_view text, const std::string& path);

}  // namespace postern::os
