#include "common/base/mail_address.h"

#include <gtest/gtest.h>

#include <ostream>

namespace postern::mail_address_test {
namespace {

using Kind = MailAddress::Kind;

struct AddressCase {
  const char* name;
  std::string envelope;
  Kind kind;
  std::string local_part;
  std::string domain;
  std::string text;
  friend std::ostream& operator<<(std::ostream& out, const AddressCase& c) { return out << c.name; }
};

class FromEnvelope : public testing::TestWithParam<AddressCase> {};

TEST_P(FromEnvelope, Gives) {
  const AddressCase& expected = GetParam();
  const auto address = MailAddress::from_envelope(expected.envelope);
  EXPECT_EQ(address.kind(), expected.kind);
  EXPECT_EQ(address.local_part(), expected.local_part);
  EXPECT_EQ(address.domain().text(), expected.domain);
  EXPECT_EQ(address.text(), expected.text);
}

TEST_P(FromEnvelope, GivesTheSameWithAndWithoutBrackets) {
  const std::string& envelope = GetParam().envelope;
  const bool has_them = envelope.starts_with('<') && envelope.ends_with('>');
  const std::string other =
      has_them ? envelope.substr(1, envelope.size() - 2) : '<' + envelope + '>';
  EXPECT_EQ(MailAddress::from_envelope(other), MailAddress::from_envelope(envelope));
}

INSTANTIATE_TEST_SUITE_P(
    Plain, FromEnvelope,
    testing::Values(AddressCase{"NullInternal", "", Kind::null_sender, "", "", ""},
                    AddressCase{"NullExternal", "<>", Kind::null_sender, "", "", ""},
                    AddressCase{"Plain", "user@example.org", Kind::domain, "user", "example.org",
                                "user@example.org"},
                    AddressCase{"Bracketed", "<user@example.org>", Kind::domain, "user",
                                "example.org", "user@example.org"},
                    AddressCase{"CaseOfTheLocalPartStays", "User@EXAMPLE.Org", Kind::domain, "User",
                                "example.org", "User@example.org"},
                    AddressCase{"FinalDot", "u@example.org.", Kind::domain, "u", "example.org",
                                "u@example.org"},
                    AddressCase{"Idn", "u@BÜCHER.example", Kind::domain, "u",
                                "xn--bcher-kva.example", "u@xn--bcher-kva.example"},
                    AddressCase{"Utf8LocalPart", "jürgen@example.org", Kind::domain, "jürgen",
                                "example.org", "jürgen@example.org"},
                    AddressCase{"Postmaster", "postmaster", Kind::local_only, "postmaster", "",
                                "postmaster"},
                    AddressCase{"PostmasterBracketed", "<Postmaster>", Kind::local_only,
                                "Postmaster", "", "Postmaster"},
                    AddressCase{"EmptyLocalPart", "@example.org", Kind::domain, "", "example.org",
                                "@example.org"},
                    AddressCase{"LastAtDivides", "a@b@example.org", Kind::domain, "a@b",
                                "example.org", "a@b@example.org"},
                    AddressCase{"OneBracketIsNoPair", "<user@example.org", Kind::domain, "<user",
                                "example.org", "<user@example.org"},
                    AddressCase{"LoneBracket", "<", Kind::local_only, "<", "", "<"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Quoted, FromEnvelope,
    testing::Values(
        AddressCase{"External", R"(<"q uo\"ted"@dest.example>)", Kind::domain, R"(q uo"ted)",
                    "dest.example", R"(q uo"ted@dest.example)"},
        AddressCase{"Internal", R"(q uo"ted@dest.example)", Kind::domain, R"(q uo"ted)",
                    "dest.example", R"(q uo"ted@dest.example)"},
        AddressCase{"NeedlessQuotes", R"("user"@example.org)", Kind::domain, "user", "example.org",
                    "user@example.org"},
        AddressCase{"AtInside", R"("a@b"@example.org)", Kind::domain, "a@b", "example.org",
                    "a@b@example.org"},
        AddressCase{"BackslashInside", R"("a\\b"@example.org)", Kind::domain, R"(a\b)",
                    "example.org", R"(a\b@example.org)"},
        AddressCase{"EscapedOrdinary", R"("\a"@example.org)", Kind::domain, "a", "example.org",
                    "a@example.org"},
        AddressCase{"Empty", R"(""@example.org)", Kind::domain, "", "example.org", "@example.org"},
        AddressCase{"WithoutDomain", R"("post master")", Kind::local_only, "post master", "",
                    "post master"},
        AddressCase{"EmptyIsNotNull", R"("")", Kind::local_only, "", "", ""},
        AddressCase{"InternalStartingWithQuote", R"("x@example.org)", Kind::domain, R"("x)",
                    "example.org", R"("x@example.org)"},
        AddressCase{"InternalWithQuotesInside", R"("a"b@example.org)", Kind::domain, R"("a"b)",
                    "example.org", R"("a"b@example.org)"},
        AddressCase{"InternalWithQuotedAndAt", R"("a"@b@example.org)", Kind::domain, R"("a"@b)",
                    "example.org", R"("a"@b@example.org)"},
        AddressCase{"EscapedClosingQuote", R"("a\"@example.org)", Kind::domain, R"("a\")",
                    "example.org", R"("a\"@example.org)"},
        AddressCase{"DanglingBackslash", R"("a\)", Kind::local_only, R"("a\)", "", R"("a\)"},
        AddressCase{"ColonInside", R"("@a:b"@example.org)", Kind::domain, "@a:b", "example.org",
                    "@a:b@example.org"},
        AddressCase{"BracketsInside", R"(<"<>"@example.org>)", Kind::domain, "<>", "example.org",
                    "<>@example.org"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    SourceRoute, FromEnvelope,
    testing::Values(AddressCase{"OneHop", "<@a.example:user@example.org>", Kind::domain, "user",
                                "example.org", "user@example.org"},
                    AddressCase{"TwoHops", "<@a.example,@b.example:user@example.org>", Kind::domain,
                                "user", "example.org", "user@example.org"},
                    AddressCase{"QuotedBehindRoute", R"(<@a.example:"x y"@example.org>)",
                                Kind::domain, "x y", "example.org", "x y@example.org"},
                    AddressCase{"ToNobodyIsNotNull", "<@a.example:>", Kind::malformed_domain, "",
                                "", "@a.example:"},
                    AddressCase{"EmptyHop", "@:user@example.org", Kind::domain, "@:user",
                                "example.org", "@:user@example.org"},
                    AddressCase{"EmptySecondHop", "@a,:user@example.org", Kind::domain, "@a,:user",
                                "example.org", "@a,:user@example.org"},
                    AddressCase{"FinalComma", "@a,@b,:u@example.org", Kind::domain, "@a,@b,:u",
                                "example.org", "@a,@b,:u@example.org"},
                    AddressCase{"ColonInLocalPart", "a:b@example.org", Kind::domain, "a:b",
                                "example.org", "a:b@example.org"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Literal, FromEnvelope,
    testing::Values(
        AddressCase{"V4", "u@[192.0.2.1]", Kind::address_literal, "u", "", "u@[192.0.2.1]"},
        AddressCase{"V6", "<u@[IPv6:2001:DB8:0::1]>", Kind::address_literal, "u", "",
                    "u@[IPv6:2001:db8::1]"},
        AddressCase{"V6WithoutTag", "u@[2001:db8::1]", Kind::address_literal, "u", "",
                    "u@[IPv6:2001:db8::1]"},
        AddressCase{"MappedV4", "u@[IPv6:::ffff:192.0.2.1]", Kind::address_literal, "u", "",
                    "u@[192.0.2.1]"},
        AddressCase{"BadAddress", "u@[192.0.2.256]", Kind::malformed_domain, "u", "",
                    "u@[192.0.2.256]"},
        AddressCase{"OtherTag", "u@[x:y]", Kind::malformed_domain, "u", "", "u@[x:y]"},
        AddressCase{"Open", "u@[192.0.2.1", Kind::malformed_domain, "u", "", "u@[192.0.2.1"},
        AddressCase{"Empty", "u@[]", Kind::malformed_domain, "u", "", "u@[]"},
        AddressCase{"OneBracket", "u@[", Kind::malformed_domain, "u", "", "u@["}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Malformed, FromEnvelope,
    testing::Values(AddressCase{"NothingBehindAt", "user@", Kind::malformed_domain, "user", "",
                                "user@"},
                    AddressCase{"LoneAt", "@", Kind::malformed_domain, "", "", "@"},
                    AddressCase{"LoneDot", "user@.", Kind::malformed_domain, "user", "", "user@."},
                    AddressCase{"Space", "user@exa mple.org", Kind::malformed_domain, "user", "",
                                "user@exa mple.org"},
                    AddressCase{"RawBytesStay", "user@Ex\xff\r\n.ORG", Kind::malformed_domain,
                                "user", "", "user@Ex\xff\r\n.ORG"},
                    AddressCase{"Nul", std::string("user@a\0b", 8), Kind::malformed_domain, "user",
                                "", std::string("user@a\0b", 8)}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    HostAndUser, FromEnvelope,
    testing::Values(
        AddressCase{"Bang", "banned.example!a", Kind::domain, "a", "banned.example",
                    "a@banned.example"},
        AddressCase{"Percent", "a%banned.example", Kind::domain, "a", "banned.example",
                    "a@banned.example"},
        AddressCase{"FirstBang", "x.example!y.example!a", Kind::domain, "y.example!a", "x.example",
                    "y.example!a@x.example"},
        AddressCase{"BangBeforePercent", "x.example!a%y.example", Kind::domain, "a%y.example",
                    "x.example", "a%y.example@x.example"},
        AddressCase{"LastPercent", "a%x.example%y.example", Kind::domain, "a%x.example",
                    "y.example", "a%x.example@y.example"},
        AddressCase{"PercentWithAt", "a%x.example@y.example", Kind::domain, "a%x.example",
                    "y.example", "a%x.example@y.example"},
        AddressCase{"BangWithAt", "x.example!a@y.example", Kind::domain, "x.example!a", "y.example",
                    "x.example!a@y.example"},
        AddressCase{"QuotedBang", R"("banned.example!a")", Kind::local_only, "banned.example!a", "",
                    "banned.example!a"},
        AddressCase{"QuotedPercent", R"("a%banned.example")", Kind::local_only, "a%banned.example",
                    "", "a%banned.example"},
        AddressCase{"BangWithoutHost", "!a", Kind::local_only, "!a", "", "!a"},
        AddressCase{"BangWithoutHostButPercent", "!a%x.example", Kind::domain, "!a", "x.example",
                    "!a@x.example"},
        AddressCase{"PercentWithoutHost", "a%", Kind::local_only, "a%", "", "a%"},
        AddressCase{"BangWithoutUser", "x.example!", Kind::domain, "", "x.example", "@x.example"},
        AddressCase{"EmptyEnd", "a@b.example@", Kind::domain, "a", "b.example", "a@b.example"},
        AddressCase{"EmptyPercent", "a%b.example%", Kind::domain, "a", "b.example", "a@b.example"},
        AddressCase{"BangBeforeEmptyPercent", "x.example!a%", Kind::domain, "a%", "x.example",
                    "a%@x.example"},
        AddressCase{"PercentBehindTheDomain", "a@b.example%", Kind::malformed_domain, "a", "",
                    "a@b.example%"},
        AddressCase{"NoHostName", "a%b c", Kind::malformed_domain, "a", "", "a@b c"}),
    [](const auto& test) { return test.param.name; });

TEST(MailAddress, SaysWhatWasGivenWhereItWasSwapped) {
  EXPECT_EQ(MailAddress::from_envelope("banned.example!a").given(), "banned.example!a");
  EXPECT_EQ(MailAddress::from_envelope("<a%banned.example>").given(), "a%banned.example");
  EXPECT_EQ(MailAddress::from_envelope("a%x.example@y.example").given(), "");
  EXPECT_EQ(MailAddress::from_envelope("banned.example!a"),
            MailAddress::from_envelope("a@banned.example"));
}

TEST(MailAddress, BothDoorsGiveTheSame) {
  EXPECT_EQ(MailAddress::from_envelope(R"(<"q uo\"ted"@Dest.example>)"),
            MailAddress::from_envelope(R"(q uo"ted@dest.example)"));
  EXPECT_EQ(MailAddress::from_envelope("<>"), MailAddress::from_envelope(""));
  EXPECT_EQ(MailAddress::from_envelope("<>"), MailAddress());
  EXPECT_TRUE(MailAddress().is_null());
}

TEST(MailAddress, SurvivesHugeInput) {
  const std::string huge(1 << 20, '@');
  EXPECT_EQ(MailAddress::from_envelope(huge).kind(), Kind::malformed_domain);
  const std::string route = "@a" + std::string(1 << 20, ',') + ":u@b";
  EXPECT_EQ(MailAddress::from_envelope(route).domain().text(), "b");
}

}  // namespace
}  // namespace postern::mail_address_test
