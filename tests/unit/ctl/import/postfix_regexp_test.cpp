#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/transaction_builder.h"
#include "tests/unit/ctl/import/imported_rules.h"

namespace postern::import::postfix_regexp_test {
namespace {

using testing::HasSubstr;

Transaction session(std::string_view about, const std::string& subject) {
  TransactionBuilder builder(Stage::rcpt);
  builder.client("192.0.2.1").helo("mx.example").sender("a@a.example").recipient("b@b.example");
  if (about == "helo") builder.helo(subject);
  if (about == "sender") builder.sender(subject);
  if (about == "client_name") builder.client_name(subject == "unknown" ? "" : subject);
  return builder.transaction;
}

std::string helo_decision(const Snapshot& rules, const std::string& helo) {
  return decision(rules, session("helo", helo));
}

TEST(PostfixPcre, TheFirstLineThatMatchesDecides) {
  const auto rules = loaded(imported("postfix-pcre",
                                     "# names\n"
                                     "/^mx\\d+\\.a\\.example$/ OK\n"
                                     "/\\.a\\.example$/ REJECT\n"
                                     "/a b/ REJECT with a blank\n",
                                     "helo"));
  EXPECT_EQ(helo_decision(*rules, "MX1.a.example"), "pass");
  EXPECT_EQ(helo_decision(*rules, "dsl.a.example"), "reject 554 5.7.1 Access denied");
  EXPECT_EQ(helo_decision(*rules, "x a b"), "reject 554 5.7.1 with a blank");
}

TEST(PostfixPcre, TextLosesWhatItQuotesFromTheSubject) {
  const Imported table = imported("postfix-pcre",
                                  "/^(localhost)$/ REJECT it costs $$1 (${1})\n"
                                  "/^(x)$/ PREPEND X-Helo: $1\n",
                                  "helo");
  EXPECT_EQ(statuses(table), "iX");
  EXPECT_THAT(messages(table), HasSubstr("table:1:17: warning: the text is imported without"));
  EXPECT_EQ(helo_decision(*loaded(table), "localhost"), "reject 554 5.7.1 it costs $1");
}

TEST(PostfixPcre, WhatRe2HasNotIsRefusedWithTheReason) {
  const Imported table = imported("postfix-pcre",
                                  "/(?!a)b/ REJECT\n"
                                  "/(a)\\1/ REJECT\n"
                                  "/(?>a)b/ REJECT\n"
                                  "/a++b/ REJECT\n"
                                  "/(?<=a)b/ REJECT\n"
                                  "/a b/x REJECT\n"
                                  "/\\Ka/ REJECT\n"
                                  "/(a/ REJECT\n"
                                  "/ REJECT\n",
                                  "helo");
  EXPECT_EQ(statuses(table), "XXXXXXXXX");
  const std::string said = messages(table);
  for (const char* why : {"table:1:1: error: RE2 has no look-around", "RE2 has no references back",
                          "RE2 has no atomic groups", "RE2 has no possessive repetition",
                          "extended notation", "RE2 does not have \\K"}) {
    EXPECT_THAT(said, HasSubstr(why));
  }
}

TEST(PostfixPcre, BehindARefusedLineNothingIsHarderThanIt) {
  const Imported table = imported("postfix-pcre",
                                  "/^(?!mx).*a/ OK\n"
                                  "/b/ OK\n"
                                  "/a/ REJECT\n"
                                  "/c/ DUNNO\n",
                                  "helo");
  EXPECT_EQ(statuses(table), "XiXi");
  EXPECT_THAT(messages(table), HasSubstr("table:3:1: error: line 1, which is refused"));
}

TEST(PostfixPcre, BehindARefusedRejectTheRestStays) {
  EXPECT_EQ(statuses(imported("postfix-pcre", "/(?=x)/ REJECT\n/a/ REJECT\n/b/ DISCARD\n", "helo")),
            "XiX");
}

TEST(PostfixPcre, LettersMatterWithFlagI) {
  const auto rules = loaded(imported("postfix-pcre", "/^AbC/i REJECT\n/bc/A OK\n", "helo"));
  EXPECT_EQ(helo_decision(*rules, "abc"), "");
  EXPECT_EQ(helo_decision(*rules, "BC"), "pass");
}

// A name that is one is compared in lower case, anything else as it stands.
TEST(PostfixPcre, LettersOfSomethingThatIsNoNameStay) {
  const auto rules = loaded(imported("postfix-pcre", "/^AbC!/i REJECT\n", "helo"));
  EXPECT_EQ(helo_decision(*rules, "AbC!"), "reject 554 5.7.1 Access denied");
  EXPECT_EQ(helo_decision(*rules, "abc!"), "");
}

TEST(PostfixPcre, BlocksAndNegation) {
  const auto rules = loaded(imported("postfix-pcre",
                                     "if /\\.a\\.example$/\n"
                                     "/^mx/ OK\n"
                                     "!/-/ REJECT no hyphen\n"
                                     "endif\n"
                                     "/dsl/ REJECT dsl\n",
                                     "helo"));
  EXPECT_EQ(helo_decision(*rules, "mx.a.example"), "pass");
  EXPECT_EQ(helo_decision(*rules, "www.a.example"), "reject 554 5.7.1 no hyphen");
  EXPECT_EQ(helo_decision(*rules, "w-w.a.example"), "");
  EXPECT_EQ(helo_decision(*rules, "mx.b.example"), "");
  EXPECT_EQ(helo_decision(*rules, "dsl-1.a.example"), "reject 554 5.7.1 dsl");
}

TEST(PostfixPcre, TheNullSenderIsComparedAsItsKey) {
  const auto rules = loaded(imported("postfix-pcre",
                                     "/^<>$/ REJECT no bounces\n"
                                     "/^$/ REJECT never\n",
                                     "sender"));
  EXPECT_EQ(decision(*rules, session("sender", "")), "reject 554 5.7.1 no bounces");
  const auto spared = loaded(imported("postfix-pcre", "/^$/ REJECT never\n", "sender"));
  EXPECT_EQ(decision(*spared, session("sender", "")), "");
}

TEST(PostfixPcre, AClientWithoutNameIsUnknown) {
  const auto rules = loaded(imported("postfix-pcre",
                                     "/^unknown$/ REJECT no name\n"
                                     "/dsl/ REJECT dsl\n",
                                     "client_name"));
  EXPECT_EQ(decision(*rules, session("client_name", "unknown")), "reject 554 5.7.1 no name");
  EXPECT_EQ(decision(*rules, session("client_name", "dsl.example")), "reject 554 5.7.1 dsl");
}

TEST(PostfixPcre, AddressesOfClientsHaveNoExpressions) {
  const Imported table = imported("postfix-pcre", "/^10\\./ REJECT\n", "client");
  EXPECT_EQ(statuses(table), "X");
  EXPECT_THAT(messages(table), HasSubstr("--about client_name"));
}

TEST(PostfixRegexp, PosixIsNotPerl) {
  const Imported table = imported("postfix-regexp",
                                  "/\\d+/ REJECT\n"
                                  "/[\\d]x/ REJECT slash\n"
                                  "/a+?/ REJECT\n"
                                  "/\\<adsl\\>/ REJECT word\n",
                                  "helo");
  EXPECT_EQ(statuses(table), "XiXi");
  const auto rules = loaded(table);
  EXPECT_EQ(helo_decision(*rules, "\\x"), "reject 554 5.7.1 slash");
  EXPECT_EQ(helo_decision(*rules, "5x"), "");
  EXPECT_EQ(helo_decision(*rules, "an.adsl.example"), "reject 554 5.7.1 word");
}

// What Postfix leaves out must not decide, and leaves no gap.
TEST(PostfixPcre, LinesThatPostfixLeavesOutAreRefused) {
  const Imported table = imported("postfix-pcre",
                                  "/(a)/ OK $3\n"
                                  "!/(a)/ OK $1\n"
                                  "/(a)/ OK $name\n"
                                  "/(a)/ OK $\n"
                                  "/a/q OK\n"
                                  "/a OK\n"
                                  "a.test OK\n"
                                  "/a/ REJECT a\n",
                                  "helo");
  EXPECT_EQ(statuses(table), "XXXXXXXi") << messages(table);
  for (const char* why :
       {"$3, but the expression has 1 groups", "$1 in the text of a negated expression",
        "'$name' is no $number", "Postfix leaves this line out, too"}) {
    EXPECT_THAT(messages(table), HasSubstr(why));
  }
  EXPECT_EQ(helo_decision(*loaded(table), "a.test"), "reject 554 5.7.1 a");
}

TEST(PostfixPcre, GroupsAreCountedAsPcreCountsThem) {
  for (const char* line :
       {"/(a)(b)/ REJECT $2\n", "/(?:a)(b)/ REJECT $1\n", "/[(](b)/ REJECT $1\n",
        "/\\((b)/ REJECT $1\n", "/(?<n>a)(?i)/ REJECT $1\n", "/a/ REJECT $$3\n"}) {
    EXPECT_EQ(statuses(imported("postfix-pcre", line, "helo")), "i") << line;
  }
  for (const char* line : {"/(?:a)(b)/ REJECT $2\n", "/[(](b)/ REJECT $2\n", "/\\(b/ REJECT $1\n",
                           "/(?i)a/ REJECT $1\n"}) {
    EXPECT_EQ(statuses(imported("postfix-pcre", line, "helo")), "X") << line;
  }
}

TEST(PostfixPcre, AnIfThatPostfixLeavesOutIsNoBlock) {
  const Imported table = imported("postfix-pcre",
                                  "if /a/q\n"
                                  "/b/ REJECT b\n"
                                  "endif\n"
                                  "if/c/ behind it\n"
                                  "/d/ REJECT d\n"
                                  "endif of it\n",
                                  "helo");
  EXPECT_EQ(statuses(table), "XiIiii") << messages(table);
  const auto rules = loaded(table);
  EXPECT_EQ(helo_decision(*rules, "b.test"), "reject 554 5.7.1 b");
  EXPECT_EQ(helo_decision(*rules, "d.x"), "");
  EXPECT_EQ(helo_decision(*rules, "d.c"), "reject 554 5.7.1 d");
}

TEST(PostfixPcre, AnExpressionWithoutActionKeepsItsPlace) {
  const Imported table = imported("postfix-pcre", "/^mx/\n/a/ REJECT\n", "helo");
  EXPECT_EQ(statuses(table), "Xi");
  EXPECT_EQ(helo_decision(*loaded(table), "mx.a"), "");
  EXPECT_EQ(helo_decision(*loaded(table), "w.a"), "reject 554 5.7.1 Access denied");
}

TEST(PostfixPcre, WhatOnlyOtherLettersMatchIsRefusedForNames) {
  for (const char* line :
       {"/[^\\x00-\\x7f]/ REJECT\n", "/\\xc3/ REJECT\n", "/^a[\\x80-\\xff]+b/ REJECT\n",
        "/(\\xe4|\\xf6)x?/ REJECT\n", "/[^ -~]/ REJECT\n", "/[[:^ascii:]]/ REJECT\n"}) {
    const Imported table = imported("postfix-pcre", line, "helo");
    EXPECT_EQ(statuses(table), "X") << line;
    EXPECT_THAT(messages(table), HasSubstr("matches only what is not ASCII")) << line;
    const Imported senders = imported("postfix-pcre", line, "sender");
    EXPECT_EQ(statuses(senders), "i") << line;
    EXPECT_THAT(messages(senders), HasSubstr("before the @ alone")) << line;
  }
}

TEST(PostfixPcre, WhatAlsoMatchesAsciiStays) {
  for (const char* line : {"/[^a-z0-9.-]/ REJECT\n", "/a\\xc3?/ REJECT\n", "/(a|\\xc3)/ REJECT\n",
                           "/[\\x00-\\x7f]/ REJECT\n", "/\\x41/ REJECT\n", "!/\\xc3/ REJECT\n",
                           "/([^\\x00-\\x7f]x){0,2}/ REJECT\n"}) {
    const Imported table = imported("postfix-pcre", line, "helo");
    EXPECT_EQ(statuses(table), "i") << line << messages(table);
  }
}

TEST(PostfixPcre, NamesThatClientsChooseAreNotLetIn) {
  const Imported table = imported("postfix-pcre", "/^mx/ OK\n/a/ REJECT\n", "reverse_client_name");
  EXPECT_EQ(statuses(table), "Xi");
  EXPECT_EQ(statuses(imported("postfix-pcre", "/^mx/ OK\n/a/ REJECT\n", "client_name")), "ii");
}

TEST(PostfixRegexp, TwoExpressionsInOneLine) {
  const Imported table =
      imported("postfix-regexp", "/a/!/b c/i REJECT not b\n/x/!/y/q REJECT\n", "helo");
  EXPECT_EQ(statuses(table), "iX") << messages(table);
  EXPECT_EQ(helo_decision(*loaded(table), "a.c"), "reject 554 5.7.1 not b");
  EXPECT_EQ(helo_decision(*loaded(table), "a b c"), "");
}

class HeaderChecks : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(HeaderChecks, AreKnownAndNotImported) {
  const auto& [file, text] = GetParam();
  for (const char* about : {"", "sender"}) {
    ImportRequest request;
    request.file = file;
    request.about = about;
    const Imported table = imported("postfix-pcre", text, request);
    EXPECT_EQ(table.count(LineStatus::imported), 0U) << file << "\n" << text;
    EXPECT_THAT(messages(table), HasSubstr("this is a table of header_checks(5)"));
    EXPECT_THAT(messages(table), HasSubstr("header.subject"));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, HeaderChecks,
    testing::Values(std::pair("/etc/postfix/header_checks", "/lottery/ REJECT\n"),
                    std::pair("body_checks.pcre", "/lottery/ REJECT\n"),
                    std::pair("milter_header_checks", "/^X/ REJECT\n"),
                    std::pair("smtp-header-checks", "/^X/ REJECT\n"),
                    std::pair("t", "/^X-Mailer: x/ IGNORE\n/x/ REJECT\n"),
                    std::pair("t", "/^Received: x/ STRIP\n"),
                    std::pair("t", "/^From: x/ REPLACE From: y\n"),
                    std::pair("t", "/^Subject:.*lottery/ REJECT no\n/^From:.*@spam/ DISCARD\n"),
                    std::pair("t", "/^(To|Cc):.*x/ REJECT\n/^(?:Reply-)?To: y/ REJECT\n"),
                    std::pair("t", "if /^Subject:/\n/^Subject: x/ REJECT\nendif\n")));

TEST(PostfixPcre, OneColonMakesNoHeader) {
  const Imported table = imported("postfix-pcre",
                                  "/^mail:/ REJECT\n"
                                  "/^dsl-/ REJECT\n"
                                  "/^\\[IPv6:/ OK\n",
                                  "helo");
  EXPECT_EQ(statuses(table), "iii") << messages(table);
}

}  // namespace
}  // namespace postern::import::postfix_regexp_test
