#include "server/state/sip_hash.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <memory>
#include <string>

#include "common/base/hex.h"

namespace postern::state::sip_hash_test {
namespace {

SipSecret counting() {
  SipSecret secret{};
  unsigned char next = 0;
  for (unsigned char& byte : secret) byte = next++;
  return secret;
}

std::string counting_text(std::size_t size) {
  std::string text;
  while (text.size() < size) text += static_cast<char>(text.size());
  return text;
}

std::string hash_of(std::string_view text) {
  return hex_of(sip_hash(counting(), text));
}

// That of OpenSSL, by which earlier versions of Postern hashed.
std::string openssl_hash_of(std::string_view text) {
  const std::unique_ptr<EVP_MAC, decltype(&::EVP_MAC_free)> mac(
      ::EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_SIPHASH, nullptr), &::EVP_MAC_free);
  const std::unique_ptr<EVP_MAC_CTX, decltype(&::EVP_MAC_CTX_free)> context(
      ::EVP_MAC_CTX_new(mac.get()), &::EVP_MAC_CTX_free);
  std::size_t size = std::tuple_size_v<SipHash>;
  const OSSL_PARAM parameters[] = {::OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
                                   ::OSSL_PARAM_construct_end()};
  const SipSecret secret = counting();
  SipHash hash{};
  EXPECT_EQ(::EVP_MAC_init(context.get(), secret.data(), secret.size(), parameters), 1);
  EXPECT_EQ(::EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(text.data()),
                             text.size()),
            1);
  EXPECT_EQ(::EVP_MAC_final(context.get(), hash.data(), &size, hash.size()), 1);
  return hex_of(hash);
}

// The first of the vectors of 128 bits that the authors publish
// (github.com/veorq/SipHash, vectors.h).
TEST(SipHash, IsThatOfItsAuthors) {
  EXPECT_EQ(hash_of(""), "a3817f04ba25a8e66df67214c7550293");
}

TEST(SipHash, IsThatOfOpensslWhateverTheLength) {
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string text = counting_text(size);
    ASSERT_EQ(hash_of(text), openssl_hash_of(text)) << size;
  }
}

TEST(SipHash, DependsOnEachByteOfTheSecret) {
  const std::string known = hash_of("mail.example");
  for (std::size_t i = 0; i < std::tuple_size_v<SipSecret>; ++i) {
    SipSecret secret = counting();
    secret[i] ^= 1U;
    EXPECT_NE(hex_of(sip_hash(secret, "mail.example")), known) << i;
  }
}

}  // namespace
}  // namespace postern::state::sip_hash_test
