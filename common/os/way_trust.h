// The owner of a link or folder on the path to a file could make root write over another account's
// file. So root replaces a file only if every link and folder on its path belongs to root or to
// the owner of the file, who could write the file anyway.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/os/file_place.h"

namespace postern::os {

// The first link or folder on the path to `place` that another account could have exchanged, with
// its owner and what would be right; none: there is none. Pure. For a file that does not exist only
// links count; they must belong to the owner of the folder that they lead to: a new file replaces
// nothing. The owner of / counts as root (another number in a user namespace). A link of root's in
// a folder that others may write does not count as root's: it could have been moved there.
std::optional<std::string> stranger_on_way(const FilePlace& place);

// The same as an error, if the caller is root; the system stops others. `what`: `replace`.
Result<void> refuse_strangers_as_root(const FilePlace& place, const std::string& what);

// Before root prints text of the file: an error if a link or folder on the path belongs to an
// account that could not read the file itself.
Result<void> refuse_to_show_as_root(const FilePlace& place);

}  // namespace postern::os
