#include "common/os/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "common/os/new_file.h"
#include "common/os/system_error.h"
#include "common/os/way_trust.h"

namespace postern::os {
namespace {

constexpr mode_t kForEverybody = 0644;
constexpr mode_t kForOwner = 0600;
// Nobody runs what Postern writes.
constexpr mode_t kKeptMode = 0777;

tl::unexpected<Error> changed_by_others(const FilePlace& place) {
  return failure(place.path() +
                 " has been changed by somebody else just now; nothing is written, try again");
}

// Access lists are extended attributes, too: without them a daemon may not be able to read what it
// could read before. What cannot be set is the system's own business (labels of SELinux). What a
// program may do (capabilities(7)) is nothing for a file that has got another content.
void copy_attributes(int from, int to) {
  std::vector<char> names(65536);
  const ssize_t length = ::flistxattr(from, names.data(), names.size());
  std::vector<char> value(65536);
  for (ssize_t at = 0; at < length;) {
    const char* name = names.data() + at;
    at += static_cast<ssize_t>(std::string_view(name).size()) + 1;
    if (std::string_view(name) == "security.capability") continue;
    const ssize_t size = ::fgetxattr(from, name, value.data(), value.size());
    if (size >= 0) ::fsetxattr(to, name, value.data(), static_cast<std::size_t>(size), 0);
  }
}

Result<void> set_mode(int fd, mode_t mode, const FilePlace& target) {
  if (::fchmod(fd, mode) != 0) return system_failure("set the mode of " + target.path());
  return {};
}

Result<void> dress_as(int fd, const FilePlace& target, const UniqueFd& old) {
  struct stat wanted {};
  struct stat made {};
  if (::fstat(old.get(), &wanted) != 0 || ::fstat(fd, &made) != 0) {
    return system_failure("look at " + target.path());
  }
  const bool same = made.st_uid == wanted.st_uid && made.st_gid == wanted.st_gid;
  if (!same && ::fchown(fd, wanted.st_uid, wanted.st_gid) != 0) {
    return failure("cannot keep the owner of " + target.path() + ": " +
                   std::generic_category().message(errno) + "; want its owner, or root");
  }
  if (auto set = set_mode(fd, wanted.st_mode & kKeptMode, target); !set) return set;
  copy_attributes(old.get(), fd);
  return {};
}

Result<void> dress_anew(int fd, const FilePlace& target, NewReaders readers) {
  if (auto given = give_to_owner_of_folder(fd, target); !given) return given;
  return set_mode(fd, readers == NewReaders::owner ? kForOwner : kForEverybody, target);
}

}  // namespace

Result<std::string> follow_links(const std::string& path) {
  std::error_code error;
  auto real = std::filesystem::weakly_canonical(path, error);
  if (error) return failure("cannot follow " + path + ": " + error.message());
  // weakly_canonical leaves a link to nowhere as it is.
  if (std::filesystem::is_symlink(real, error)) {
    return failure("cannot follow " + path + ": " + real.string() + " leads nowhere");
  }
  return real.string();
}

FileReplacement::FileReplacement(FilePlace target, FilePlace temporary, FileIdentity replaced)
    : target_(std::move(target)), temporary_(std::move(temporary)), replaced_(replaced) {}

FileReplacement::FileReplacement(FileReplacement&& other) noexcept
    : target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, std::nullopt)),
      replaced_(other.replaced_) {}

FileReplacement::~FileReplacement() {
  if (temporary_) temporary_->remove();
}

Result<FileReplacement> FileReplacement::prepare(const std::string& path, std::string_view text,
                                                 NewReaders readers) {
  const auto place = FilePlace::find(path);
  if (!place) return tl::unexpected(place.error());
  return prepare(*place, text, place->identify(), readers);
}

Result<FileReplacement> FileReplacement::prepare(const FilePlace& place, std::string_view text,
                                                 const FileIdentity& replaced, NewReaders readers) {
  if (auto ours = refuse_strangers_as_root(place, "replace"); !ours) {
    return tl::unexpected(ours.error());
  }
  auto old = replaced.there ? place.open() : UniqueFd();
  if (!old) return tl::unexpected(old.error());
  if (replaced.there && identify_file(old->get()) != replaced) return changed_by_others(place);
  auto made = place.make_beside();
  if (!made) return tl::unexpected(made.error());
  FileReplacement replacement(place, made->place, replaced);
  const int fd = made->fd.get();
  auto ready = replaced.there ? dress_as(fd, place, *old) : dress_anew(fd, place, readers);
  if (ready) ready = write_to_disk(fd, text, made->place.path());
  if (!ready) return tl::unexpected(ready.error());
  return replacement;
}

Result<void> FileReplacement::commit() {
  if (target_.identify() != replaced_) return changed_by_others(target_);
  if (::renameat(target_.folder(), temporary_->name().c_str(), target_.folder(),
                 target_.name().c_str()) != 0) {
    return system_failure("replace " + target_.path());
  }
  temporary_.reset();
  return {};
}

FileIdentity FileReplacement::identity() const {
  return (temporary_ ? *temporary_ : target_).identify();
}

Result<void> FileReplacement::settle() const {
  return target_.settle();
}

Result<void> replace_file(const std::string& path, std::string_view text, NewReaders readers) {
  auto replacement = FileReplacement::prepare(path, text, readers);
  if (!replacement) return tl::unexpected(replacement.error());
  if (auto committed = replacement->commit(); !committed) return committed;
  return replacement->settle();
}

}  // namespace postern::os
