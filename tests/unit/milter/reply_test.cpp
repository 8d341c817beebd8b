#include "milter/reply.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace postern::milter::reply_test {
namespace {

using Status = MilterReply::Status;

Verdict verdict_of(Disposition action) {
  Verdict verdict;
  verdict.action = action;
  return verdict;
}

Verdict refusal(Disposition action, int code, const EnhancedCode& enhanced, std::string text) {
  Verdict verdict = verdict_of(action);
  verdict.reply = {code, enhanced, std::move(text)};
  return verdict;
}

Verdict with_text(Disposition action, std::string text) {
  Verdict verdict = verdict_of(action);
  verdict.text = std::move(text);
  return verdict;
}

TEST(MilterReplyFor, EveryAction) {
  struct Case {
    Disposition action;
    Status status;
  };
  const std::vector<Case> cases = {
      {Disposition::pass, Status::proceed},   {Disposition::reject, Status::reject},
      {Disposition::defer, Status::tempfail}, {Disposition::discard, Status::discard},
      {Disposition::hold, Status::proceed},   {Disposition::redirect, Status::proceed},
  };
  ASSERT_EQ(cases.size(), static_cast<std::size_t>(Disposition::discard) + 1);
  for (const Case& one : cases) {
    EXPECT_EQ(reply_for(verdict_of(one.action)).status, one.status) << to_string(one.action);
  }
}

TEST(MilterReplyFor, RefusalsHaveTheRulesOwnWords) {
  const auto reject = reply_for(refusal(Disposition::reject, 553, {5, 1, 8}, "no such domain"));
  EXPECT_EQ(reject.refusal.value().code, "553");
  EXPECT_EQ(reject.refusal.value().enhanced, "5.1.8");
  EXPECT_EQ(reject.refusal.value().text, "no such domain");
  const auto defer = reply_for(refusal(Disposition::defer, 421, {4, 7, 100}, "later"));
  EXPECT_EQ(defer.refusal.value().code, "421");
  EXPECT_EQ(defer.refusal.value().enhanced, "4.7.100");
  EXPECT_EQ(defer.refusal.value().text, "later");
}

// The reply of a verdict that refuses nothing is nobody's business.
TEST(MilterReplyFor, OthersHaveNone) {
  for (Disposition action : {Disposition::pass, Disposition::discard, Disposition::hold}) {
    const auto reply = reply_for(refusal(action, 550, {5, 7, 1}, "left over"));
    EXPECT_FALSE(reply.refusal) << to_string(action);
  }
}

TEST(MilterReplyFor, TheTextIsOneLineOfAsciiAndBounded) {
  const auto odd = reply_for(
      refusal(Disposition::reject, 550, {5, 7, 1}, "a\r\n250 ok\t\x1b[31m b\xc3\xbc\xff"));
  EXPECT_EQ(odd.refusal.value().text, "a??250 ok??[31m b???");
  const auto zero = reply_for(refusal(Disposition::reject, 550, {5, 7, 1}, std::string("a\0b", 3)));
  EXPECT_EQ(zero.refusal.value().text, "a?b");
  const auto longer =
      reply_for(refusal(Disposition::defer, 451, {4, 7, 1}, std::string(5000, 'x') + "\n"));
  EXPECT_EQ(longer.refusal.value().text, std::string(SmtpReply::kMaxText, 'x'));
}

TEST(MilterReplyFor, APercentSignIsLeftToTheFormat) {
  EXPECT_EQ(reply_for(refusal(Disposition::reject, 550, {5, 7, 1}, "100% %s")).refusal->text,
            "100% %s");
}

TEST(MilterReplyInWords, EveryAction) {
  const std::vector<std::pair<Verdict, std::string>> cases = {
      {verdict_of(Disposition::pass), "CONTINUE"},
      {refusal(Disposition::reject, 550, {5, 7, 1}, "no"), "550 5.7.1 no"},
      {refusal(Disposition::defer, 451, {4, 4, 3}, "later"), "451 4.4.3 later"},
      {verdict_of(Disposition::discard), "DISCARD"},
      {with_text(Disposition::discard, "why"), "DISCARD"},
      {verdict_of(Disposition::hold), "QUARANTINE"},
      {with_text(Disposition::hold, "why"), "QUARANTINE why"},
  };
  for (const auto& [verdict, words] : cases) EXPECT_EQ(reply_in_words(verdict), words);
}

TEST(MilterAsFormat, DoublesPercentSignsAlone) {
  EXPECT_EQ(as_format(""), "");
  EXPECT_EQ(as_format("plain"), "plain");
  EXPECT_EQ(as_format("100% %s%%"), "100%% %%s%%%%");
}

}  // namespace
}  // namespace postern::milter::reply_test
