#include "ctl/import/re2_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::import::re2_pattern_test {
namespace {

using testing::HasSubstr;

std::string perl(std::string_view pattern) {
  const auto entry = re2_entry(pattern, PatternSyntax::pcre, PatternCase::ignored);
  return entry ? *entry : "error: " + entry.error().text;
}

std::string posix(std::string_view pattern) {
  const auto entry = re2_entry(pattern, PatternSyntax::posix_extended, PatternCase::ignored);
  return entry ? *entry : "error: " + entry.error().text;
}

TEST(Re2Pattern, WhatIsWrittenAlikeIsCopied) {
  for (const char* pattern : {"^a.*b$", "(a|b)+?", "a{2,3}", "[a-z0-9]", "\\d+\\.\\w", "(?:a)(?i)b",
                              "[[:alpha:]]", "\\bword\\b", "(?i:x)", "\\x2d"}) {
    EXPECT_EQ(perl(pattern), std::string("~") + pattern);
  }
}

TEST(Re2Pattern, OtherSpellingsAreTranslated) {
  EXPECT_EQ(perl("a\\Z"), "~a\\z");
  EXPECT_EQ(perl("\\h"), "~[\\t ]");
  EXPECT_EQ(perl("\\Qa.b\\Ec"), "~a\\.bc");
  EXPECT_EQ(perl("a\\_b\\-c\\/d"), "~a_b-c/d");
  EXPECT_EQ(perl("(?<n>a)(?P<m>b)"), "~(?:a)(?:b)");
  EXPECT_EQ(perl("a(?#why)b"), "~ab");
  EXPECT_EQ(perl("(?|a|b)"), "~(?:a|b)");
  EXPECT_EQ(perl("a{,}b{x"), "~a\\{,}b\\{x");
  EXPECT_EQ(perl("[]a]"), "~[\\]a]");
  EXPECT_EQ(perl("[a[b]"), "~[a\\[b]");
  EXPECT_EQ(perl(""), "~^");
  EXPECT_EQ(posix("\\<a\\>"), "~\\ba\\b");
  EXPECT_EQ(posix("[\\.]"), "~[\\\\.]");
}

TEST(Re2Pattern, WhatRe2HasNotIsNamed) {
  EXPECT_THAT(perl("(?=a)"), HasSubstr("look-around (?=...)"));
  EXPECT_THAT(perl("(?<!a)"), HasSubstr("look-around (?<!...)"));
  EXPECT_THAT(perl("(a)\\1"), HasSubstr("references back"));
  EXPECT_THAT(perl("(?>a)"), HasSubstr("atomic"));
  EXPECT_THAT(perl("a*+"), HasSubstr("possessive"));
  EXPECT_THAT(perl("a{2}+"), HasSubstr("possessive"));
  EXPECT_THAT(perl("(*UTF8)a"), HasSubstr("verbs"));
  EXPECT_THAT(perl("(?R)"), HasSubstr("(?R...)"));
  EXPECT_THAT(perl("(?x) a"), HasSubstr("(?x...)"));
  EXPECT_THAT(perl("(?(1)a|b)"), HasSubstr("(?(...)"));
  EXPECT_THAT(perl("\\R"), HasSubstr("\\R"));
  EXPECT_THAT(perl("a\\"), HasSubstr("backslash at the end"));
  EXPECT_THAT(perl("a{,3}"), HasSubstr("versions of PCRE"));
  EXPECT_THAT(perl("a{1, 3}"), HasSubstr("versions of PCRE"));
  EXPECT_THAT(perl("[a"), HasSubstr("without its ']'"));
  EXPECT_THAT(perl("(a"), HasSubstr("RE2"));
  EXPECT_THAT(perl("a{1001}"), HasSubstr("RE2"));
  EXPECT_THAT(perl("\xc3\xbc"), HasSubstr("no visible ASCII"));
  EXPECT_THAT(posix("a+?"), HasSubstr("repetition of a repetition"));
  EXPECT_THAT(posix("\\d"), HasSubstr("only the character d"));
  EXPECT_THAT(posix("(?:a)"), HasSubstr("Perl's"));
  EXPECT_THAT(posix("[[.a.]]"), HasSubstr("collating"));
  EXPECT_THAT(posix("a{,3}"), HasSubstr("begins no"));
}

// RE2 repeats a place in which nothing stands; PCRE and glibc do not take that.
TEST(Re2Pattern, NothingIsNotRepeated) {
  for (const char* pattern : {"^*a", "a$+", "*a", "(*a)", "a|*b", "(?:+a)", "\\b*a", "(?i)*a"}) {
    EXPECT_THAT(perl(pattern), HasSubstr("error: ")) << pattern;
  }
  for (const char* pattern : {"^*a", "a|*b", "(*a)", "\\<*a"}) {
    EXPECT_THAT(posix(pattern), HasSubstr("error: ")) << pattern;
  }
  for (const char* pattern : {"(^)*a", "(|a)*b", "[*]*a", "\\**", "a(?#why)*", "^a*"}) {
    EXPECT_THAT(perl(pattern), testing::StartsWith("~")) << pattern;
  }
}

TEST(Re2Pattern, EndsOfWordsBesideTheirLetters) {
  EXPECT_EQ(posix("\\<a+b\\>"), "~\\ba+b\\b");
  for (const char* pattern :
       {"\\<.", "\\<a*b", "a*\\>", ".\\>", "\\<(a)", "(a)\\>", "\\<", "\\>"}) {
    EXPECT_THAT(posix(pattern), HasSubstr("beside a letter or digit")) << pattern;
  }
}

// Lists ignore case; the flag takes it back for one expression.
TEST(Re2Pattern, LettersCanMatter) {
  const auto entry = re2_entry("^a|B$", PatternSyntax::pcre, PatternCase::matters);
  ASSERT_TRUE(entry);
  EXPECT_TRUE(entry_matches(*entry, "axx"));
  EXPECT_FALSE(entry_matches(*entry, "Axx"));
  EXPECT_FALSE(entry_matches(*entry, "xxb"));
}

TEST(Re2Pattern, LiteralTextMatchesItself) {
  const std::string text = R"(a.b*[c]{d}(e)^$|\+?)";
  EXPECT_TRUE(entry_matches(literal_pattern(text), "x" + text + "y"));
  EXPECT_FALSE(entry_matches(literal_pattern("a.b"), "axb"));
}

}  // namespace
}  // namespace postern::import::re2_pattern_test
