#include "common/base/fingerprint.h"

#define XXH_INLINE_ALL  // header-only: nothing to link
#include <xxhash.h>

namespace postern {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr int kDigits = 16;  // of 64 bits

void append_hex(std::uint64_t value, std::string& out) {
  for (int digit = kDigits - 1; digit >= 0; --digit) {
    out += kHexDigits[(value >> (4 * digit)) & 0xf];
  }
}

}  // namespace

std::string Fingerprint::to_string() const {
  std::string text;
  append_hex(high, text);
  append_hex(low, text);
  return text;
}

Fingerprint fingerprint_of(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.high64, hash.low64};
}

}  // namespace postern
