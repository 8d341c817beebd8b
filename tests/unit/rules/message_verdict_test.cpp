#include "rules/message_verdict.h"

#include <gtest/gtest.h>

namespace postern::message_verdict_test {
namespace {

Verdict verdict_of(Disposition action, std::string_view rule) {
  Verdict verdict;
  verdict.action = action;
  verdict.rule = rule;
  return verdict;
}

TEST(MessageVerdict, OneIsAsItIs) {
  MessageVerdict message;
  message.add(verdict_of(Disposition::reject, "a"));
  const Verdict verdict = message.settle();
  EXPECT_EQ(verdict.action, Disposition::reject);
  EXPECT_FALSE(verdict.mixed_recipients);
}

TEST(MessageVerdict, WhereAllGetTheSameTheMildestCounts) {
  MessageVerdict message;
  EXPECT_EQ(message.add(verdict_of(Disposition::redirect, "a")), MessageVerdict::Mildest::yes);
  EXPECT_EQ(message.add(verdict_of(Disposition::pass, "b")), MessageVerdict::Mildest::yes);
  EXPECT_EQ(message.add(verdict_of(Disposition::redirect, "c")), MessageVerdict::Mildest::no);
  const Verdict verdict = message.settle();
  EXPECT_EQ(verdict.rule, "b") << "a redirect is for one recipient and not for another";
  EXPECT_FALSE(verdict.mixed_recipients);
}

TEST(MessageVerdict, WhereTheyDifferTheSettingSaysWhatBecomesOfIt) {
  for (const MixedRecipients mixed : {MixedRecipients::split, MixedRecipients::mildest}) {
    MessageVerdict message(PutAside::no, mixed);
    message.add(verdict_of(Disposition::reject, "a"));
    message.add(verdict_of(Disposition::pass, "b"));
    const Verdict verdict = message.settle();
    EXPECT_EQ(verdict.mixed_recipients, mixed);
    EXPECT_EQ(verdict.action,
              mixed == MixedRecipients::split ? Disposition::defer : Disposition::pass);
  }
}

TEST(MessageVerdict, WhatIsPutAsideAnywayIsAsGoodAsAPass) {
  for (const PutAside put_aside : {PutAside::no, PutAside::yes}) {
    MessageVerdict message(put_aside, MixedRecipients::mildest);
    message.add(verdict_of(Disposition::hold, "a"));
    message.add(verdict_of(Disposition::pass, "b"));
    EXPECT_EQ(message.settle().mixed_recipients.has_value(), put_aside == PutAside::no);
  }
}

TEST(MessageVerdict, WhatEachNotedStays) {
  MessageVerdict message;
  Verdict first = verdict_of(Disposition::pass, "");
  first.also = {"one"};
  Verdict second = verdict_of(Disposition::pass, "");
  second.also = {"two"};
  message.add(std::move(first));
  message.add(std::move(second));
  EXPECT_EQ(message.settle().also, (std::vector<std::string_view>{"one", "two"}));
}

}  // namespace
}  // namespace postern::message_verdict_test
