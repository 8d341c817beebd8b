#include "server/state/key_hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace postern::state::key_hash_test {
namespace {

os::FileSecret counting(unsigned char from) {
  os::FileSecret secret{};
  for (unsigned char& byte : secret) byte = from++;
  return secret;
}

TEST(KeyHash, TellsKeysApart) {
  const KeyHash hash(counting(0));
  const std::vector<StateKey> keys{{StateKind::rate, "people", {"a@x.example"}},
                                   {StateKind::seen, "people", {"a@x.example"}},
                                   {StateKind::rate, "peopl", {"ea@x.example"}},
                                   {StateKind::rate, "people", {"a@x", ".example"}},
                                   {StateKind::rate, "people", {}},
                                   {StateKind::rate, "people", {""}},
                                   {StateKind::rate, "", {"people"}},
                                   {StateKind::rate, "people", {"", ""}}};
  std::set<RecordKey> seen;
  for (const StateKey& key : keys) seen.insert(hash(key));
  EXPECT_EQ(seen.size(), keys.size());
}

// So a file keeps its records when Postern is another version.
TEST(KeyHash, OfAKeyIsTheHashOfItsBytes) {
  const KeyHash hash(counting(0));
  for (const std::size_t size : {3U, 200U, 240U, 241U, 242U, 300U, 5000U}) {
    const std::string part(size, 'x');
    const auto length = static_cast<std::uint32_t>(size);
    std::string bytes("\x01\x06\x00\x00\x00people", 11);
    bytes.append(reinterpret_cast<const char*>(&length), sizeof length).append(part);
    SipSecret secret{};
    std::copy_n(counting(0).begin(), secret.size(), secret.begin());
    EXPECT_EQ(hash({StateKind::rate, "people", {part}}), sip_hash(secret, bytes)) << size;
  }
}

TEST(KeyHash, IsTheSameInEveryProcessOfASite) {
  const StateKey key{StateKind::rate, "people", {"a@x.example"}};
  EXPECT_EQ(KeyHash(counting(0))(key), KeyHash(counting(0))(key));
}

TEST(KeyHash, IsAnotherWithAnotherSecret) {
  const StateKey key{StateKind::rate, "people", {"a@x.example"}};
  EXPECT_NE(KeyHash(counting(0))(key), KeyHash(counting(1))(key));
}

TEST(KeyHash, AMemberHasAnotherHashInEachSet) {
  const KeyHash hash(counting(0));
  const RecordKey one = hash({StateKind::distinct, "a", {}});
  const RecordKey other = hash({StateKind::distinct, "b", {}});
  EXPECT_EQ(hash.of_member(one, "192.0.2.0/24"), hash.of_member(one, "192.0.2.0/24"));
  EXPECT_NE(hash.of_member(one, "192.0.2.0/24"), hash.of_member(one, "198.51.100.0/24"));
  EXPECT_NE(hash.of_member(one, "192.0.2.0/24"), hash.of_member(other, "192.0.2.0/24"));
}

}  // namespace
}  // namespace postern::state::key_hash_test
