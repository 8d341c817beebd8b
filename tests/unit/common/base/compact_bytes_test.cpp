#include "common/base/compact_bytes.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace postern::compact_bytes_test {
namespace {

const std::string kLong(100, 'x');

CompactBytes with(std::string_view text) {
  CompactBytes bytes;
  bytes.append(text);
  return bytes;
}

TEST(CompactBytes, BeginEmpty) {
  EXPECT_EQ(CompactBytes().view(), "");
  EXPECT_EQ(CompactBytes().block_size(), 0U);
}

TEST(CompactBytes, GrowFromTheirPlaceIntoBlocksOfTheirSize) {
  CompactBytes bytes;
  std::string expected;
  for (int i = 0; i < 600; ++i) {
    const char letter = static_cast<char>('a' + i % 26);
    bytes.append({&letter, 1});
    expected += letter;
    ASSERT_EQ(bytes.view(), expected);
    ASSERT_EQ(bytes.block_size(), expected.size() <= CompactBytes::kInPlace ? 0 : expected.size());
  }
  bytes.append({});
  EXPECT_EQ(bytes.view(), expected);
}

TEST(CompactBytes, MayHoldZeros) {
  const std::string zeros(CompactBytes::kInPlace, '\0');
  EXPECT_EQ(with(zeros).view(), zeros);
  EXPECT_FALSE(with(zeros) == with(zeros.substr(1)));
}

TEST(CompactBytes, CopiesAreTheirOwn) {
  for (const std::string& text : {std::string("short"), kLong}) {
    CompactBytes bytes = with(text);
    CompactBytes copy = bytes;
    copy.append("!");
    EXPECT_EQ(bytes.view(), text);
    EXPECT_EQ(copy.view(), text + "!");
    bytes = copy;
    EXPECT_TRUE(bytes == copy);
    EXPECT_NE(bytes.view().data(), copy.view().data());
    const CompactBytes& same = bytes;
    bytes = same;
    EXPECT_EQ(bytes.view(), text + "!");
  }
}

TEST(CompactBytes, AreEmptyAfterAMove) {
  for (const std::string& text : {std::string("short"), kLong}) {
    CompactBytes bytes = with(text);
    CompactBytes moved = std::move(bytes);
    EXPECT_EQ(moved.view(), text);
    EXPECT_EQ(bytes.view(), "");  // NOLINT(bugprone-use-after-move)
    bytes = std::move(moved);
    EXPECT_EQ(bytes.view(), text);
  }
}

}  // namespace
}  // namespace postern::compact_bytes_test
