#include "ctl/cli/bounded_text.h"

#include <gtest/gtest.h>

#include <sstream>

namespace postern::ctl::bounded_text_test {
namespace {

constexpr std::size_t kMib = std::size_t{1} << 20U;

TEST(BoundedText, IsAllOfIt) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{65536}, kMib}) {
    std::string text(size, 'x');
    if (size > 1) text[1] = '\0';
    std::istringstream in(text);
    EXPECT_EQ(read_bounded(in, 1, "x").value(), text) << size;
  }
}

TEST(BoundedText, OneByteMoreIsTooMuch) {
  std::istringstream in(std::string(kMib + 1, 'x'));
  EXPECT_EQ(read_bounded(in, 1, "a.eml").error().text, "a.eml holds more than 1 MiB");
}

TEST(BoundedText, OfAnEndlessStreamNoMoreIsReadThanThat) {
  struct Endless : std::streambuf {
    int underflow() override {
      setg(bytes.data(), bytes.data(), bytes.data() + bytes.size());
      given += bytes.size();
      return 'x';
    }
    std::string bytes = std::string(4096, 'x');
    std::size_t given = 0;
  } endless;
  std::istream in(&endless);
  EXPECT_FALSE(read_bounded(in, 1, "x"));
  EXPECT_LE(endless.given, kMib + (std::size_t{64} << 10U));
}

TEST(BoundedText, AStreamThatFails) {
  struct Broken : std::streambuf {
    int underflow() override { throw std::ios_base::failure("damaged"); }
  } broken;
  std::istream in(&broken);
  EXPECT_EQ(read_bounded(in, 1, "a.gz").error().text, "cannot read a.gz");
}

}  // namespace
}  // namespace postern::ctl::bounded_text_test
