#include "common/os/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "common/os/unique_fd.h"

namespace postern::os {
namespace {

SystemResult<std::string> read_up_to(int fd, std::size_t size_hint, std::size_t max_bytes) {
  std::string text;
  text.resize(std::min(size_hint, max_bytes) + 1);  // one more, to see the end or a file that grew
  std::size_t filled = 0;
  for (;;) {
    if (filled == text.size()) text.resize(std::min(text.size() * 2, max_bytes + 1));
    const ssize_t got = ::read(fd, text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure("read it");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
    if (filled > max_bytes) {
      return lasting_failure("found more than " + std::to_string(max_bytes) + " bytes");
    }
  }
  text.resize(filled);
  return text;
}

// O_NONBLOCK: a FIFO must not hold up the daemon before it is known to be one.
constexpr int kToRead = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

// One component at a time: openat2(2) could do it at once, but RestrictSUIDSGID= of a unit, which
// cannot look into what it is asked for, has it answered with ENOSYS (systemd.exec(5)).
UniqueFd open_without_links(const std::string& path) {
  constexpr int kFolder = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  const std::filesystem::path whole(path);
  UniqueFd folder(::open(whole.is_absolute() ? "/" : ".", kFolder));
  for (const auto& part : whole.relative_path().parent_path()) {
    if (!folder.is_open()) return folder;
    folder = UniqueFd(::openat(folder.get(), part.c_str(), kFolder));
  }
  if (!folder.is_open()) return folder;
  return UniqueFd(::openat(folder.get(), whole.filename().c_str(), kToRead | O_NOFOLLOW));
}

UniqueFd open_to_read(const std::string& path, Links links) {
  if (links == Links::refuse) return open_without_links(path);
  return UniqueFd(::open(path.c_str(), kToRead));
}

// Takes the descriptor.
SystemResult<IdentifiedText> read_open_file(int opened, const std::string& path,
                                            std::size_t max_bytes) {
  const UniqueFd fd(opened);
  struct stat status {};
  if (!fd.is_open()) return system_failure("open " + path);
  if (::fstat(fd.get(), &status) != 0) return system_failure("look at " + path);
  if (!S_ISREG(status.st_mode))
    return lasting_failure("cannot read " + path + ": want a regular file");
  if ((status.st_mode & S_IWOTH) != 0) {
    return lasting_failure("will not read " + path +
                           ": everybody may write to it, want it without (chmod o-w)");
  }
  const FileIdentity identity = identify_file(fd.get());
  auto text = read_up_to(fd.get(), static_cast<std::size_t>(status.st_size), max_bytes);
  if (!text) return failure_of("cannot read " + path + ": " + text.error().text, text.error());
  return IdentifiedText{std::move(*text), identity};
}

}  // namespace

SystemResult<IdentifiedText> read_identified_file(const std::string& path, std::size_t max_bytes,
                                                  Links links) {
  return read_open_file(open_to_read(path, links).release(), path, max_bytes);
}

SystemResult<IdentifiedText> read_identified_file(const FilePlace& place, std::size_t max_bytes) {
  auto fd = place.open();
  if (!fd) return lasting_failure(fd.error().text);
  return read_open_file(fd->release(), place.path(), max_bytes);
}

SystemResult<std::string> read_text_file(const std::string& path, std::size_t max_bytes) {
  auto read = read_identified_file(path, max_bytes);
  if (!read) return tl::unexpected(read.error());
  return std::move(read->text);
}

}  // namespace postern::os
