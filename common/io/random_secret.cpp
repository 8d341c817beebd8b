#include "common/io/random_secret.h"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace postern {

KeyedHash::Secret random_secret() {
  KeyedHash::Secret secret;
  // getrandom(2): up to 256 bytes come whole or not at all.
  while (::getrandom(secret.data(), secret.size(), 0) != static_cast<ssize_t>(secret.size())) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  return secret;
}

}  // namespace postern
