#include "ctl/alert/signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <span>

namespace postern::ctl {

std::string signature_of(std::string_view key, UtcTime time, std::string_view body) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::string text =
      std::to_string(time.time_since_epoch().count()) + "." + std::string(body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  ::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &length);
  std::string signature = "v1=";
  for (const unsigned char byte : std::span(digest).first(length)) {
    signature += {kDigits[byte >> 4U], kDigits[byte & 0xfU]};
  }
  return signature;
}

}  // namespace postern::ctl
