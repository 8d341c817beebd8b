#include "common/base/keyed_hash.h"

#define XXH_INLINE_ALL  // header-only: nothing to link
#include <xxhash.h>

namespace postern {

static_assert(sizeof(KeyedHash::Secret) >= XXH3_SECRET_SIZE_MIN);

std::uint64_t KeyedHash::operator()(std::string_view bytes) const noexcept {
  return XXH3_64bits_withSecret(bytes.data(), bytes.size(), secret_.data(), secret_.size());
}

}  // namespace postern
