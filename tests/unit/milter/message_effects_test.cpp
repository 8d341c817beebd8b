#include "milter/message_effects.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::milter {
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

TEST(MessageEffects, NoneAtFirst) {
  const MessageEffects effects;
  EXPECT_TRUE(effects.empty());
  EXPECT_FALSE(effects.hold_reason());
  EXPECT_TRUE(effects.headers().empty());
}

TEST(MessageEffects, AVerdictThatDoesNothingHasNone) {
  MessageEffects effects;
  effects.note(verdict_of(Disposition::pass));
  EXPECT_TRUE(effects.empty());
}

TEST(MessageEffects, HeadersComeOnceAndInOrder) {
  MessageEffects effects;
  effects.note(verdict_of(Disposition::pass, {kTwo, kOne}));
  effects.note(verdict_of(Disposition::pass, {kOne, {"X-One", "other"}, kTwo}));
  EXPECT_EQ(effects.headers(), (Headers{kTwo, kOne, {"X-One", "other"}}));
  EXPECT_FALSE(effects.empty());
}

TEST(MessageEffects, OfMessagesThatComeInOrAreHeldAlone) {
  for (Disposition action : {Disposition::reject, Disposition::defer, Disposition::discard}) {
    MessageEffects effects;
    effects.note(verdict_of(action, {kOne}, "text"));
    EXPECT_TRUE(effects.empty()) << to_string(action);
  }
  MessageEffects effects;
  effects.note(verdict_of(Disposition::hold, {kOne}));
  EXPECT_EQ(effects.headers(), Headers{kOne});
}

TEST(MessageEffects, HeldOnceForTheFirstReason) {
  MessageEffects effects;
  effects.note(verdict_of(Disposition::hold, {}, "first"));
  effects.note(verdict_of(Disposition::hold, {}, "second"));
  effects.note(verdict_of(Disposition::pass, {kOne}));
  EXPECT_EQ(effects.hold_reason(), "first");
}

TEST(MessageEffects, TheReasonIsNeverEmpty) {
  MessageEffects effects;
  effects.note(verdict_of(Disposition::hold));
  EXPECT_EQ(effects.hold_reason(), "the-rule");
}

TEST(MessageEffects, TheReasonIsOneLineOfAsciiAndBounded) {
  MessageEffects effects;
  effects.note(verdict_of(Disposition::hold, {}, "a\nb\xc3\xbc" + std::string(1000, 'x')));
  EXPECT_EQ(effects.hold_reason()->size(), kMaxMtaLogText);
  EXPECT_TRUE(effects.hold_reason()->starts_with("a?b??xxx"));
}

TEST(MessageEffects, HeadersAloneHoldNothing) {
  MessageEffects effects;
  effects.note_headers(verdict_of(Disposition::hold, {kOne}));
  EXPECT_FALSE(effects.hold_reason());
  EXPECT_EQ(effects.headers(), Headers{kOne});
}

TEST(MessageEffects, HeadersAreBounded) {
  MessageEffects effects;
  for (int i = 0; i < 5000; ++i) {
    effects.note(verdict_of(Disposition::pass, {{"X-Number", std::to_string(i)}}));
  }
  EXPECT_EQ(effects.headers().size(), 100U);
  EXPECT_EQ(effects.headers().back().value, "99");
}

TEST(MessageEffects, ClearForgetsAll) {
  MessageEffects effects;
  effects.note(verdict_of(Disposition::hold, {kOne}, "first"));
  effects.clear();
  EXPECT_TRUE(effects.empty());
  effects.note(verdict_of(Disposition::hold, {}, "second"));
  EXPECT_EQ(effects.hold_reason(), "second");
}

}  // namespace
}  // namespace postern::milter
