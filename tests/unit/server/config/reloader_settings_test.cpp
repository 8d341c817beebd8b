// Settings that are read again with the rules.
#include "server/config/reloader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/server/config/reloader_fixture.h"

namespace postern::config::reloader_settings_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(Reloading, SettingsAreTakenThatCanBe) {
  start();
  EXPECT_EQ(reload_settings("log: { level: warning }\ndecision: { deadline: 7s }\n"),
            ReloadOutcome::done);
  EXPECT_EQ(in_force().decision.deadline, seconds{7});
  EXPECT_EQ(in_force().log.level, LogLevel::warning);
  EXPECT_FALSE(log_->enabled(LogLevel::info));
  EXPECT_EQ(changes_, 1);
  EXPECT_EQ(generation(), 1U);
  EXPECT_EQ(reload_settings("decision: { deadline: 7s }\n"), ReloadOutcome::done);
  EXPECT_THAT(logged(), HasSubstr("settings changed: log.level\n"));
  EXPECT_EQ(changes_, 2);
  EXPECT_EQ(reload(), ReloadOutcome::unchanged);
  EXPECT_EQ(changes_, 2);
}

TEST_F(Reloading, SettingsThatNeedARestartAreNamedEachTime) {
  start();
  const std::string listen = "policyd: { listen: inet:127.0.0.1:2, max_connections: 7 }\n";
  EXPECT_EQ(reload_settings("user: mail\n" + listen), ReloadOutcome::done);
  EXPECT_THAT(reloader_->restart_needed(), ElementsAre("user", "policyd.listen"));
  EXPECT_THAT(logged(), HasSubstr("warning needs a restart: user, policyd.listen\n"));
  EXPECT_EQ(in_force().policyd.listen.at(0).port, 1);
  EXPECT_EQ(in_force().policyd.max_connections, 7U);
  EXPECT_EQ(reload(), ReloadOutcome::unchanged);
  EXPECT_THAT(logged(), HasSubstr("needs a restart"));
  EXPECT_EQ(reload_settings(""), ReloadOutcome::done);
  EXPECT_THAT(reloader_->restart_needed(), IsEmpty());
}

TEST_F(Reloading, FaultySettingsChangeNothing) {
  start();
  folder_.write("rules.yaml", kTwo);
  EXPECT_EQ(reload_settings("log: { level: debug }\nnix: 1\n"), ReloadOutcome::refused);
  EXPECT_EQ(generation(), 1U);
  EXPECT_EQ(in_force().log.level, LogLevel::info);
  EXPECT_THAT(logged(), HasSubstr("1 error in " + settings_file_));
  EXPECT_EQ(reload_settings("log: { level: debug }\n"), ReloadOutcome::done);
  EXPECT_EQ(generation(), 2U);
}

TEST_F(Reloading, RulesComeIntoForceInSpiteOfFaultySettingsWhereThatIsWanted) {
  start();
  folder_.write("rules.yaml", kTwo);
  folder_.write("postern.yaml", settings_with("log: { level: debug }\nnix: 1\n"));
  const auto reload_rules_alone = [this] {
    return reloader_
        ->reload(ReloadTrigger::control, ShrunkLists::refuse, FaultySettings::keep_running)
        .outcome;
  };
  EXPECT_EQ(reload_rules_alone(), ReloadOutcome::done);
  EXPECT_EQ(generation(), 2U);
  EXPECT_EQ(in_force().log.level, LogLevel::info);
  EXPECT_EQ(reloader_->last().diagnostics.errors(), 1);
  EXPECT_THAT(logged(), HasSubstr(settings_file_ + ":4:1: "));
  EXPECT_EQ(reload_rules_alone(), ReloadOutcome::unchanged);
  folder_.write("rules.yaml", "version: 2\n");
  EXPECT_EQ(reload_rules_alone(), ReloadOutcome::refused);
  EXPECT_EQ(generation(), 2U);
  // The files are watched all the same, and faults that go are seen.
  EXPECT_EQ(reloader_->files().size(), 2U);
}

TEST_F(Reloading, FaultyRulesKeepTheOldSettingsToo) {
  start();
  folder_.write("rules.yaml", "version: 2\n");
  EXPECT_EQ(reload_settings("decision: { deadline: 7s }\n"), ReloadOutcome::refused);
  EXPECT_EQ(in_force().decision.deadline, seconds{5});
  EXPECT_EQ(changes_, 0);
}

TEST_F(Reloading, TheRuleFileMayBeAnother) {
  start();
  folder_.write("other.yaml", kOne);
  folder_.write("postern.yaml",
                "version: 1\nrules: other.yaml\ndns: { upstreams: [[127.0.0.1]] }\n"
                "policyd: { listen: inet:127.0.0.1:1 }\n");
  EXPECT_EQ(reload(), ReloadOutcome::done);
  EXPECT_EQ(generation(), 2U) << "the places in its messages are others";
  EXPECT_TRUE(reloader_->files().contains(folder_.path("other.yaml")));
  EXPECT_FALSE(reloader_->files().contains(rules_file_));
}

TEST_F(Reloading, TheOtherDoorsSectionIsNoConcernButThatItIsThere) {
  const std::string about_headers =
      "version: 1\nrules: [{ name: a, when: { header.subject: x }, then: hold }]\n";
  start();
  EXPECT_EQ(reload_rules(about_headers), ReloadOutcome::refused) << "no door can judge it";
  EXPECT_EQ(reload_settings("milter: { listen: inet:127.0.0.1:2 }\n"), ReloadOutcome::done)
      << logged();
  EXPECT_THAT(reloader_->restart_needed(), IsEmpty());
  EXPECT_EQ(changes_, 0);
  EXPECT_EQ(generation(), 2U);
  EXPECT_EQ(reload_settings("milter: { listen: inet:127.0.0.1:3, max_waiting: 7 }\n"),
            ReloadOutcome::unchanged);
  EXPECT_EQ(reload_settings(""), ReloadOutcome::refused);
}

}  // namespace
}  // namespace postern::config::reloader_settings_test
