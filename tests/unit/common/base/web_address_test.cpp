#include "common/base/web_address.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::web_address_test {
namespace {

TEST(WebAddress, OverTlsAnyHost) {
  for (const char* text :
       {"https://alerts.example.org", "https://[2001:db8::1]:8443/a/b?c=d", "https://a.example?x",
        "https://192.0.2.1:65535/", "https://a.example:1"}) {
    EXPECT_TRUE(check_web_address(text)) << text;
  }
}

TEST(WebAddress, WithoutTlsOnlyThisMachine) {
  for (const char* text : {"http://127.0.0.1:8080/x", "http://[::1]/", "http://127.1.2.3"}) {
    EXPECT_TRUE(check_web_address(text)) << text;
  }
  for (const char* text : {"http://192.0.2.1/", "http://a.example/", "http://localhost/",
                           "http://[2001:db8::1]/", "http://127.0.0.1@a.example/"}) {
    EXPECT_FALSE(check_web_address(text)) << text;
  }
}

TEST(WebAddress, NothingElse) {
  for (const char* text :
       {"", "a.example", "ftp://a.example/", "https://", "https:///x", "https://a.example:0/",
        "https://a.example:65536/", "https://a.example:/", "https://a.example:80x/",
        "https://user@a.example/", "https://a.example/#x", "https://a.example/a b",
        "https://a.example/\r\nX: y", "https://[::1", "https://[a.example]/", "https://[::1]x/",
        "https://a..example/", "https://a.example/\xc3\xa4"}) {
    const auto checked = check_web_address(text);
    ASSERT_FALSE(checked) << text;
    EXPECT_NE(checked.error().text.find("want an address like https://"), std::string::npos);
  }
  EXPECT_FALSE(check_web_address("https://a.example/" + std::string(3000, 'x')));
}

}  // namespace
}  // namespace postern::web_address_test
