#include "server/state/sip_hash.h"

#include <sodium/crypto_shorthash_siphash24.h>

namespace postern::state {

static_assert(std::tuple_size_v<SipSecret> == crypto_shorthash_siphashx24_KEYBYTES);
static_assert(std::tuple_size_v<SipHash> == crypto_shorthash_siphashx24_BYTES);

SipHash sip_hash(const SipSecret& secret, std::string_view text) noexcept {
  SipHash hash{};
  // It cannot fail.
  ::crypto_shorthash_siphashx24(hash.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                text.size(), secret.data());
  return hash;
}

}  // namespace postern::state
