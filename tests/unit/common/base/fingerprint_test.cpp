#include "common/base/fingerprint.h"

#include <gtest/gtest.h>

#include <set>

namespace postern::fingerprint_test {
namespace {

// The values of XXH3's own test of the empty input and of `xxh128sum` over three bytes.
TEST(Fingerprint, IsXxh3With128Bits) {
  EXPECT_EQ(fingerprint_of("").to_string(), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(fingerprint_of("abc").to_string(), "06b05ab6733a618578af5f94892f3950");
}

TEST(Fingerprint, TextHasAllDigits) {
  EXPECT_EQ((Fingerprint{0, 0xab}.to_string()), "000000000000000000000000000000ab");
  EXPECT_EQ((Fingerprint{0xf000000000000000, 0}.to_string()), "f0000000000000000000000000000000");
}

TEST(Fingerprint, EveryByteCounts) {
  const std::string text(5000, 'x');
  std::set<std::string> seen = {fingerprint_of(text).to_string()};
  for (std::size_t i = 0; i < text.size(); i += 7) {
    std::string other = text;
    other[i] = '\0';
    EXPECT_TRUE(seen.insert(fingerprint_of(other).to_string()).second) << i;
    EXPECT_TRUE(seen.insert(fingerprint_of(text.substr(0, i)).to_string()).second) << i;
  }
  EXPECT_EQ(fingerprint_of(text), fingerprint_of(std::string(5000, 'x')));
}

}  // namespace
}  // namespace postern::fingerprint_test
