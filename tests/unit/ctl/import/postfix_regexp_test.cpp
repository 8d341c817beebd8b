#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <regex.h>

#include <array>
#include <regex>

#include "tests/support/transaction_builder.h"
#include "tests/unit/ctl/import/imported_rules.h"

namespace postern {
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
  EXPECT_EQ(fates(table), "iX");
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
  EXPECT_EQ(fates(table), "XXXXXXXXX");
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
  EXPECT_EQ(fates(table), "XiXi");
  EXPECT_THAT(messages(table), HasSubstr("table:3:1: error: line 1, which is refused"));
}

TEST(PostfixPcre, BehindARefusedRejectTheRestStays) {
  EXPECT_EQ(fates(imported("postfix-pcre", "/(?=x)/ REJECT\n/a/ REJECT\n/b/ DISCARD\n", "helo")),
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
  EXPECT_EQ(fates(table), "X");
  EXPECT_THAT(messages(table), HasSubstr("--about client_name"));
}

TEST(PostfixRegexp, PosixIsNotPerl) {
  const Imported table = imported("postfix-regexp",
                                  "/\\d+/ REJECT\n"
                                  "/[\\d]x/ REJECT slash\n"
                                  "/a+?/ REJECT\n"
                                  "/\\<adsl\\>/ REJECT word\n",
                                  "helo");
  EXPECT_EQ(fates(table), "XiXi");
  const auto rules = loaded(table);
  EXPECT_EQ(helo_decision(*rules, "\\x"), "reject 554 5.7.1 slash");
  EXPECT_EQ(helo_decision(*rules, "5x"), "");
  EXPECT_EQ(helo_decision(*rules, "an.adsl.example"), "reject 554 5.7.1 word");
}

class Matcher {
 public:
  Matcher(const std::string& pattern, bool posix) : posix_(posix) {
    if (posix) {
      regcomp(&compiled_, pattern.c_str(), REG_EXTENDED | REG_ICASE | REG_NOSUB);
    } else {
      expression_.assign(pattern, std::regex::ECMAScript | std::regex::icase);
    }
  }
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;
  ~Matcher() {
    if (posix_) regfree(&compiled_);
  }
  [[nodiscard]] bool matches(const std::string& subject) const {
    if (posix_) return regexec(&compiled_, subject.c_str(), 0, nullptr, 0) == 0;
    return std::regex_search(subject, expression_);
  }

 private:
  bool posix_;
  regex_t compiled_{};
  std::regex expression_;
};

constexpr std::array<const char*, 14> kPatterns = {
    "a",       "^a",          "b$",        "^a.*b$", "[ab]{2}",   "(a|b)c", "a\\.b",
    "[^a-b]c", "[[:digit:]]", "^[a-c.]+$", "a.?b",   "unknown|c", "<|>",    "^(ab|c)*$"};

struct Action {
  const char* postfix;
  const char* postern;
};
constexpr std::array<Action, 6> kActions = {{{"OK", "pass"},
                                             {"DUNNO", ""},
                                             {"REJECT no", "reject 554 5.7.1 no"},
                                             {"450 later", "defer 450 4.7.1 later"},
                                             {"PREPEND X-A: 1", "+X-A: 1"},
                                             {"BCC x@y.example", ""}}};

struct Line {
  std::string word;
  bool wanted = true;
  std::unique_ptr<Matcher> matcher;
  std::string result;
};

// regexp_table(5): from top to bottom, over blocks.
std::string reference(const std::vector<Line>& lines, const std::string& subject) {
  int closed = 0;
  for (const Line& line : lines) {
    if (line.word == "endif") {
      if (closed > 0) --closed;
      continue;
    }
    const bool holds = line.matcher->matches(subject) == line.wanted;
    if (line.word == "if") {
      if (closed > 0 || !holds) ++closed;
    } else if (closed == 0 && holds) {
      return line.result;
    }
  }
  return "";
}

std::string random_subject(Dice& dice) {
  std::string subject;
  for (std::size_t size = 1 + dice.below(6); size > 0; --size) {
    subject += std::string_view("abc.1-")[dice.below(6)];
  }
  return subject;
}

void compare(const std::string& format, const std::string& about, unsigned seed) {
  Dice dice(seed);
  for (int round = 0; round < 150; ++round) {
    std::string text;
    std::vector<Line> lines;
    std::size_t depth = 0;
    for (std::size_t count = 1 + dice.below(9); count > 0; --count) {
      const std::size_t what = dice.below(10);
      if (what == 0 && depth > 0) {
        text += "endif\n";
        lines.push_back({"endif", true, nullptr, ""});
        --depth;
        continue;
      }
      const std::string pattern = dice.one_of(kPatterns);
      const bool wanted = dice.below(5) > 0;
      const Action& action = dice.one_of(kActions);
      const bool block = what == 1;
      depth += block ? 1 : 0;
      text += std::string(block ? "if " : "") + (wanted ? "/" : "!/") + pattern + "/" +
              (block ? "" : std::string(" ") + action.postfix) + "\n";
      lines.push_back({block ? "if" : "", wanted,
                       std::make_unique<Matcher>(pattern, format == "postfix-regexp"),
                       action.postern});
    }
    const Imported table = imported(format, text, about);
    const auto rules = loaded(table);
    for (int i = 0; i < 60; ++i) {
      std::string subject = random_subject(dice);
      if (about == "sender") subject += "@" + std::string(dice.below(2) == 0 ? "ab.c" : "c.a1");
      if (about == "client_name" && i == 0) subject = "unknown";
      if (about == "sender" && i == 0) subject = "";
      // What Postfix takes for a name ends without a dot in Postern.
      if (subject.ends_with('.')) subject += "a";
      const std::string key = subject.empty() ? "<>" : subject;
      ASSERT_EQ(decision(*rules, session(about, subject)), reference(lines, key))
          << about << " '" << subject << "' of\n"
          << text << rule_files(table, "t").rules;
    }
  }
}

TEST(PostfixPcre, DecidesLikeTheOriginalTable) {
  compare("postfix-pcre", "helo", 51);
  compare("postfix-pcre", "client_name", 52);
  compare("postfix-pcre", "sender", 53);
}

TEST(PostfixRegexp, DecidesLikeTheOriginalTable) {
  compare("postfix-regexp", "helo", 61);
  compare("postfix-regexp", "sender", 62);
}

}  // namespace
}  // namespace postern
