#include "server/state/key_hash.h"

#include <gtest/gtest.h>

#include <set>

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
