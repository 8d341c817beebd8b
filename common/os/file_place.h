// Where a path leads, found once and held open: a folder, and a name in it. What is then looked at,
// read, locked or replaced goes by that descriptor and never by the path again, so that nobody can
// put something else there in between. A value; blocks on files.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/os/file_identity.h"
#include "common/os/unique_fd.h"

namespace postern::os {

// A folder or a symbolic link that a path leads through, as it was when it was passed.
struct WayStep {
  enum class Kind { folder, link } kind = Kind::folder;
  std::string path;  // links before it followed
  struct stat status = {};
};

class FilePlace;

// A file that was made, and where.
struct NewFile;

class FilePlace {
 public:
  // Follows `path` one component at a time, each below the descriptor of the one before; a folder
  // that is exchanged meanwhile leads nowhere else. The file itself need not be there. Errors: a
  // folder on the way is not there or cannot be entered, a link leads nowhere, more than 40 links.
  static Result<FilePlace> find(const std::string& path);
  // A name in the folder that `path` leads to; what has the name is looked at, and not followed.
  // Errors: as of find(); no folder. REQUIRES: no '/' in `name`.
  static Result<FilePlace> in_folder(const std::string& path, const std::string& name);

  // Links followed; for messages, and to be compared with other places.
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string folder_path() const;
  [[nodiscard]] const std::string& name() const { return name_; }
  // Open with O_PATH. Valid as long as a copy of this is there.
  [[nodiscard]] int folder() const { return folder_->get(); }
  // From the root, or from the working folder of a relative path; the last folder is folder().
  [[nodiscard]] const std::vector<WayStep>& way() const { return way_; }
  // What was of that name at find(): a file, a folder, anything but a link. None: nothing.
  [[nodiscard]] const std::optional<struct stat>& found() const { return found_; }

  // Another name in the same folder. REQUIRES: no '/' in it.
  [[nodiscard]] FilePlace beside(const std::string& name) const;

  // What has the name now; a link is one itself.
  [[nodiscard]] FileIdentity identify() const;
  // For reading. Errors: the system's; no regular file, or a link by now.
  [[nodiscard]] Result<UniqueFd> open() const;
  // Makes an empty file of mode 0600 in the same folder, open to be written: `.NAME.XXXXXX`, which
  // no glob for lists finds. Error: the system's.
  [[nodiscard]] Result<NewFile> make_beside() const;
  // Takes the name away; that it is not there is none of an error.
  void remove() const;
  // What is in the folder, down to the disk. Error: the system's, or this is not there any more.
  [[nodiscard]] Result<void> settle() const;

 private:
  friend class FileWalk;
  FilePlace() = default;

  std::shared_ptr<const UniqueFd> folder_;
  std::string path_;
  std::string name_;
  std::vector<WayStep> way_;
  std::optional<struct stat> found_;
};

struct NewFile {
  FilePlace place;
  UniqueFd fd;
};

}  // namespace postern::os
