#include "common/os/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <span>

#include "common/os/random_bytes.h"
#include "common/os/system_error.h"
#include "common/os/unique_fd.h"

namespace postern::os {
namespace {

// Whole or not at all: another program may do the same at the same time.
Result<void> make_secret(const std::string& path) {
  std::string beside = path + ".XXXXXX";
  FileSecret secret{};
  if (!fill_random(std::as_writable_bytes(std::span(secret)))) {
    return failure("there are no random bytes for " + path);
  }
  const UniqueFd fd(::mkostemp(beside.data(), O_CLOEXEC));
  const bool made =
      fd.is_open() &&
      ::write(fd.get(), secret.data(), secret.size()) == static_cast<ssize_t>(secret.size()) &&
      ::fsync(fd.get()) == 0 && (::link(beside.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int error = errno;
  if (fd.is_open()) ::unlink(beside.c_str());
  if (!made) return system_failure("make " + path, error);
  return {};
}

}  // namespace

Result<FileSecret> read_secret_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.is_open()) return system_failure("open " + path);
  FileSecret secret{};
  const ssize_t got = ::read(fd.get(), secret.data(), secret.size());
  if (got < 0) return system_failure("read " + path);
  if (got == static_cast<ssize_t>(secret.size())) return secret;
  return failure("found no key of 32 bytes in " + path);
}

Result<FileSecret> secret_in_file(const std::string& folder, const std::string& name) {
  const std::string path = folder + '/' + name;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return system_failure("make the folder " + folder);
  }
  if (auto secret = read_secret_file(path)) return secret;
  if (auto made = make_secret(path); !made) return tl::unexpected(made.error());
  return read_secret_file(path);
}

}  // namespace postern::os
