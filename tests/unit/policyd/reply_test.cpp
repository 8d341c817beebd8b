#include "policyd/reply.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::policyd::reply_test {
namespace {

Verdict verdict_of(Disposition action) {
  Verdict verdict;
  verdict.action = action;
  return verdict;
}

Verdict with_reply(Disposition action, int code, const EnhancedCode& enhanced, std::string text) {
  Verdict verdict = verdict_of(action);
  verdict.reply = {code, enhanced, std::move(text)};
  return verdict;
}

Verdict with_text(Disposition action, std::string text) {
  Verdict verdict = verdict_of(action);
  verdict.text = std::move(text);
  return verdict;
}

Verdict to(std::string address) {
  Verdict verdict = verdict_of(Disposition::redirect);
  verdict.redirect = std::move(address);
  return verdict;
}

TEST(PolicyReply, WritesTheActionsOfPostfix) {
  struct Case {
    Verdict verdict;
    std::string action;
  };
  const std::vector<Case> cases = {
      {verdict_of(Disposition::pass), "DUNNO"},
      {with_reply(Disposition::reject, 553, {5, 1, 8}, "no such domain"),
       "553 5.1.8 no such domain"},
      {with_reply(Disposition::defer, 451, {4, 4, 3}, "try again"), "451 4.4.3 try again"},
      {with_text(Disposition::discard, "campaign 7"), "DISCARD campaign 7"},
      {with_text(Disposition::discard, ""), "DISCARD"},
      {with_text(Disposition::hold, "look at it"), "HOLD look at it"},
      {with_text(Disposition::hold, ""), "HOLD"},
      {to("samples@cap.example"), "REDIRECT samples@cap.example"},
  };
  for (const Case& one : cases) {
    std::string out = "left over";
    const std::string_view action = write_reply(one.verdict, nullptr, out);
    EXPECT_EQ(action, one.action);
    EXPECT_EQ(out, "action=" + one.action + "\n\n");
    EXPECT_EQ(action.data(), out.data() + 7) << "the action is a view into the reply";
  }
}

TEST(PolicyReply, AnAdditionGoesWithAPassOnly) {
  const std::string header = "PREPEND X-Postern: seen";
  std::string out;
  EXPECT_EQ(write_reply(verdict_of(Disposition::pass), &header, out), "PREPEND X-Postern: seen");
  EXPECT_EQ(write_reply(verdict_of(Disposition::hold), &header, out), "HOLD");
}

TEST(PolicyReply, IsOneLineWhateverTheTextIs) {
  const std::string hostile =
      std::string("a\nb\r\nc\0d\x1b[0m\t\xc3\xa4\x7f", 16) + "\n\naction=OK";
  const std::vector<Verdict> verdicts = {
      with_text(Disposition::discard, hostile), with_text(Disposition::hold, hostile),
      with_reply(Disposition::reject, 550, {}, hostile), verdict_of(Disposition::pass)};
  for (const Verdict& verdict : verdicts) {
    std::string out;
    write_reply(verdict, nullptr, out);
    EXPECT_EQ(out.find('\n'), out.size() - 2);
    for (const char byte : out.substr(0, out.size() - 2)) {
      EXPECT_TRUE(byte >= 0x20 && byte < 0x7f) << static_cast<int>(byte);
    }
  }
}

TEST(PolicyReply, IsBounded) {
  const std::string text(100'000, 'x');
  std::string out;
  write_reply(with_reply(Disposition::reject, 550, {5, 7, 1}, text), nullptr, out);
  EXPECT_LE(out.size(), 256U);
  write_reply(with_text(Disposition::hold, text), nullptr, out);
  EXPECT_LE(out.size(), 256U);
}

}  // namespace
}  // namespace postern::policyd::reply_test
