#include "milter/end_of_message_actions.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::milter::end_of_message_actions_test {
namespace {

Verdict verdict_of(Disposition action, std::vector<Header> headers = {}, std::string text = "") {
  Verdict verdict;
  verdict.action = action;
  verdict.rule = "the-rule";
  verdict.prepend = std::move(headers);
  verdict.text = std::move(text);
  return verdict;
}

using Headers = std::vector<Header>;
const Header kOne{"X-One", "1"};
const Header kTwo{"X-Two", "2"};

TEST(EndOfMessageActions, NoneAtFirst) {
  const EndOfMessageActions actions;
  EXPECT_TRUE(actions.empty());
  EXPECT_FALSE(actions.hold_reason());
  EXPECT_TRUE(actions.headers().empty());
}

TEST(EndOfMessageActions, AVerdictThatDoesNothingHasNone) {
  EndOfMessageActions actions;
  actions.note(verdict_of(Disposition::pass));
  EXPECT_TRUE(actions.empty());
}

TEST(EndOfMessageActions, HeadersComeOnceAndInOrder) {
  EndOfMessageActions actions;
  actions.note(verdict_of(Disposition::pass, {kTwo, kOne}));
  actions.note(verdict_of(Disposition::pass, {kOne, {"X-One", "other"}, kTwo}));
  EXPECT_EQ(actions.headers(), (Headers{kTwo, kOne, {"X-One", "other"}}));
  EXPECT_FALSE(actions.empty());
}

TEST(EndOfMessageActions, OfMessagesThatComeInOrAreHeldAlone) {
  for (Disposition action : {Disposition::reject, Disposition::defer, Disposition::discard}) {
    EndOfMessageActions actions;
    actions.note(verdict_of(action, {kOne}, "text"));
    EXPECT_TRUE(actions.empty()) << to_string(action);
  }
  EndOfMessageActions actions;
  actions.note(verdict_of(Disposition::hold, {kOne}));
  EXPECT_EQ(actions.headers(), Headers{kOne});
}

TEST(EndOfMessageActions, HeldOnceForTheFirstReason) {
  EndOfMessageActions actions;
  actions.note(verdict_of(Disposition::hold, {}, "first"));
  actions.note(verdict_of(Disposition::hold, {}, "second"));
  actions.note(verdict_of(Disposition::pass, {kOne}));
  EXPECT_EQ(actions.hold_reason(), "first");
}

TEST(EndOfMessageActions, TheReasonIsNeverEmpty) {
  EndOfMessageActions actions;
  actions.note(verdict_of(Disposition::hold));
  EXPECT_EQ(actions.hold_reason(), "the-rule");
}

TEST(EndOfMessageActions, TheReasonIsOneLineOfAsciiAndBounded) {
  EndOfMessageActions actions;
  actions.note(verdict_of(Disposition::hold, {}, "a\nb\xc3\xbc" + std::string(1000, 'x')));
  EXPECT_EQ(actions.hold_reason()->size(), kMaxMtaLogText);
  EXPECT_TRUE(actions.hold_reason()->starts_with("a?b??xxx"));
}

TEST(EndOfMessageActions, AdditionsAloneHoldNothing) {
  EndOfMessageActions actions;
  actions.note_additions(verdict_of(Disposition::hold, {kOne}));
  EXPECT_FALSE(actions.hold_reason());
  EXPECT_EQ(actions.headers(), Headers{kOne});
}

TEST(EndOfMessageActions, HeadersAreBounded) {
  EndOfMessageActions actions;
  for (int i = 0; i < 5000; ++i) {
    actions.note(verdict_of(Disposition::pass, {{"X-Number", std::to_string(i)}}));
  }
  EXPECT_EQ(actions.headers().size(), 100U);
  EXPECT_EQ(actions.headers().back().value, "99");
}

TEST(EndOfMessageActions, CopiesComeOnceAndWithMessagesThatComeInAlone) {
  EndOfMessageActions actions;
  Verdict verdict = verdict_of(Disposition::reject);
  verdict.copies = {"c@cap.example", "d@cap.example"};
  actions.note(verdict);
  EXPECT_TRUE(actions.empty());
  verdict.action = Disposition::redirect;
  actions.note(verdict);
  actions.note_additions(verdict);
  EXPECT_EQ(actions.recipients().copies(), verdict.copies);
  EXPECT_FALSE(actions.empty());
}

TEST(EndOfMessageActions, ClearForgetsAll) {
  EndOfMessageActions actions;
  actions.recipients().copy("c@cap.example");
  actions.note(verdict_of(Disposition::hold, {kOne}, "first"));
  actions.clear();
  EXPECT_TRUE(actions.empty());
  actions.note(verdict_of(Disposition::hold, {}, "second"));
  EXPECT_EQ(actions.hold_reason(), "second");
}

}  // namespace
}  // namespace postern::milter::end_of_message_actions_test
