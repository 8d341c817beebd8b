#include "common/base/domain_name.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace postern::domain_name_test {
namespace {

std::string repeated(char c, std::size_t count) {
  return std::string(count, c);
}

// Labels of 63, 63, 63 and `last` characters.
std::string long_name(std::size_t last) {
  const std::string label = repeated('a', 63) + '.';
  return label + label + label + repeated('a', last);
}

struct Accepted {
  const char* name;
  std::string text;
  std::string normal;
  friend std::ostream& operator<<(std::ostream& out, const Accepted& c) { return out << c.name; }
};

class DomainNameAccepts : public testing::TestWithParam<Accepted> {};

TEST_P(DomainNameAccepts, AndNormalises) {
  const auto name = DomainName::parse(GetParam().text);
  ASSERT_TRUE(name.has_value()) << name.error().text;
  EXPECT_EQ(name->text(), GetParam().normal);
  EXPECT_EQ(DomainName::parse(name->text()), *name);
}

INSTANTIATE_TEST_SUITE_P(
    Names, DomainNameAccepts,
    testing::Values(
        Accepted{"Plain", "example.org", "example.org"},
        Accepted{"UpperCase", "Example.ORG", "example.org"},
        Accepted{"FinalDot", "example.org.", "example.org"},
        Accepted{"OneLabel", "localhost", "localhost"}, Accepted{"OneCharacter", "a", "a"},
        Accepted{"Underscore", "_dmarc.example.org", "_dmarc.example.org"},
        Accepted{"HyphensAnywhere", "r3---sn-4g5e.-a-.example", "r3---sn-4g5e.-a-.example"},
        Accepted{"Digits", "192.0.2.1", "192.0.2.1"},
        Accepted{"ALabelIsNotLookedInto", "xn--a.example", "xn--a.example"},
        Accepted{"LongestLabel", repeated('a', 63) + ".org", repeated('a', 63) + ".org"},
        Accepted{"LongestName", long_name(61), long_name(61)},
        Accepted{"LongestNameWithFinalDot", long_name(61) + '.', long_name(61)},
        Accepted{"ULabel", "bücher.example", "xn--bcher-kva.example"},
        Accepted{"ULabelUpperCase", "BÜCHER.example", "xn--bcher-kva.example"},
        Accepted{"ULabelFinalDot", "bücher.example.", "xn--bcher-kva.example"},
        Accepted{"ULabelDecomposed",
                 "bu\xcc\x88"
                 "cher.example",
                 "xn--bcher-kva.example"},
        Accepted{"NonTransitionalSharpS", "straße.example", "xn--strae-oqa.example"},
        Accepted{"FullWidth", "ｅｘａｍｐｌｅ.org", "example.org"},
        Accepted{"IdeographicFullStop", "例え。テスト", "xn--r8jz45g.xn--zckzah"},
        Accepted{"UnderscoreBesideULabel", "_dmarc.bücher.example",
                 "_dmarc.xn--bcher-kva.example"}),
    [](const auto& test) { return test.param.name; });

struct Refused {
  const char* name;
  std::string text;
  std::string error_part;
  friend std::ostream& operator<<(std::ostream& out, const Refused& c) { return out << c.name; }
};

class DomainNameRefuses : public testing::TestWithParam<Refused> {};

TEST_P(DomainNameRefuses, AndSaysWhy) {
  const auto name = DomainName::parse(GetParam().text);
  ASSERT_FALSE(name.has_value()) << name->text();
  EXPECT_NE(name.error().text.find(GetParam().error_part), std::string::npos) << name.error().text;
}

INSTANTIATE_TEST_SUITE_P(
    Names, DomainNameRefuses,
    testing::Values(
        Refused{"Empty", "", "empty name"}, Refused{"Root", ".", "empty name"},
        Refused{"TwoDots", "..", "empty label"}, Refused{"TwoFinalDots", "a..", "empty label"},
        Refused{"LeadingDot", ".example.org", "empty label"},
        Refused{"EmptyLabel", "a..b", "empty label"},
        Refused{"LongLabel", repeated('a', 64), "label of 64"},
        Refused{"LongName", long_name(62), "name of 254"},
        Refused{"Space", "ex ample.org", "character \" \""},
        Refused{"NewLine", "example.org\n", "character \"\\x0a\""},
        Refused{"Nul", std::string("a\0b", 3), "character \"\\x00\""},
        Refused{"At", "user@example.org", "character @"},
        Refused{"Wildcard", "*.example.org", "character *"}, Refused{"Colon", "::1", "character :"},
        Refused{"NulInULabel", std::string("b\xc3\xbc\0.example", 12), "NUL"},
        Refused{"NulBehindULabel", std::string("b\xc3\xbc.example\0x", 13), "NUL"},
        Refused{"BadUtf8",
                "b\xfc"
                "cher.example",
                "internationalised"},
        Refused{"CutUtf8", "example.b\xc3", "internationalised"},
        Refused{"Overlong", "\xc0\xae.example", "internationalised"},
        Refused{"Surrogate", "\xed\xa0\x80.example", "internationalised"},
        Refused{"EmptyLabelBesideULabel", "bücher..example", "empty label"},
        Refused{"SpaceBesideULabel", "bücher.ex ample", "character"},
        Refused{"LeadingCombiningMark",
                "\xcc\x88"
                "a.example",
                "internationalised"},
        Refused{"LongULabel", "bücher" + repeated('a', 60) + ".example", "internationalised"},
        Refused{"HugeULabels", "ü" + repeated('a', 100000), "name of 100002 bytes"}),
    [](const auto& test) { return test.param.name; });

TEST(DomainName, ErrorsKeepHostileBytesEscaped) {
  const auto name = DomainName::parse("a\r\n");
  ASSERT_FALSE(name.has_value());
  EXPECT_EQ(name.error().text.find('\r'), std::string::npos);
}

TEST(DomainName, DefaultIsNoName) {
  EXPECT_TRUE(DomainName().empty());
  EXPECT_EQ(DomainName().text(), "");
}

TEST(DomainName, BothFormsOfAnIdnAreEqual) {
  const auto u_label = DomainName::parse("BÜCHER.example");
  const auto a_label = DomainName::parse("xn--bcher-kva.EXAMPLE.");
  ASSERT_TRUE(u_label && a_label);
  EXPECT_EQ(*u_label, *a_label);
  EXPECT_EQ(u_label->text(), a_label->text());  // which is what is hashed
}

TEST(DomainName, AppendsWhatItNormalises) {
  std::string out = "before ";
  EXPECT_TRUE(DomainName::append_normalised("Example.ORG.", out));
  EXPECT_TRUE(DomainName::append_normalised("BÜCHER.example", out));
  EXPECT_EQ(out, "before example.orgxn--bcher-kva.example");
}

TEST(DomainName, AppendsNothingOfWhatIsWrong) {
  for (const std::string& text :
       {std::string(), std::string("."), std::string("a..b"), std::string(".a"), std::string("a b"),
        std::string("ok.example\0x", 12), std::string("ok.bad!"), repeated('a', 64) + ".example",
        long_name(62), std::string("ok.\xff")}) {
    std::string out = "before";
    const auto done = DomainName::append_normalised(text, out);
    EXPECT_FALSE(done) << text;
    EXPECT_EQ(out, "before") << text;
    EXPECT_EQ(done.error(), DomainName::parse(text).error()) << text;
  }
}

}  // namespace
}  // namespace postern::domain_name_test
