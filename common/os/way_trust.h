// Root can write anywhere, so who owns a link or a folder on the way to a file could have root
// write over a file of somebody else. What root replaces it reaches only through what belongs to
// root or to the owner of that file, who could write there anyway.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/os/file_place.h"

namespace postern::os {

// What somebody else on the way to `place` could have exchanged, with its owner, and what would be
// right; none: nobody could. Pure. Of a file that is not there yet only links count, which must be
// of the owner of the folder that they lead to: what is new in a folder takes nothing away from it.
// Who owns the root folder counts as root: in a user namespace that may be another number. A link
// of root's in a folder that others may write could have been brought there.
std::optional<std::string> stranger_on_way(const FilePlace& place);

// The same as an error, for root; anybody else is held by the system. `what`: `replace`.
Result<void> refuse_strangers_as_root(const FilePlace& place, const std::string& what);

// For root, who is about to print what stands in the file: an error when a link or folder on the
// way belongs to somebody who could not read the file themselves.
Result<void> refuse_to_show_as_root(const FilePlace& place);

}  // namespace postern::os
