#include "common/base/web_address.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::web_address_test {
namespace {

TEST(WebAddress, InItsParts) {
  const WebAddress usual = WebAddress::parse("https://alerts.example.org").value();
  EXPECT_TRUE(usual.is_tls);
  EXPECT_EQ(usual.host, "alerts.example.org");
  EXPECT_EQ(usual.port, 443);
  EXPECT_EQ(usual.target, "/");
  const WebAddress full = WebAddress::parse("https://[2001:db8::1]:8443/a/b?c=d").value();
  EXPECT_EQ(full.host, "2001:db8::1");
  EXPECT_EQ(full.port, 8443);
  EXPECT_EQ(full.target, "/a/b?c=d");
  EXPECT_EQ(WebAddress::parse("https://a.example?x").value().target, "/?x");
}

TEST(WebAddress, WithoutTlsOnlyThisMachine) {
  EXPECT_FALSE(WebAddress::parse("http://127.0.0.1:8080/x").value().is_tls);
  EXPECT_EQ(WebAddress::parse("http://[::1]/").value().port, 80);
  for (const char* text : {"http://192.0.2.1/", "http://a.example/", "http://localhost/"}) {
    EXPECT_FALSE(WebAddress::parse(text)) << text;
  }
}

TEST(WebAddress, NothingElse) {
  for (const char* text :
       {"", "a.example", "ftp://a.example/", "https://", "https:///x", "https://a.example:0/",
        "https://a.example:65536/", "https://a.example:/", "https://a.example:80x/",
        "https://user@a.example/", "https://a.example/#x", "https://a.example/a b",
        "https://a.example/\r\nX: y", "https://[::1", "https://[a.example]/", "https://[::1]x/",
        "https://a..example/", "https://a.example/\xc3\xa4"}) {
    const auto parsed = WebAddress::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().text.find("want an address like https://"), std::string::npos);
  }
  EXPECT_FALSE(WebAddress::parse("https://a.example/" + std::string(3000, 'x')));
}

}  // namespace
}  // namespace postern::web_address_test
