#include "common/os/random_bytes.h"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace postern::os {

bool fill_random(std::span<std::byte> bytes) {
  ssize_t got = -1;
  do {
    got = ::getrandom(bytes.data(), bytes.size(), 0);  // so few come whole or not at all
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(bytes.size());
}

KeyedHash::Secret random_secret() {
  KeyedHash::Secret secret;
  if (!fill_random(std::as_writable_bytes(std::span(secret)))) {
    throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  return secret;
}

}  // namespace postern::os
