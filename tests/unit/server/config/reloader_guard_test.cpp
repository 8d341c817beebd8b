// `reload: replay_guard:`: rules that would have lost good mail do not come into service by
// accident.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>

#include "server/config/rollback_mark.h"
#include "tests/unit/server/config/reloader_fixture.h"

namespace postern::config::reloader_guard_test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kThree =
    "version: 1\nrules:\n  - name: a\n    then: log\n  - name: c\n    then: log\n";

class GuardedReload : public Reloading {
 protected:
  GuardedReload() {
    found_.decisions = 12345;
    found_.lost = 2;
    found_.lost_mail = {{Severity::error, {"lists/bad.txt", 7}, "good mail would be lost: b@c"}};
    try_rules_ = [this](const auto& in_force, const auto& candidate, const Settings&) {
      ++tried_;
      EXPECT_EQ(in_force, snapshots_->current());
      EXPECT_NE(candidate, in_force);
      if (fails_) throw std::bad_alloc();
      return found_;
    };
    start(kOne, settings_with(kOn));
  }
  ReloadOutcome accept(const std::string& name) {
    return reloader_
        ->reload(ReloadTrigger::control, ShrunkLists::refuse, FaultySettings::refuse, name)
        .outcome;
  }

  static constexpr const char* kOn = "reload: { replay_guard: on }\n";
  TriedRules found_;
  int tried_ = 0;
  bool fails_ = false;
};

TEST_F(GuardedReload, RulesThatLoseGoodMailAreRefusedAndNamed) {
  EXPECT_EQ(reload_rules(kTwo), ReloadOutcome::refused);
  EXPECT_EQ(generation(), 1U);
  EXPECT_FALSE(reloader_->wants_retry());
  const std::string name = reloader_->last().candidate;
  EXPECT_EQ(name.size(), kCandidateName);
  const std::string log = logged();
  EXPECT_THAT(log, HasSubstr("error lists/bad.txt:7: error: good mail would be lost: b@c\n"));
  EXPECT_THAT(log, HasSubstr(rules_file_ + ": error: good mail lost, of 12345 decisions since "));
  EXPECT_THAT(log, HasSubstr(": 2 (reload: replay_guard: on); to lose it all the same: posternctl "
                             "reload --accept-loss " +
                             name + "\n"));
  EXPECT_THAT(log, HasSubstr("reload refused: 1 error in lists/bad.txt, 1 error in "));
}

TEST_F(GuardedReload, ByItsNameThatCandidateIsTakenAndNoOther) {
  reload_rules(kTwo);
  const std::string name = reloader_->last().candidate;
  folder_.write("rules.yaml", kThree);
  EXPECT_EQ(accept(name), ReloadOutcome::refused) << "edited since";
  EXPECT_THAT(logged(), HasSubstr("; accepted was " + name + ", and these files are not that"));
  folder_.write("rules.yaml", kTwo);
  EXPECT_EQ(reload(), ReloadOutcome::refused) << "a name is said each time";
  EXPECT_EQ(accept(name), ReloadOutcome::done);
  EXPECT_EQ(generation(), 2U);
  const std::string log = logged();
  EXPECT_THAT(log, HasSubstr("warning lists/bad.txt:7: warning: good mail would be lost: b@c\n"));
  EXPECT_THAT(log, HasSubstr(": 2, accepted by name: " + name + "\n"));
  EXPECT_THAT(log, HasSubstr("generation 2, tried on 12345 decisions since "));
}

TEST_F(GuardedReload, RulesThatLoseNothingAreTaken) {
  found_.lost = 0;
  found_.lost_mail = {};
  EXPECT_EQ(reload_rules(kTwo), ReloadOutcome::done);
  EXPECT_EQ(tried_, 1);
  EXPECT_EQ(reloader_->last().diagnostics.errors(), 0);
}

TEST_F(GuardedReload, OnlyChangedRulesAreTried) {
  EXPECT_EQ(reload_settings(std::string(kOn) + "log: { level: warning }\n"), ReloadOutcome::done);
  EXPECT_EQ(reload(), ReloadOutcome::unchanged);
  EXPECT_EQ(tried_, 0);
  EXPECT_FALSE(reloader_->last().tried);
}

TEST_F(GuardedReload, ItIsOffUnlessTheSettingsWantIt) {
  reload_settings("");
  EXPECT_EQ(reload_rules(kTwo), ReloadOutcome::done);
  EXPECT_EQ(tried_, 0);
}

TEST_F(GuardedReload, WhatFailsInItHindersNothingAndIsSaid) {
  found_ = {};
  found_.not_tried = "there is no journal";
  EXPECT_EQ(reload_rules(kTwo), ReloadOutcome::done);
  EXPECT_THAT(logged(), HasSubstr("warning " + settings_file_ +
                                  ": warning: reload.replay_guard: these rules could not be "
                                  "tried: there is no journal\n"));
  fails_ = true;
  EXPECT_EQ(reload_rules(kThree), ReloadOutcome::done);
  EXPECT_THAT(logged(), HasSubstr("could not be tried: std::bad_alloc\n"));
  fails_ = false;
  found_ = {};
  found_.decisions = 5;
  found_.incomplete = "x.jsonl:3: found no JSON";
  EXPECT_EQ(reload_rules(kTwo), ReloadOutcome::done);
  EXPECT_THAT(logged(), HasSubstr("not all of the journal can be read: x.jsonl:3: found no JSON"));
}

TEST_F(GuardedReload, ARollbackIsTakenAndToldAbout) {
  folder_.write("rules.yaml", kTwo);
  const auto files = RuleSource::files(rules_file_).load({}).files;
  ASSERT_TRUE(write_rollback_mark(files, 1));
  EXPECT_EQ(reload(), ReloadOutcome::done);
  EXPECT_THAT(logged(), HasSubstr(": 2, and taken: a rollback has put these files there\n"));
}

TEST_F(GuardedReload, RefusedRulesTakeNoSettingsWithThem) {
  folder_.write("rules.yaml", kTwo);
  EXPECT_EQ(reload_settings(std::string(kOn) + "decision: { deadline: 7s }\n"),
            ReloadOutcome::refused);
  EXPECT_EQ(in_force().decision.deadline, seconds{5});
}

}  // namespace
}  // namespace postern::config::reloader_guard_test
