// When a hook is told of what: once each, not too often, and again after a failure.
#include "ctl/alert/alert_schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::ctl::alert_schedule_test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto kEvery = 10min;

class Schedule : public testing::Test {
 protected:
  void propose(const std::string& name) { strong_.push_back({name, now_}); }
  std::vector<std::string> due_now() {
    std::vector<std::string> names;
    for (const AlertMark& one : due(hook_, strong_, now_, kEvery)) names.push_back(one.proposal);
    return names;
  }
  void send() {
    const auto alert = due(hook_, strong_, now_, kEvery);
    note_begun(hook_, alert);
    note_arrived(hook_, alert, now_);
  }
  void fail() {
    note_begun(hook_, due(hook_, strong_, now_, kEvery));
    note_failed(hook_, "no route", now_);
  }

  HookMemory hook_{.hook = "mail"};
  std::vector<AlertMark> strong_;
  UtcTime now_ = parse_expiry("2026-11-21T12:00:00Z").value();
};

TEST_F(Schedule, EachProposalOnce) {
  EXPECT_THAT(due_now(), IsEmpty());
  propose("a");
  propose("b");
  EXPECT_THAT(due_now(), ElementsAre("a", "b"));
  send();
  for (int day = 0; day < 3; ++day) {
    now_ += 24h;
    EXPECT_THAT(due_now(), IsEmpty());
    if (day == 0) strong_.clear();  // strong for a day
  }
}

TEST_F(Schedule, WhatComesMeanwhileGoesTogether) {
  propose("a");
  send();
  now_ += 1min;
  propose("b");
  now_ += 1min;
  propose("c");
  EXPECT_THAT(due_now(), IsEmpty());
  now_ += 8min;
  EXPECT_THAT(due_now(), ElementsAre("b", "c"));
}

TEST_F(Schedule, AFailureIsTriedAgainLaterEachTime) {
  propose("a");
  const UtcTime began = now_;
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 9; ++i) {
    fail();
    pauses.push_back((hook_.next - now_) / 1min);
    now_ = hook_.next - 1s;
    EXPECT_THAT(due_now(), IsEmpty());
    now_ = hook_.next;
    EXPECT_THAT(due_now(), ElementsAre("a"));
  }
  EXPECT_THAT(pauses, ElementsAre(1, 2, 4, 8, 16, 32, 60, 60, 60));
  EXPECT_EQ(hook_.failures, 9U);
  EXPECT_EQ(hook_.failing_since, began);
  send();
  EXPECT_EQ(hook_.failures, 0U);
  EXPECT_THAT(due_now(), IsEmpty());
}

TEST_F(Schedule, TheSameAlertComesBackBeforeNews) {
  propose("a");
  fail();
  propose("b");
  now_ = hook_.next;
  EXPECT_THAT(due_now(), ElementsAre("a")) << "its receiver may have it already, by that id";
  send();
  now_ += kEvery;
  EXPECT_THAT(due_now(), ElementsAre("b"));
}

TEST_F(Schedule, WhatSomebodyHasDismissedMeanwhileIsNotSent) {
  propose("a");
  fail();
  strong_.clear();
  propose("b");
  now_ = hook_.next;
  EXPECT_THAT(due_now(), ElementsAre("b"));
}

TEST_F(Schedule, OneThatWasEndedInTheMiddleSendsItAgain) {
  propose("a");
  note_begun(hook_, due(hook_, strong_, now_, kEvery));
  propose("b");
  EXPECT_THAT(due_now(), ElementsAre("a")) << "nobody knows whether it has arrived";
}

// A machine that begins in 2036 until its clock is set.
TEST_F(Schedule, AClockThatWasSetBackSilencesNobody) {
  propose("a");
  now_ += 24h * 3650;
  fail();
  now_ -= 24h * 3650;
  EXPECT_THAT(due_now(), ElementsAre("a"));
  now_ += 24h * 3650;
  send();
  now_ -= 24h * 3650;
  propose("b");
  EXPECT_THAT(due_now(), Contains("b"));
  send();
  propose("c");
  EXPECT_THAT(due_now(), IsEmpty()) << "one alert in a time, as ever";
}

}  // namespace
}  // namespace postern::ctl::alert_schedule_test
