// What a message may cost: conditions about it are judged once for all recipients, and its rules
// are given up when they have taken decision.max_work.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <chrono>

#include <ctime>

#include "milter/session.h"
#include "tests/unit/milter/session_fixture.h"

namespace postern::milter::session_work_test {
namespace {

using testing::HasSubstr;
using testing::Not;

// Expressions about the Subject that a made-up text makes slow, and one rule for each recipient, so
// that each is judged for itself.
std::string rules_for(int recipients) {
  std::string rules = "rules:\n";
  for (int i = 0; i < recipients; ++i) {
    rules += "  - { name: to" + std::to_string(i) + ", when: { recipient: r" + std::to_string(i) +
             "@, header.subject: never }, then: 'hold \"never\"' }\n";
  }
  for (int i = 0; i < 20; ++i) {
    rules += "  - { name: spam" + std::to_string(i) +
             ", when: { header.subject: '~win.{0,60}prize" + std::to_string(i) +
             "x' }, then: 'reject 550 5.7.1 \"spam\"' }\n";
  }
  return rules;
}

const std::string kSlow = [] {
  std::string text;
  while (text.size() < 8000) text += "winwiwn.winn";
  return text;
}();

std::string message(MilterSession& session, int recipients, const std::string& subject) {
  session.mail("<a@b.example>", {});
  for (int i = 0; i < recipients; ++i) {
    session.rcpt("<r" + std::to_string(i) + "@d.example>", RecipientState::accepted, "Q1");
  }
  session.data("Q1");
  session.header("Subject", subject);
  std::string answer = said(session.end_of_message("Q1"));
  session.end_message();
  return answer;
}

config::Settings with_max_work(std::chrono::milliseconds time) {
  config::Settings settings;
  settings.decision.max_work = time;
  return settings;
}

std::chrono::nanoseconds processor_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

TEST(MilterWork, ForAHundredRecipientsIsAboutThatForOne) {
  SessionFixture fixture(rules_for(100), with_max_work(std::chrono::seconds{10}));
  const auto session = fixture.open();
  const auto cost = [&](int recipients) {
    const auto begin = processor_time();
    EXPECT_EQ(message(*session, recipients, kSlow), "-");
    return processor_time() - begin;
  };
  cost(1);
  const auto one = cost(1);
  const auto hundred = cost(100);
  EXPECT_LT(hundred, 20 * one) << "a hundred times as much without what was found before";
}

TEST(MilterWork, IsBounded) {
  SessionFixture fixture(rules_for(1), with_max_work(std::chrono::milliseconds{1}));
  const auto session = fixture.open();
  std::string slow;
  while (slow.size() < 30000) slow += kSlow;
  EXPECT_EQ(message(*session, 1, slow), "451 4.3.0 Temporary failure, please try again later");
  EXPECT_EQ(message(*session, 50, slow), "451 4.3.0 Temporary failure, please try again later");
  EXPECT_EQ(fixture.hits.cut_short(), 2U);
  EXPECT_THAT(fixture.logged(), HasSubstr(" action=defer reply=\"451 4.3.0 "));
  EXPECT_THAT(fixture.logged(), HasSubstr(" cut_short=spam"));
}

// The nearest thing that must not change.
TEST(MilterWork, OfOtherMessagesGoesOn) {
  SessionFixture fixture(rules_for(1), with_max_work(std::chrono::milliseconds{50}));
  const auto session = fixture.open();
  EXPECT_EQ(message(*session, 1, "good news"), "-");
  EXPECT_EQ(message(*session, 1, "you win the prize3x"), "550 5.7.1 spam");
  EXPECT_EQ(message(*session, 1, "good news"), "-") << "nothing is kept from one to the next";
  EXPECT_EQ(fixture.hits.cut_short(), 0U);
  EXPECT_THAT(fixture.logged(), Not(HasSubstr("cut_short=")));
}

}  // namespace
}  // namespace postern::milter::session_work_test
