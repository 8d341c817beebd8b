#include "server/journal/segment_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace postern::journal {

os::SystemResult<SegmentFile> SegmentFile::create(const std::string& folder, SegmentName name) {
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return os::system_failure("make the folder " + folder);
  }
  // Under its name it is locked from the beginning on.
  const std::string beside = folder + "/." + name.to_string();
  ::unlink(beside.c_str());
  os::UniqueFd fd(::open(beside.c_str(), kFlags, 0600));
  if (!fd.is_open() || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return os::system_failure("make " + beside);
  }
  for (;;) {
    std::string path = folder + '/' + name.to_string();
    const bool made = ::link(beside.c_str(), path.c_str()) == 0;
    const int error = errno;
    if (!made && error == EEXIST) {
      name.begun += std::chrono::microseconds(1);
      continue;
    }
    ::unlink(beside.c_str());
    if (!made) return os::system_failure("make " + path, error);
    return SegmentFile(std::move(path), std::move(name), std::move(fd));
  }
}

os::SystemResult<void> SegmentFile::append(std::string_view& text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd_.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return os::system_failure("write " + path_);
    text.remove_prefix(static_cast<std::size_t>(written));
    size_ += static_cast<std::uint64_t>(written);
  }
  return {};
}

bool SegmentFile::is_in_place() const {
  struct stat status {};
  return ::fstat(fd_.get(), &status) == 0 && status.st_nlink > 0;
}

}  // namespace postern::journal
