#include "common/base/public_suffixes.h"

#include <gtest/gtest.h>

namespace postern::public_suffixes_test {
namespace {

constexpr std::string_view kList =
    "// ===BEGIN ICANN DOMAINS===\n"
    "com\n"
    "uk\n"
    "co.uk  a comment\n"
    "*.ck\n"
    "!www.ck\n"
    "公司.cn\n"
    "// ===BEGIN PRIVATE DOMAINS===\n"
    "blogspot.com\n";

TEST(PublicSuffixes, ARegistrableDomainIsTheSuffixAndOneLabel) {
  const PublicSuffixes suffixes(kList);
  ASSERT_TRUE(suffixes.has_list());
  EXPECT_EQ(suffixes.registrable("a.b.example.com"), "example.com");
  EXPECT_EQ(suffixes.registrable("example.com"), "example.com");
  EXPECT_EQ(suffixes.registrable("mail.example.co.uk"), "example.co.uk");
  EXPECT_EQ(suffixes.registrable("a.joe.blogspot.com"), "joe.blogspot.com");
  EXPECT_EQ(suffixes.registrable("x.a.xn--55qx5d.cn"), "a.xn--55qx5d.cn");
  EXPECT_EQ(suffixes.registrable("a.b.unlisted"), "b.unlisted") << "the list's default is `*`";
}

TEST(PublicSuffixes, WildcardsAndExceptions) {
  const PublicSuffixes suffixes(kList);
  EXPECT_EQ(suffixes.registrable("a.b.c.ck"), "b.c.ck");
  EXPECT_EQ(suffixes.registrable("a.www.ck"), "www.ck");
}

TEST(PublicSuffixes, ASuffixIsItsOwn) {
  const PublicSuffixes suffixes(kList);
  for (const char* name : {"com", "co.uk", "blogspot.com", "c.ck", "localhost"}) {
    EXPECT_EQ(suffixes.registrable(name), name);
  }
}

TEST(PublicSuffixes, WithoutTheListCountriesHaveTheUsualSecondLabels) {
  const PublicSuffixes suffixes;
  EXPECT_FALSE(suffixes.has_list());
  EXPECT_EQ(suffixes.registrable("a.example.co.uk"), "example.co.uk");
  EXPECT_EQ(suffixes.registrable("a.example.de"), "example.de");
  EXPECT_EQ(suffixes.registrable("a.example.com"), "example.com");
  EXPECT_EQ(suffixes.registrable("com"), "com");
}

}  // namespace
}  // namespace postern::public_suffixes_test
