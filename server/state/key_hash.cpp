#include "server/state/key_hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstring>
#include <new>
#include <string>
#include <variant>

#include "common/base/hex.h"
#include "common/base/overloaded.h"

namespace postern::state {
namespace {

constexpr std::size_t kSecretBytes = 16;  // of SipHash

// With its length, so that no two keys have the same bytes.
void append(std::string& bytes, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  bytes.append(reinterpret_cast<const char*>(&size), sizeof size).append(text);
}

}  // namespace

void KeyHash::Free::operator()(evp_mac_ctx_st* context) const noexcept {
  ::EVP_MAC_CTX_free(context);
}

KeyHash::KeyHash(const os::FileSecret& secret) {
  EVP_MAC* mac = ::EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_SIPHASH, nullptr);
  if (mac == nullptr) throw std::bad_alloc();
  fresh_.reset(::EVP_MAC_CTX_new(mac));
  ::EVP_MAC_free(mac);
  std::size_t size = std::tuple_size_v<RecordKey>;
  const OSSL_PARAM parameters[] = {::OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
                                   ::OSSL_PARAM_construct_end()};
  if (!fresh_ || ::EVP_MAC_init(fresh_.get(), secret.data(), kSecretBytes, parameters) != 1) {
    throw std::bad_alloc();
  }
}

RecordKey KeyHash::hash(std::string_view bytes) const {
  const std::unique_ptr<evp_mac_ctx_st, Free> context(::EVP_MAC_CTX_dup(fresh_.get()));
  RecordKey key{};
  std::size_t size = 0;
  if (!context ||
      ::EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(bytes.data()),
                       bytes.size()) != 1 ||
      ::EVP_MAC_final(context.get(), key.data(), &size, key.size()) != 1) {
    throw std::bad_alloc();
  }
  return key;
}

RecordKey KeyHash::operator()(const StateKey& key) const {
  std::string bytes(1, static_cast<char>(key.kind));
  append(bytes, key.bucket);
  for (const std::string& part : key.parts) append(bytes, part);
  return hash(bytes);
}

std::uint64_t KeyHash::of_member(const RecordKey& set, std::string_view member) const {
  // No key begins so.
  std::string bytes(1, '\xff');
  bytes.append(reinterpret_cast<const char*>(set.data()), set.size()).append(member);
  const RecordKey key = hash(bytes);
  std::uint64_t first = 0;
  std::memcpy(&first, key.data(), sizeof first);
  return first;
}

std::string KeyHash::mark() const {
  // No key begins so, and no member of a set.
  return hex_of(hash("\xfe"));
}

Change KeyHash::change_of(const Effect& effect, StoreTime at) const {
  Change change{(*this)(effect.key), effect.key.kind, {}, effect.keep, at};
  std::visit(
      Overloaded{
          [&](const Add& add) {
            change.what = AddHash{of_member(change.key, add.member), add.period, add.at_most};
          },
          [&](const auto& other) { change.what = other; }},
      effect.what);
  return change;
}

}  // namespace postern::state
