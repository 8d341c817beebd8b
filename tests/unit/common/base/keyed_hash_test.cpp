#include "common/base/keyed_hash.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace postern::keyed_hash_test {
namespace {

KeyedHash::Secret secret_of(unsigned seed) {
  std::mt19937 random(seed);
  KeyedHash::Secret secret;
  for (unsigned char& byte : secret) byte = static_cast<unsigned char>(random());
  return secret;
}

std::size_t bucket(const KeyedHash& hash, const std::string& name) {
  return hash(name) % 4096;
}

TEST(KeyedHash, OneSecretOneHash) {
  EXPECT_EQ(KeyedHash(secret_of(1))("mail.example"), KeyedHash(secret_of(1))("mail.example"));
  EXPECT_NE(KeyedHash(secret_of(1))("mail.example"), KeyedHash(secret_of(1))("mail.exampl"));
  EXPECT_NE(KeyedHash(secret_of(1))("mail.example"), KeyedHash(secret_of(2))("mail.example"));
  EXPECT_EQ(KeyedHash(secret_of(1))(""), KeyedHash(secret_of(1))(""));
}

// What an attacker prepares for one process does not hit another one: of lengths that go through
// each of the hash's ways.
class KeyedHashLength : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Names, KeyedHashLength, testing::Values(3, 8, 16, 40, 128, 200, 250));

TEST_P(KeyedHashLength, NamesOfOneBucketPartUnderAnotherSecret) {
  const KeyedHash known(secret_of(1));
  const KeyedHash other(secret_of(2));
  std::vector<std::string> together;
  for (unsigned number = 0; together.size() < 40; ++number) {
    std::string name = std::to_string(number);
    if (name.size() < GetParam()) name.insert(0, GetParam() - name.size(), 'a');
    if (bucket(known, name) == 7) together.push_back(std::move(name));
  }
  std::map<std::size_t, int> buckets;
  for (const std::string& name : together) ++buckets[bucket(other, name)];
  for (const auto& [number, names] : buckets) EXPECT_LE(names, 3) << "in bucket " << number;
}

}  // namespace
}  // namespace postern::keyed_hash_test
