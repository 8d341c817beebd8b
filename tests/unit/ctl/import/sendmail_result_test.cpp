// What sendmail makes of the right-hand sides of its access map, as sendmail 8.17 answers MAIL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctl/import/sendmail_check_table.h"

namespace postern::import::sendmail_result_test {
namespace {

using testing::HasSubstr;

std::string read(std::string_view value, SendmailCheck check = SendmailCheck::from) {
  const auto result = read_sendmail_result(value, check);
  if (!result) return "refused: " + result.error().text;
  return result->outcome.actions.empty() ? "nothing" : result->outcome.actions.front();
}

std::string said(std::string_view value) {
  const auto result = read_sendmail_result(value, SendmailCheck::from);
  std::string text;
  for (const std::string& change : result->changes) text += change + "\n";
  return text;
}

TEST(SendmailResult, ATextAloneRefuses) {
  EXPECT_EQ(read("Go away, spammer"), R"(reject 553 5.3.0 "Go away, spammer")");
  EXPECT_EQ(read("Go away", SendmailCheck::to), R"(reject 553 5.3.0 "Go away")");
  EXPECT_EQ(read("Go away", SendmailCheck::connect), R"(reject 553 5.3.0 "Go away")");
  EXPECT_EQ(read("REJECTED"), R"(reject 553 5.3.0 "REJECTED")");
  EXPECT_EQ(read("DISCARD:why"), R"(reject 553 5.3.0 "DISCARD:why")");
  EXPECT_EQ(read("FRIEND"), R"(reject 553 5.3.0 "FRIEND")");
  EXPECT_EQ(read("550"), R"(reject 553 5.3.0 "550")");
  EXPECT_EQ(read("550-x"), R"(reject 553 5.3.0 "550-x")");
  EXPECT_EQ(read("5.7.1:550 no"), R"(reject 553 5.3.0 "5.7.1:550 no")");
  EXPECT_THAT(said("Go away"), HasSubstr("no reply code: sendmail refuses with 553 5.3.0"));
}

TEST(SendmailResult, AnErrorWithoutCodeToo) {
  EXPECT_EQ(read("ERROR:go away"), R"(reject 553 5.3.0 "go away")");
  EXPECT_EQ(read("ERROR:5.7.1:go away"), R"(reject 553 5.3.0 "go away")");
  EXPECT_EQ(read("ERROR:5.7.1 550 x"), R"(reject 553 5.3.0 "5.7.1 550 x")");
  EXPECT_EQ(read("ERROR:\"5.7.1:550 x\""), R"(reject 553 5.3.0 "5.7.1:550 x")");
  EXPECT_EQ(read("ERROR:"), R"(reject 553 5.3.0 "Access denied")");
}

TEST(SendmailResult, ACommentIsAPartOfTheValue) {
  EXPECT_EQ(read("REJECT # ticket 12"), R"(reject 553 5.3.0 "REJECT # ticket 12")");
  EXPECT_EQ(read("OK # fine"), R"(reject 553 5.3.0 "OK # fine")");
  EXPECT_EQ(read("ERROR:\"550 a\" # b"), R"(reject 550 5.7.1 "a# b")");
  EXPECT_EQ(read("550 a # b"), R"(reject 550 5.7.1 "a # b")");
  EXPECT_THAT(said("REJECT # ticket 12"), HasSubstr("there are no comments behind a value"));
  EXPECT_THAT(said("OK # fine"), HasSubstr("it does not let the mail in"));
  EXPECT_THAT(said("550 a # b"), HasSubstr("a part of the reply's text"));
  EXPECT_EQ(said("550 ticket#12"), "");
}

TEST(SendmailResult, QuotesAroundTheWholeMakeItAText) {
  EXPECT_EQ(read("\"ERROR:550 Mailbox disabled\""),
            R"(reject 553 5.3.0 "ERROR:550 Mailbox disabled")");
  EXPECT_EQ(read("\"REJECT\""), R"(reject 553 5.3.0 "REJECT")");
  EXPECT_EQ(read("\"OK\""), R"(reject 553 5.3.0 "OK")");
  EXPECT_EQ(read("\"550\" text"), R"(reject 553 5.3.0 "550text")");
  EXPECT_EQ(read("\"550 5.7.9 quoted\""), R"(reject 550 5.7.9 "quoted")");
  EXPECT_THAT(said("\"ERROR:550 x\""), HasSubstr("the quotes are a part of the value"));
  EXPECT_THAT(said("\"OK\""), HasSubstr("it does not let the mail in"));
}

TEST(SendmailResult, WhatHasACodeKeepsItsAnswer) {
  EXPECT_EQ(read("ERROR:5.1.1:550 User unknown"), R"(reject 550 5.1.1 "User unknown")");
  EXPECT_EQ(read("ERROR:4.7.1:\"451 later\""), R"(defer 451 4.7.1 "later")");
  EXPECT_EQ(read("ERROR: 550 blank"), R"(reject 550 5.7.1 "blank")");
  EXPECT_EQ(read("ERROR:D.S.N:550 text"), R"(reject 550 5.7.1 "text")");
  EXPECT_EQ(read("553 5.3.0 no"), R"(reject 553 5.3.0 "no")");
  EXPECT_EQ(read("reject"), R"(reject 550 5.7.1 "Access denied")");
  EXPECT_EQ(said("ERROR:5.1.1:550 User unknown"), "");
}

TEST(SendmailResult, WhatCannotBeKnownIsRefused) {
  EXPECT_THAT(read("ERROR:250 fine"), HasSubstr("refused: reply code 250"));
  EXPECT_THAT(read("SPAMFRIEND", SendmailCheck::to), HasSubstr("refused: it depends on FEATURE"));
  EXPECT_EQ(read("SPAMFRIEND"), R"(reject 553 5.3.0 "SPAMFRIEND")");
}

}  // namespace
}  // namespace postern::import::sendmail_result_test
