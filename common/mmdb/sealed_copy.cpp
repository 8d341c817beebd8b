#include "common/mmdb/sealed_copy.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace postern::mmdb {
namespace {

tl::unexpected<Error> no_copy() {
  return failure(std::string("cannot be kept in memory: ") + std::strerror(errno));
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (written == 0 || errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<SealedCopy> SealedCopy::of(std::string_view bytes) {
  const int fd = ::memfd_create("mmdb", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return no_copy();
  SealedCopy copy(fd);
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (!write_all(fd, bytes) || ::fcntl(fd, F_ADD_SEALS, kSeals) != 0) return no_copy();
  return copy;
}

SealedCopy::~SealedCopy() {
  if (fd_ >= 0) ::close(fd_);
}

std::string SealedCopy::path() const {
  return "/proc/self/fd/" + std::to_string(fd_);
}

}  // namespace postern::mmdb
