// The syntax of records and macros (RFC 7208 4.6, 7.1 and 12): what is one, and what is not.
#include "rules/spf/spf_record.h"

#include <gtest/gtest.h>

#include "rules/spf/spf_macro.h"

namespace postern::spf::spf_record_test {
namespace {

TEST(SpfRecord, BeginsWithItsVersion) {
  for (const char* text : {"v=spf1", "v=spf1 ", "V=SPF1 -all", "v=spf1  a"}) {
    EXPECT_TRUE(is_spf_record(text)) << text;
  }
  for (const char* text : {"", "v=spf", "v=spf10 -all", "v=spf1\t-all", " v=spf1", "v=spf1-all"}) {
    EXPECT_FALSE(is_spf_record(text)) << text;
  }
}

TEST(SpfRecord, IsTakenApart) {
  const std::string text =
      "v=spf1 ~A:h.example/24//64 MX//48 -ip4:192.0.2.0/25 ip6:2001:db8::/32 ?ptr "
      "include:_spf.%{d2} exp=why.example redirect=%{o} x-y.z=%{s}";
  const auto record = parse_record(text);
  ASSERT_TRUE(record) << record.error().text;
  ASSERT_EQ(record->directives.size(), 6U);
  using enum Directive::Mechanism;
  const Directive& address = record->directives[0];
  EXPECT_EQ(address.text, "~A:h.example/24//64");
  EXPECT_EQ(address.qualifier, Qualifier::softfail);
  EXPECT_EQ(address.mechanism, a);
  EXPECT_EQ(address.domain_spec, "h.example");
  EXPECT_EQ(address.v4_bits, 24);
  EXPECT_EQ(address.v6_bits, 64);
  EXPECT_EQ(record->directives[1].mechanism, mx);
  EXPECT_EQ(record->directives[1].v4_bits, 32);
  EXPECT_EQ(record->directives[1].v6_bits, 48);
  EXPECT_EQ(record->directives[2].network.to_string(), "192.0.2.0");
  EXPECT_EQ(record->directives[2].v4_bits, 25);
  EXPECT_EQ(record->directives[3].v6_bits, 32);
  EXPECT_EQ(record->directives[4].qualifier, Qualifier::neutral);
  EXPECT_EQ(record->directives[5].domain_spec, "_spf.%{d2}");
  EXPECT_EQ(record->explanation, "why.example");
  EXPECT_EQ(record->redirect, "%{o}");
}

TEST(SpfRecord, IsRefusedForAnyTermThatIsNone) {
  for (const char* term : {"foo",
                           "all:a.example",
                           "all/8",
                           "-",
                           "+",
                           "include",
                           "include:",
                           "include:example",
                           "exists",
                           "a:",
                           "a/",
                           "a/33",
                           "a/08",
                           "a//129",
                           "a//",
                           "a/24/64",
                           "a:a.example/24//",
                           "ip4",
                           "ip4:",
                           "ip4:192.0.2",
                           "ip4:192.0.2.1/",
                           "ip4:192.0.2.1/33",
                           "ip4:192.0.2.01",
                           "ip4:2001:db8::1",
                           "ip6:192.0.2.1",
                           "ip6:IPv6:2001:db8::1",
                           "ip6:2001:db8::/129",
                           "ip4:192.0.2.1:25",
                           "ptr/24",
                           "ptr:",
                           "a:a.example.1",
                           "a:a.-b",
                           "a:b-",
                           "a:.",
                           "a:%{d}com",
                           "redirect",
                           "redirect=",
                           "redirect=a.example redirect=b.example",
                           "exp=a.example exp=a.example",
                           "=a",
                           "1a=b",
                           "-a=b",
                           "+exp=a.example",
                           "?all=",
                           "a\x01",
                           "a:\xff.example",
                           "mx:a.example\t"}) {
    const std::string text = std::string("v=spf1 ip4:192.0.2.1 ") + term + " -all";
    EXPECT_FALSE(parse_record(text)) << term;
  }
}

TEST(SpfMacro, OfANameAreThese) {
  for (const char* text : {"", "a", "%{s}", "%{L2R-.+,/_=}", "%%%_%-", "%{d128}", "!~$&"}) {
    EXPECT_TRUE(check_macros(text, MacroPlace::name)) << text;
  }
  for (const char* text :
       {"%",      "%a",     "%d",    "%s",   "%i.a", "%{",   "%{}",  "%{d", "%{x}", "%{d0}",
        "%{d00}", "%{dr2}", "%{d;}", "%{_}", "%{c}", "%{r}", "%{t}", "a b", "%{%}", "\x7f"}) {
    EXPECT_FALSE(check_macros(text, MacroPlace::name)) << text;
  }
  EXPECT_TRUE(check_macros("%{c} %{r} %{t} %{p}", MacroPlace::explanation));
  EXPECT_FALSE(check_macros("a\tb", MacroPlace::explanation));
}

// RFC 7208 7.4 has these.
TEST(SpfMacro, AreExpanded) {
  const MacroValues v4{"strong-bad",        "email.example.com",
                       "email.example.com", IpAddress::parse("192.0.2.3").value(),
                       "mx.example.org",    "helo.example"};
  const std::pair<const char*, const char*> kCases[] = {
      {"%{s}", "strong-bad@email.example.com"},
      {"%{o}", "email.example.com"},
      {"%{d}", "email.example.com"},
      {"%{d4}", "email.example.com"},
      {"%{d3}", "email.example.com"},
      {"%{d2}", "example.com"},
      {"%{d1}", "com"},
      {"%{dr}", "com.example.email"},
      {"%{d2r}", "example.email"},
      {"%{l}", "strong-bad"},
      {"%{l-}", "strong.bad"},
      {"%{lr}", "strong-bad"},
      {"%{lr-}", "bad.strong"},
      {"%{l1r-}", "strong"},
      {"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
      {"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"},
      {"%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"},
      {"%{S}", "strong-bad%40email.example.com"},
      {"%%%_%-", "% %20"},
      {"%{h} %{p}", "helo.example mx.example.org"}};
  for (const auto& [text, expanded] : kCases) EXPECT_EQ(expand_macros(text, v4), expanded) << text;
  MacroValues v6 = v4;
  v6.client = IpAddress::parse("2001:db8::cb01").value();
  EXPECT_EQ(expand_macros("%{ir}.%{v}", v6),
            "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6");
  EXPECT_EQ(expand_macros("%{c}", v6), "2001:db8::cb01");
}

TEST(SpfMacro, LongNamesLoseTheirFirstLabels) {
  std::string name;
  for (int i = 0; i < 30; ++i) name += std::to_string(i % 10) + "23456789.";
  const std::string_view fits = last_labels_that_fit(name);
  EXPECT_LE(fits.size(), 253U);
  EXPECT_EQ(fits.size() % 10, 9U) << "whole labels";
  EXPECT_EQ(fits, std::string_view(name).substr(name.size() - 1 - fits.size(), fits.size()));
  EXPECT_EQ(last_labels_that_fit("a.example."), "a.example");
  EXPECT_EQ(last_labels_that_fit(std::string(300, 'x')).size(), 300U) << "is no name";
}

}  // namespace
}  // namespace postern::spf::spf_record_test
