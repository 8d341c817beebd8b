#include "common/os/file_place.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <filesystem>
#include <string_view>
#include <utility>

#include "common/os/random_bytes.h"
#include "common/os/system_error.h"

namespace postern::os {
namespace {

constexpr int kMostLinks = 40;  // as the kernel follows (path_resolution(7))

std::string below(const std::string& folder, const std::string& name) {
  return folder.ends_with('/') ? folder + name : folder + "/" + name;
}

// Takes the first component off; empty: there is none left.
std::string take_component(std::string& path) {
  const std::size_t begin = std::min(path.find_first_not_of('/'), path.size());
  const std::size_t end = std::min(path.find('/', begin), path.size());
  std::string component = path.substr(begin, end - begin);
  path.erase(0, std::min(path.find_first_not_of('/', end), path.size()));
  return component;
}

std::string random_letters() {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";
  std::array<std::byte, 6> bytes{};
  // Without a random source the name is one that may be taken, and then it is an error.
  static_cast<void>(fill_random(bytes));
  std::string letters;
  for (const std::byte byte : bytes) {
    letters += kLetters[std::to_integer<std::size_t>(byte) % kLetters.size()];
  }
  return letters;
}

// Of a link that is open.
Result<std::string> target_of(int link, const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlinkat(link, "", target.data(), target.size());
  if (length < 0) return system_failure("follow " + path);
  return std::string(target.data(), static_cast<std::size_t>(length));
}

}  // namespace

class FileWalk {
 public:
  explicit FileWalk(const std::string& path) : asked_(path), rest_(path) {}

  Result<FilePlace> run() {
    if (auto begun = begin(); !begun) return tl::unexpected(begun.error());
    for (;;) {
      const std::string name = take_component(rest_);
      if (name.empty()) return failure("cannot open " + asked_ + ": want a file");
      if (name == ".") continue;
      if (auto gone = name == ".." || !rest_.empty() ? enter(name) : arrive(name); !gone) {
        return tl::unexpected(gone.error());
      }
      if (!place_.name_.empty()) return std::move(place_);
    }
  }

  // All of it is the path of a folder.
  Result<FilePlace> run_into(const std::string& name) {
    auto gone = begin();
    for (std::string next = take_component(rest_); gone && !next.empty();
         next = take_component(rest_)) {
      if (next != ".") gone = enter(next);
    }
    if (!gone) return tl::unexpected(gone.error());
    place_.path_ = below(at_, name);
    return place_.beside(name);
  }

 private:
  Result<void> begin() {
    if (rest_.starts_with('/')) {
      at_ = "/";
    } else {
      std::error_code error;
      at_ = std::filesystem::current_path(error).string();
    }
    return step_into(::open(rest_.starts_with('/') ? "/" : ".", kFolder));
  }

  // Takes the descriptor; `at_` is its path already.
  Result<void> step_into(int fd) {
    auto folder = std::make_shared<UniqueFd>(fd);
    struct stat status {};
    if (!folder->is_open() || ::fstat(folder->get(), &status) != 0) return cannot_open();
    place_.folder_ = std::move(folder);
    place_.way_.push_back({WayStep::Kind::folder, at_, status});
    return {};
  }

  [[nodiscard]] tl::unexpected<SystemError> cannot_open() const {
    return system_failure("open " + asked_);
  }

  Result<void> enter(const std::string& name) {
    const int fd = ::openat(place_.folder(), name.c_str(), kFolder);
    if (fd < 0 && (errno == ENOTDIR || errno == ELOOP)) return follow(name);
    at_ = name == ".." ? std::filesystem::path(at_).parent_path().string() : below(at_, name);
    return step_into(fd);
  }

  Result<void> follow(const std::string& name) {
    const UniqueFd fd(::openat(place_.folder(), name.c_str(), kAnything));
    struct stat status {};
    if (!fd.is_open() || ::fstat(fd.get(), &status) != 0) return cannot_open();
    if (!S_ISLNK(status.st_mode)) {
      errno = ENOTDIR;
      return cannot_open();
    }
    return follow_link(fd.get(), name, status);
  }

  Result<void> follow_link(int link, const std::string& name, const struct stat& status) {
    place_.way_.push_back({WayStep::Kind::link, below(at_, name), status});
    if (++links_ > kMostLinks) {
      errno = ELOOP;
      return cannot_open();
    }
    auto target = target_of(link, below(at_, name));
    if (!target) return tl::unexpected(target.error());
    by_link_ = rest_.empty() ? below(at_, name) : "";
    rest_ = rest_.empty() ? *target : *target + "/" + rest_;
    return rest_.starts_with('/') ? begin() : Result<void>();
  }

  // The last component.
  Result<void> arrive(const std::string& name) {
    const UniqueFd fd(::openat(place_.folder(), name.c_str(), kAnything));
    struct stat status {};
    if (fd.is_open()) {
      if (::fstat(fd.get(), &status) != 0) return cannot_open();
      if (S_ISLNK(status.st_mode)) return follow_link(fd.get(), name, status);
      place_.found_ = status;
    } else if (errno != ENOENT) {
      return cannot_open();
    } else if (!by_link_.empty()) {
      return failure("cannot follow " + asked_ + ": " + by_link_ + " leads nowhere");
    }
    place_.name_ = name;
    place_.path_ = below(at_, name);
    return {};
  }

  // O_DIRECTORY has what is mounted on demand mounted.
  static constexpr int kFolder = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  static constexpr int kAnything = O_PATH | O_NOFOLLOW | O_CLOEXEC;

  const std::string& asked_;
  std::string rest_;     // still to go
  std::string at_;       // the path of the folder that is open
  std::string by_link_;  // the link that was the last component
  int links_ = 0;
  FilePlace place_;
};

Result<FilePlace> FilePlace::find(const std::string& path) {
  return FileWalk(path).run();
}

Result<FilePlace> FilePlace::in_folder(const std::string& path, const std::string& name) {
  return FileWalk(path).run_into(name);
}

std::string FilePlace::folder_path() const {
  return std::filesystem::path(path_).parent_path().string();
}

FilePlace FilePlace::beside(const std::string& name) const {
  FilePlace place = *this;
  place.name_ = name;
  place.path_ = below(folder_path(), name);
  struct stat status {};
  const bool there = ::fstatat(folder(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  place.found_ = there ? std::optional(status) : std::nullopt;
  return place;
}

FileIdentity FilePlace::identify() const {
  return identify_file_at(folder(), name_);
}

Result<UniqueFd> FilePlace::open() const {
  struct stat status {};
  // What is no file is not opened: that alone can do something to a device.
  if (::fstatat(folder(), name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return system_failure("open " + path_);
  }
  if (!S_ISREG(status.st_mode)) return failure("cannot read " + path_ + ": want a regular file");
  UniqueFd fd(
      ::openat(folder(), name_.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd.is_open()) return system_failure("open " + path_);
  return fd;
}

Result<NewFile> FilePlace::make_beside() const {
  constexpr int kTries = 100;
  for (int tries = 0; tries < kTries; ++tries) {
    FilePlace place = beside((name_.starts_with('.') ? "" : ".") + name_ + "." + random_letters());
    UniqueFd fd(::openat(folder(), place.name_.c_str(),
                         O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (fd.is_open()) return NewFile{std::move(place), std::move(fd)};
    if (errno != EEXIST) break;
  }
  return system_failure("write into " + folder_path());
}

void FilePlace::remove() const {
  ::unlinkat(folder(), name_.c_str(), 0);
}

Result<void> FilePlace::settle() const {
  // The descriptor of find() is none that can be told to write.
  const UniqueFd fd(::openat(folder(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open() || ::fsync(fd.get()) != 0) return system_failure("write " + folder_path());
  if (!identify().there) return system_failure("write " + path_, ENOENT);
  return {};
}

}  // namespace postern::os
