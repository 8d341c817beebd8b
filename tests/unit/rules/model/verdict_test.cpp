#include "rules/model/verdict.h"

#include <gtest/gtest.h>

#include <iterator>

namespace postern::verdict_test {
namespace {

Verdict verdict_of(Disposition action) {
  Verdict verdict;
  verdict.action = action;
  return verdict;
}

TEST(Verdict, MildnessIsAnOrder) {
  constexpr Disposition kFromMildToSevere[] = {Disposition::pass,     Disposition::hold,
                                               Disposition::redirect, Disposition::defer,
                                               Disposition::reject,   Disposition::discard};
  for (std::size_t one = 0; one < std::size(kFromMildToSevere); ++one) {
    for (std::size_t other = 0; other < std::size(kFromMildToSevere); ++other) {
      EXPECT_EQ(is_milder(verdict_of(kFromMildToSevere[one]), verdict_of(kFromMildToSevere[other])),
                one < other)
          << to_string(kFromMildToSevere[one]) << " " << to_string(kFromMildToSevere[other]);
    }
  }
}

TEST(Verdict, WhatIsHeldOrRedirectedComesIn) {
  for (Disposition action : {Disposition::pass, Disposition::hold, Disposition::redirect}) {
    EXPECT_TRUE(lets_in(verdict_of(action))) << to_string(action);
  }
  for (Disposition action : {Disposition::defer, Disposition::reject, Disposition::discard}) {
    EXPECT_FALSE(lets_in(verdict_of(action))) << to_string(action);
  }
}

TEST(Verdict, ARecipientTooManyIsDeferred) {
  Verdict verdict = verdict_of(Disposition::redirect);
  verdict.redirect = "c@cap.example";
  verdict.also = {"noted"};
  defer_as_too_many(verdict);
  EXPECT_EQ(verdict.action, Disposition::defer);
  EXPECT_TRUE(verdict.reply.to_string().starts_with("452 4.5.3 Too many recipients"));
  EXPECT_EQ(verdict.redirect, "");
  EXPECT_EQ(verdict.also.size(), 1U);
  EXPECT_FALSE(verdict.mixed_recipients);
}

TEST(Verdict, WhereAnotherRecipientsMailGoesIsANote) {
  Verdict verdict = verdict_of(Disposition::pass);
  verdict.copies = {"c@cap.example"};
  Verdict other = verdict_of(Disposition::redirect);
  other.redirect = "r@cap.example";
  other.copies = {"c@cap.example", "d@cap.example"};
  add_notes(verdict, other);
  EXPECT_EQ(verdict.action, Disposition::pass);
  EXPECT_EQ(verdict.redirect, "r@cap.example");
  EXPECT_EQ(verdict.copies, (std::vector<std::string>{"c@cap.example", "d@cap.example"}));
}

TEST(Verdict, WhatAListSaysForAnotherRecipientIsANote) {
  const DnsListReport broken{"bl.example", ListSays::broken, "bl.example lists all"};
  const DnsListReport right{"wl.example", ListSays::unlisted};
  Verdict verdict = verdict_of(Disposition::pass);
  verdict.lists = {right};
  Verdict other = verdict_of(Disposition::reject);
  other.lists = {right, broken};
  add_notes(verdict, other);
  EXPECT_EQ(verdict.lists, (std::vector<DnsListReport>{right, broken}));
}

// Only the action counts: of two refusals the first one told stays.
TEST(Verdict, CodesAndTextsAreNoDegrees) {
  Verdict one = verdict_of(Disposition::reject);
  one.reply = {550, {5, 7, 1}, "a"};
  Verdict other = verdict_of(Disposition::reject);
  other.reply = {554, {5, 0, 0}, "b"};
  other.prepend.push_back({"X-A", "b"});
  EXPECT_FALSE(is_milder(one, other));
  EXPECT_FALSE(is_milder(other, one));
}

TEST(Verdict, KeepsOnlyNotes) {
  Verdict verdict;
  verdict.action = Disposition::reject;
  verdict.reply = {554, {5, 7, 1}, "no"};
  verdict.rule = "r";
  verdict.check = "sender_mx";
  verdict.finding = "missing";
  verdict.detail = "d";
  verdict.entry.list = "l";
  verdict.also = {"noted"};
  verdict.would = {{"trial", ActionKind::reject}};
  verdict.prepend = {{"X-A", "b"}};
  verdict.pending_rule = "w";
  verdict.generation = 3;
  verdict.log_pass = kNoLine;
  keep_notes(verdict);
  EXPECT_FALSE(verdict.log_pass) << "it was of the rule that is gone";
  EXPECT_EQ(verdict.action, Disposition::pass);
  EXPECT_EQ(verdict.reply, SmtpReply{});
  for (std::string_view why : {verdict.rule, verdict.check, verdict.finding, verdict.entry.list}) {
    EXPECT_EQ(why, "");
  }
  EXPECT_EQ(verdict.detail, "");
  EXPECT_EQ(verdict.also.size(), 1U);
  EXPECT_EQ(verdict.would.size(), 1U);
  EXPECT_EQ(verdict.prepend.size(), 1U);
  EXPECT_EQ(verdict.pending_rule, "w");
  EXPECT_EQ(verdict.generation, 3U);
}

TEST(Verdict, WhoIsPutOffForThoseBeforeStaysSo) {
  Verdict verdict;
  defer_as_mixed(verdict);
  keep_notes(verdict);
  EXPECT_EQ(verdict.action, Disposition::defer);
  EXPECT_EQ(verdict.reply.code, 452);
}

TEST(Verdict, NotesOfAnotherRecipientAreAddedOnce) {
  Verdict verdict;
  verdict.also = {"noted"};
  verdict.would = {{"trial", ActionKind::reject}};
  Verdict other;
  other.also = {"noted", "tagged"};
  other.would = {{"trial", ActionKind::reject}, {"trial", ActionKind::defer}};
  other.found = {{"mx", "sender_mx", "missing"}};
  add_notes(verdict, other);
  add_notes(verdict, other);
  EXPECT_EQ(verdict.also, (std::vector<std::string_view>{"noted", "tagged"}));
  ASSERT_EQ(verdict.would.size(), 2U);
  EXPECT_EQ(verdict.would.back().action, ActionKind::defer);
  ASSERT_EQ(verdict.found.size(), 1U);
  EXPECT_EQ(verdict.found.front().finding, "missing");
  EXPECT_EQ(verdict.log_beside, kNoLine);
}

TEST(Verdict, APassThatIsNoneForAnotherRecipientIsNotEveryday) {
  Verdict verdict;
  add_notes(verdict, verdict_of(Disposition::reject));
  EXPECT_EQ(verdict.action, Disposition::pass);
  EXPECT_EQ(verdict.log_beside, kEveryLine);
}

}  // namespace
}  // namespace postern::verdict_test
