#include "common/base/mail_path.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::mail_path_test {
namespace {

using Kind = MailAddress::Kind;

struct PathCase {
  const char* path;
  const char* text;
  const char* given;
};

void expect_read(const std::vector<PathCase>& cases, MtaReading mta = std::nullopt) {
  for (const PathCase& one : cases) {
    const MailAddress address = read_path(one.path, mta);
    EXPECT_EQ(address.text(), one.text) << one.path;
    EXPECT_EQ(address.given(), one.given) << one.path;
  }
}

TEST(MailPath, TheUsualSpellingIsNotSaidTwice) {
  expect_read({
      {"<a@b.example>", "a@b.example", ""},
      {"a@b.example", "a@b.example", ""},
      {"<A@B.Example.>", "A@b.example", ""},
      {"<>", "", ""},
      {"", "", ""},
      {"<postmaster>", "postmaster", ""},
      {R"(<"q uo\"ted"@b.example>)", R"(q uo"ted@b.example)", ""},
      {R"(<"needless"@b.example>)", "needless@b.example", ""},
      {R"(<"post master">)", "post master", ""},
      {"<a@[192.0.2.1]>", "a@[192.0.2.1]", ""},
      {"<a@[IPv6:2001:DB8::1]>", "a@[IPv6:2001:db8::1]", ""},
      {"<jörg@bücher.example>", "jörg@xn--bcher-kva.example", ""},
      {"<x!a@b.example>", "x!a@b.example", ""},
      {"<a%x.example@b.example>", "a%x.example@b.example", ""},
      {"<prvs=0123abcdef=a@b.example>", "prvs=0123abcdef=a@b.example", ""},
  });
}

TEST(MailPath, BlanksAndComments) {
  expect_read({
      {"< a@b.example >", "a@b.example", " a@b.example "},
      {"<a@(c)b.example>", "a@b.example", "a@(c)b.example"},
      {"<a (c) @ b . example>", "a@b.example", "a (c) @ b . example"},
      {"<a@b.example(good.example)>", "a@b.example", "a@b.example(good.example)"},
      {"<a@(x@good.example)b.example>", "a@b.example", "a@(x@good.example)b.example"},
      {"<a@((nested) \\) x)b.example>", "a@b.example", "a@((nested) \\) x)b.example"},
      {"<\ta@b.example>", "a@b.example", "\ta@b.example"},
      {"<a@[ 192.0.2.1 ]>", "a@[192.0.2.1]", ""},
  });
}

TEST(MailPath, ANullSenderWithBlanksIsOne) {
  for (const char* path : {"< >", "<(nobody)>", "<<>>", "<\t>"}) {
    EXPECT_TRUE(read_path(path, std::nullopt).is_null()) << path;
    EXPECT_FALSE(read_path(path, std::nullopt).given().empty()) << path;
  }
}

TEST(MailPath, BracketsQuotesAndBackslashesWhereNoneBelong) {
  expect_read({
      {"<<a@b.example>>", "a@b.example", "<a@b.example>"},
      {R"(<a@"b.example">)", "a@b.example", R"(a@"b.example")"},
      {R"(<a@"b".example>)", "a@b.example", R"(a@"b".example)"},
      {R"(<a@b\.example>)", "a@b.example", R"(a@b\.example)"},
      {R"(<a@\b.example>)", "a@b.example", R"(a@\b.example)"},
      {R"(<\a@b.example>)", "a@b.example", R"(\a@b.example)"},
      {R"(<x."y".z@b.example>)", "x.y.z@b.example", R"(x."y".z@b.example)"},
  });
}

TEST(MailPath, SourceRoutes) {
  expect_read({
      {"<@x.example:a@b.example>", "a@b.example", "@x.example:a@b.example"},
      {"<@x.example,@y.example:a@b.example>", "a@b.example", "@x.example,@y.example:a@b.example"},
      {"<@x.example , @y.example : a@b.example>", "a@b.example",
       "@x.example , @y.example : a@b.example"},
  });
  EXPECT_EQ(read_path("<@x.example:>", std::nullopt).kind(), Kind::malformed_domain);
}

TEST(MailPath, HostAndUserInTheOldStyle) {
  expect_read({
      {"<b.example!a>", "a@b.example", "b.example!a"},
      {"<a%b.example>", "a@b.example", "a%b.example"},
      {"<b.example!y.example!a>", "y.example!a@b.example", "b.example!y.example!a"},
      {"<b.example!a%y.example>", "a%y.example@b.example", "b.example!a%y.example"},
      {"<a%y.example%b.example>", "a%y.example@b.example", "a%y.example%b.example"},
      {"< b.example ! a >", "a@b.example", " b.example ! a "},
      // Quotes around all of it hide nothing from an MTA.
      {R"(<"b.example!a">)", "a@b.example", R"("b.example!a")"},
      {R"(<"a%b.example">)", "a@b.example", R"("a%b.example")"},
      {R"(<"a@b.example">)", "a@b.example", R"("a@b.example")"},
      {R"(<"a"%b.example>)", "a@b.example", R"("a"%b.example)"},
      {R"(<a\%b.example>)", "a@b.example", R"(a\%b.example)"},
      // With nothing for a host.
      {"<!a>", "!a", ""},
      {"<a%>", "a%", ""},
      {R"(<"a%b.example"@c.example>)", "a%b.example@c.example", ""},
  });
}

TEST(MailPath, EndsThatDivideNothing) {
  expect_read({
      {"<a@b.example@>", "a@b.example", "a@b.example@"},
      {"<a%b.example%>", "a@b.example", "a%b.example%"},
      {R"(<"a@b.example"@>)", "a@b.example", R"("a@b.example"@)"},
      {"<a@b.example;>", "a@b.example", "a@b.example;"},
      {"<group:a@b.example;>", "group:a@b.example", "group:a@b.example;"},
      {"<a@>", "a@", ""},
  });
}

TEST(MailPath, HostNamesInBrackets) {
  expect_read({
      {"<a@[b.example]>", "a@b.example", "a@[b.example]"},
      {"<a@[192.0.2.256]>", "a@[192.0.2.256]", ""},
      {"<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]", ""},
      {"<a@[x:y]>", "a@[x:y]", ""},
  });
}

// As a relay with old habits does it for an address of its own.
TEST(MailPath, TheMtaSaysWhetherItSendsOn) {
  const char* path = "<a%x.example@here.example>";
  EXPECT_EQ(read_path(path, "a@x.example").text(), "a@x.example");
  EXPECT_EQ(read_path(path, "a@x.example").given(), "a%x.example@here.example");
  EXPECT_EQ(read_path(path, "a%x.example@here.example").text(), "a%x.example@here.example");
  EXPECT_EQ(read_path(path, std::nullopt).text(), "a%x.example@here.example");
  EXPECT_EQ(read_path(path, "b@x.example").text(), "a%x.example@here.example");
}

TEST(MailPath, TheMtaSaysWhatADoubtfulOneIs) {
  const MtaReading mta = "a@banned.example";
  for (const char* path :
       {"<a@x.example@banned.example>", "<Ann <a@banned.example>>", "<a@banned.example",
        "<a@ban ned.example>", "<a@banned.example,b@x.example>", "<a@banned.example(>",
        R"(<"banned.example!a">)", R"(<a\@banned.example>)", "<a@banned..example>"}) {
    const MailAddress address = read_path(path, mta);
    EXPECT_EQ(address.text(), "a@banned.example") << path;
    if (!(read_path(path, std::nullopt) == address)) {
      EXPECT_FALSE(address.given().empty()) << path;
    }
  }
  EXPECT_TRUE(read_path(R"(<"">)", "<>").is_null());
  EXPECT_TRUE(read_path(R"(<"">)", "").is_null());
}

// Its own tables have made something else of the address: {rcpt_addr} behind sendmail's
// virtusertable, for a user of its own, for a name that an MTA puts its domain behind.
TEST(MailPath, WhatTheMtaMakesOfAClearAddressDoesNotCount) {
  expect_read(
      {
          {"<x@closed.example>", "x@closed.example", ""},
          {"< x@closed.example >", "x@closed.example", " x@closed.example "},
          {"<postmaster>", "postmaster", ""},
      },
      "joe@elsewhere.example");
  for (const char* path :
       {"<x@closed.example;>", "<group:x@closed.example;>", "<a b@closed.example>",
        "<Ann <x@closed.example>>", R"(<"x@closed.example">)", "<a@b@closed.example>",
        R"(<a\@b@closed.example>)", R"(<x@"closed".example>)", "<closed.example!x>"}) {
    EXPECT_EQ(read_path(path, "joe@elsewhere.example").domain().text(), "closed.example") << path;
  }
  EXPECT_EQ(read_path("<a b@closed.example>", "a_b@closed.example").text(), "a_b@closed.example");
  expect_read({{"<joe@here.example>", "joe@here.example", ""},
               {"<joe@here.example@here.example>", "joe@here.example@here.example", ""}},
              "joe");
}

// With a comment behind it, it is taken apart.
TEST(MailPath, WhatIsPlainIsReadAsIfItWereTakenApart) {
  for (const std::string path : {"a@b.example",
                                 "a@B.example.",
                                 "a..b@b.example",
                                 ".a.@b.example",
                                 "a@b..example",
                                 "a@.b",
                                 "a=b+c-d@x_y.example",
                                 "jörg@bücher.example",
                                 "prvs=0123abcdef=a@b.example",
                                 "@b.example",
                                 "a@",
                                 "a@b@c.example",
                                 "a@b.example\x7f",
                                 "a\x01@b.example",
                                 "a@b\xff.example",
                                 "a%x.example@b.example",
                                 "x!a@b.example",
                                 "a\\b@c.example",
                                 "a@b.example;",
                                 "a,b@c.example",
                                 "postmaster",
                                 "@",
                                 "a@[192.0.2.1]"}) {
    for (const MtaReading mta : {MtaReading(), MtaReading("u@mta.example"), MtaReading(path)}) {
      const MailAddress address = read_path("<" + path + ">", mta);
      const MailAddress apart = read_path("<" + path + "()>", mta);
      EXPECT_EQ(address, apart) << path;
      EXPECT_EQ(address.kind(), apart.kind()) << path;
      EXPECT_EQ(read_path(path, mta), apart) << path;
    }
  }
}

TEST(MailPath, SurvivesAnything) {
  for (const std::string& path :
       {std::string(1 << 16, '<'), std::string(1 << 16, '('), std::string(1 << 16, '"'),
        std::string(1 << 16, '\\'), std::string(1 << 16, '@'), std::string("<a\0b@c.example>", 15),
        std::string("<a@b\xff\x01>")}) {
    const MailAddress address = read_path(path, std::nullopt);
    EXPECT_LE(address.text().size(), 2 * path.size() + 1);
  }
}

}  // namespace
}  // namespace postern::mail_path_test
