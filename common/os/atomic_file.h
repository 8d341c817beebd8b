// A new text for a file that others read at any time: they see the old one or the new one, and
// nothing between. Of a file that is there, mode, owner and extended attributes (access lists)
// stay; what a symbolic link leads to is replaced, and not the link. Blocks on files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/os/file_identity.h"
#include "common/os/file_place.h"

namespace postern::os {

// Who may read a file that was not there: everybody (mode 0644), or its owner alone (0600).
enum class NewReaders { everybody, owner };

// Two steps, so that several files can be got ready before the first is replaced.
class FileReplacement {
 public:
  // Writes `text` to a file beside the one it will replace, down to the disk. A file that is not
  // there yet will have the mode of `readers`, and where root makes it in a folder of somebody
  // else, the owner and group of that folder. Errors: the folder or the file cannot be written, or
  // the owner cannot be kept; for root, somebody else could have led the way there
  // (common/os/way_trust.h).
  static Result<FileReplacement> prepare(const std::string& path, std::string_view text,
                                         NewReaders readers = NewReaders::everybody);
  // The same, of a place that is open; `replaced` is what has to be there still at commit().
  static Result<FileReplacement> prepare(const FilePlace& place, std::string_view text,
                                         const FileIdentity& replaced,
                                         NewReaders readers = NewReaders::everybody);

  FileReplacement(FileReplacement&& other) noexcept;
  FileReplacement& operator=(FileReplacement&&) = delete;
  ~FileReplacement();  // removes what was not put in place

  // Puts it in place: from now on readers see it, but a power failure may undo it until settle().
  // Error: the file is no longer what it was at prepare(); or the system's.
  Result<void> commit();
  // Down to the disk. Apart from commit(), which takes no time, so that several files can change
  // together. REQUIRES: commit().
  [[nodiscard]] Result<void> settle() const;

  // The new file: `inode` and `modified_ns` stay when it is put in place.
  [[nodiscard]] FileIdentity identity() const;
  // The file that is replaced, links followed.
  [[nodiscard]] const std::string& target() const { return target_.path(); }

 private:
  FileReplacement(FilePlace target, FilePlace temporary, FileIdentity replaced);

  FilePlace target_;
  std::optional<FilePlace> temporary_;  // none: in place, or moved from
  FileIdentity replaced_;
};

Result<void> replace_file(const std::string& path, std::string_view text,
                          NewReaders readers = NewReaders::everybody);

// What `path` leads to; of a path that is not there, as far as it can be followed. For messages and
// comparisons: what it leads to may be something else a moment later.
Result<std::string> follow_links(const std::string& path);

}  // namespace postern::os
