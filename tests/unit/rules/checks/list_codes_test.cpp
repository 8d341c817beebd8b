#include "rules/checks/list_codes.h"

#include <gtest/gtest.h>

namespace postern::checks::list_codes_test {
namespace {

bool has(std::string_view codes, const char* code) {
  return ListCodes::parse(codes).value().has(IpAddress::parse(code).value());
}

TEST(ListCodes, Numbers) {
  EXPECT_TRUE(has("127.0.0.2", "127.0.0.2"));
  for (const char* other : {"127.0.0.1", "127.0.0.3", "127.0.1.2", "127.1.0.2", "126.0.0.2",
                            "::7f00:2", "2001:db8::2"}) {
    EXPECT_FALSE(has("127.0.0.2", other)) << other;
  }
}

TEST(ListCodes, RangesAsInPostfix) {
  for (int last = 0; last < 256; ++last) {
    const std::string code = "127.0.0." + std::to_string(last);
    EXPECT_EQ(has("127.0.0.[2..11]", code.c_str()), last >= 2 && last <= 11) << code;
    EXPECT_EQ(has("127.0.0.[2;4..6;255]", code.c_str()),
              last == 2 || (last >= 4 && last <= 6) || last == 255)
        << code;
  }
  EXPECT_TRUE(has("127.0.[0..255].[0..255]", "127.0.255.0"));
}

TEST(ListCodes, BitsOfListsThatAddUp) {
  for (int last = 0; last < 256; ++last) {
    const std::string code = "127.0.0." + std::to_string(last);
    EXPECT_EQ(has("127.0.0.&8", code.c_str()), (last & 8) != 0) << code;
    EXPECT_EQ(has("127.0.0.&6", code.c_str()), (last & 6) == 6) << code;
  }
}

TEST(ListCodes, Mistakes) {
  for (const char* text : {"",
                           "127",
                           "127.0.0",
                           "127.0.0.",
                           "127.0.0.2.",
                           "127.0.0.2.3",
                           "127.0.0.256",
                           "127.0.0.x",
                           "127.0.0.[",
                           "127.0.0.[]",
                           "127.0.0.[2",
                           "127.0.0.[2..]",
                           "127.0.0.[..2]",
                           "127.0.0.[3..2]",
                           "127.0.0.[2;]",
                           "127.0.0.[2,3]",
                           "127.0.0.&",
                           "127.0.0.&0",
                           "127.0.0.&256",
                           "127.0.0.*",
                           "192.0.2.1",
                           "[126..127].0.0.2",
                           "&127.0.0.2",
                           " 127.0.0.2",
                           "127.0.0.2 ",
                           "127.0.0.-2"}) {
    const auto codes = ListCodes::parse(text);
    ASSERT_FALSE(codes) << text;
    EXPECT_EQ(codes.error().text,
              "found '" + std::string(text) +
                  "', want a code as 127.0.0.2, 127.0.0.[2;4..11] or 127.0.0.&8");
  }
}

}  // namespace
}  // namespace postern::checks::list_codes_test
