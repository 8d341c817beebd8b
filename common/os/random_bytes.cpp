#include "common/os/random_bytes.h"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace postern::os {

bool fill_random(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0 && errno != EINTR) return false;
    bytes = bytes.subspan(got < 0 ? 0 : static_cast<std::size_t>(got));
  }
  return true;
}

KeyedHash::Secret random_secret() {
  KeyedHash::Secret secret;
  if (!fill_random(std::as_writable_bytes(std::span(secret)))) {
    throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  return secret;
}

}  // namespace postern::os
