#include "common/os/new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "common/os/system_error.h"
#include "common/os/way_trust.h"

namespace postern::os {
namespace {

constexpr mode_t kAnyFolder = 0777;
constexpr mode_t kAnyFile = 0666;

Result<void> make_folder(const FilePlace& place) {
  if (auto ours = refuse_strangers_as_root(place, "make"); !ours) return ours;
  if (::mkdirat(place.folder(), place.name().c_str(), kAnyFolder) != 0) {
    if (errno == EEXIST) return {};
    return system_failure("make " + place.path());
  }
  const UniqueFd made(::openat(place.folder(), place.name().c_str(),
                               O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!made.is_open()) return system_failure("make " + place.path());
  return give_to_owner_of_folder(made.get(), place);
}

}  // namespace

Result<FilePlace> make_folders_for(const std::string& path) {
  const auto folders = std::filesystem::path(path).parent_path();
  std::filesystem::path way;
  for (const auto& part : folders) {
    way /= part;
    if (part.empty() || part == "/" || part == "." || part == "..") continue;
    auto place = FilePlace::find(way.string());
    if (!place) return place;
    if (place->found()) continue;
    if (auto made = make_folder(*place); !made) return tl::unexpected(made.error());
  }
  return FilePlace::find(path);
}

Result<void> make_file(const FilePlace& place, std::string_view text) {
  if (auto ours = refuse_strangers_as_root(place, "make"); !ours) return ours;
  const UniqueFd fd(::openat(place.folder(), place.name().c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kAnyFile));
  if (!fd.is_open()) return system_failure("make " + place.path());
  auto made = give_to_owner_of_folder(fd.get(), place);
  if (made) made = write_to_disk(fd.get(), text, place.path());
  if (!made) place.remove();
  return made;
}

Result<void> give_to_owner_of_folder(int fd, const FilePlace& place) {
  const struct stat& folder = place.way().back().status;
  if (::geteuid() != 0 || folder.st_uid == 0) return {};
  if (::fchown(fd, folder.st_uid, folder.st_gid) == 0) return {};
  return system_failure("give " + place.path() + " to the owner of its folder");
}

Result<void> write_to_disk(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_failure("write " + path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd) != 0) return system_failure("write " + path);
  return {};
}

}  // namespace postern::os
