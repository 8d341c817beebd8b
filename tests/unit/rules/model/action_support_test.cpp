#include "rules/model/action.h"

#include <gtest/gtest.h>

namespace postern::action_support_test {
namespace {

// A letter per stage, in their order; `.` where the action cannot be had.
std::string row(StageSet stages) {
  std::string text;
  for (Stage stage : kStages) {
    text += stages.contains(stage) ? to_string(stage)[0] : '.';
  }
  return text;
}

struct Row {
  ActionKind action;
  const char* policy;
  const char* milter;
};

TEST(ActionSupport, IsTotal) {
  for (const Row& r :
       {Row{ActionKind::pass, "chmrde", "chmrde"}, Row{ActionKind::reject, "chmrde", "chmrde"},
        Row{ActionKind::defer, "chmrde", "chmrde"}, Row{ActionKind::discard, "..mrde", "..mrde"},
        Row{ActionKind::hold, "..mrde", "..mrde"}, Row{ActionKind::redirect, "...rde", "...rde"},
        Row{ActionKind::copy, "...rde", "...rde"}, Row{ActionKind::skip, "chmrde", "chmrde"},
        Row{ActionKind::delay, "c.....", "c....."}, Row{ActionKind::prepend, "..mrd.", "..mrde"},
        Row{ActionKind::log, "chmrde", "chmrde"}}) {
    EXPECT_EQ(row(possible_stages(r.action, Door::policy)), r.policy) << to_string(r.action);
    EXPECT_EQ(row(possible_stages(r.action, Door::milter)), r.milter) << to_string(r.action);
  }
}

TEST(ActionSupport, ARuleFileMayAskForWhatEveryDoorCanDo) {
  for (const ActionInfo& info : action_table()) {
    const ActionKind kind = info.kind;
    for (Stage stage : kStages) {
      EXPECT_EQ(possible_stages(kind, DoorSet::all()).contains(stage),
                possible_stages(kind, Door::policy).contains(stage) &&
                    possible_stages(kind, Door::milter).contains(stage))
          << to_string(kind) << " at " << to_string(stage);
    }
  }
}

TEST(ActionSupport, EveryLimitHasAReasonAndNothingElseHas) {
  for (const ActionInfo& info : action_table()) {
    const ActionKind kind = info.kind;
    EXPECT_EQ(why_limited(kind).empty(), possible_stages(kind, DoorSet::all()) == StageSet::all())
        << to_string(kind);
  }
}

TEST(ActionSupport, DoorsHaveNames) {
  EXPECT_EQ(to_string(Door::policy), "policy");
  EXPECT_EQ(to_string(Door::milter), "milter");
}

}  // namespace
}  // namespace postern::action_support_test
