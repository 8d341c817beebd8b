#include "server/service/random_tokens.h"

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/os/random_bytes.h"

namespace postern::service {

Tokens random_tokens() {
  std::uint64_t seed = 0;
  const bool is_filled = os::fill_random(std::as_writable_bytes(std::span(&seed, 1)));
  return is_filled ? Tokens(seed) : Tokens();
}

}  // namespace postern::service
