#include "tests/load/dialogue.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/support/milter_client.h"

namespace postern::dialogue_test {
namespace {

// Of `left` questions: the numbers from 0, of which 0 and 4 are refused.
Dialogue::Next questions(std::uint64_t left) {
  return [left, number = std::uint64_t{0}](Question& question) mutable {
    if (number == left) return false;
    question = question_of(number++);
    return true;
  };
}

TEST(PolicyDialogue, AsksSoManyAtOnceAndCountsTheAnswers) {
  Tally tally;
  const auto dialogue = policy_dialogue(questions(3), tally, 2, 10);
  std::string out;
  dialogue->begin(out);
  EXPECT_EQ(tally.asked, 2U);
  EXPECT_EQ(dialogue->open(), 2U);
  const std::string replies = "action=550 5.7.1 banned\n\naction=DUN";
  const std::size_t whole = replies.find("\n\n") + 2;
  EXPECT_EQ(dialogue->hear(replies, out), whole) << "half a reply is none";
  EXPECT_EQ(tally.asked, 3U);
  EXPECT_EQ(dialogue->hear("action=550 5.1.8 no such domain\n\naction=DUNNO\n\n", out), 47U);
  EXPECT_TRUE(dialogue->is_over());
  EXPECT_EQ(tally.right, 3U);
  EXPECT_EQ(tally.refused, 2U);
}

TEST(PolicyDialogue, AnotherAnswerIsWrong) {
  Tally tally;
  const auto dialogue = policy_dialogue(questions(1), tally, 1, 10);
  std::string out;
  dialogue->begin(out);
  dialogue->hear("action=DUNNO\n\n", out);
  EXPECT_EQ(tally.right, 0U);
  EXPECT_EQ(tally.wrong, 1U);
  EXPECT_EQ(tally.first_wrong, "s0@n0.banned.example: ");
  dialogue->hear("action=DUNNO\n\n", out);
  EXPECT_EQ(tally.wrong, 2U) << "nobody asked";
}

TEST(MilterDialogue, TellsWhatIsWantedAndStopsAtARefusal) {
  Tally tally;
  const auto dialogue = milter_dialogue(questions(3), tally, 10);
  std::string out;
  dialogue->begin(out);
  out.clear();
  // All left out but MAIL, RCPT and the end of the message; RCPT without an answer.
  const auto agreed = milter_negotiation(6, 0, 0x1 | 0x2 | 0x200 | 0x20 | 0x40 | 0x10 | 0x8000);
  dialogue->hear(agreed, out);
  EXPECT_EQ(out, milter_frame('M', milter_strings({"<s0@n0.banned.example>"})));
  out.clear();
  dialogue->hear(milter_frame('y', milter_strings({"550 5.7.1 banned"})), out);
  EXPECT_EQ(out.substr(0, 5), milter_frame('A'));
  EXPECT_EQ(tally.refused, 1U);
  out.clear();
  dialogue->hear(milter_frame('y', milter_strings({"550 5.1.8 no such domain"})), out);
  out.clear();
  dialogue->hear(milter_frame('c'), out);
  EXPECT_EQ(out, milter_frame('R', milter_strings({"<r2@here.example>"})) + milter_frame('E'));
  out.clear();
  dialogue->hear(milter_frame('c'), out);
  EXPECT_EQ(out, milter_frame('Q'));
  EXPECT_TRUE(dialogue->is_over());
  EXPECT_EQ(tally.right, 3U);
  EXPECT_EQ(tally.wrong, 0U);
}

}  // namespace
}  // namespace postern::dialogue_test
