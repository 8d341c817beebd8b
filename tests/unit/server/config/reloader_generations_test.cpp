// Reloads with a store of generations: numbers, what is kept, what was cut off.
#include "server/config/reloader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "server/config/rollback_mark.h"
#include "tests/unit/server/config/reloader_fixture.h"

namespace postern::config::reloader_generations_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST_F(Reloading, NumbersComeFromTheStore) {
  keeps_generations_ = true;
  start();
  EXPECT_EQ(reload_rules(kTwo), ReloadOutcome::done);
  EXPECT_EQ(generation(), 2U);
  auto store = GenerationStore::open(folder_.path("state")).value();
  EXPECT_EQ(store.read(*store.find(2))->at(0).text, kTwo);
  // The other daemon was first.
  folder_.write("rules.yaml", "version: 1\nrules: []\n");
  const auto read = RuleSource::files(rules_file_).load({});
  EXPECT_EQ(store.save(read.files, utc_now()), 3U);
  EXPECT_EQ(reload(), ReloadOutcome::done);
  EXPECT_EQ(generation(), 3U);
  EXPECT_EQ(store.list().size(), 3U);
}

// A, B, A again, and this daemon saw A alone; `other` is the other one's store.
TEST_F(Reloading, EqualRulesHaveOneNumberThoughOneDaemonSawMoreOfThem) {
  keeps_generations_ = true;
  start();
  auto other = GenerationStore::open(folder_.path("state")).value();
  const std::vector<SourceFile> one{{rules_file_, kOne, {}}};
  const std::vector<SourceFile> two{{rules_file_, kTwo, {}}};
  ASSERT_EQ(other.save(two, utc_now(), 1), 2U);
  ASSERT_EQ(other.save(one, utc_now(), 2), 3U);
  const auto before = snapshots_->current();
  EXPECT_EQ(reload(), ReloadOutcome::done) << "the files were touched";
  EXPECT_EQ(generation(), 3U);
  EXPECT_EQ(before->generation(), 1U) << "what began with it goes on with it";
  EXPECT_THAT(logged(), HasSubstr(", generation 3 ("));
  EXPECT_EQ(reload(), ReloadOutcome::unchanged);
}

TEST_F(Reloading, EqualRulesHaveOneNumberWhicheverDaemonSeesThemFirst) {
  keeps_generations_ = true;
  start();
  auto other = GenerationStore::open(folder_.path("state")).value();
  ASSERT_EQ(other.save({{rules_file_, kTwo, {}}}, utc_now(), 1), 2U);
  EXPECT_EQ(reload(), ReloadOutcome::done);
  EXPECT_EQ(generation(), 3U);
  EXPECT_EQ(other.save({{rules_file_, kOne, {}}}, utc_now(), 2), 3U);
}

TEST_F(Reloading, AStoreThatWasEmptiedChangesNoNumber) {
  keeps_generations_ = true;
  start();
  EXPECT_EQ(reload_rules(kTwo), ReloadOutcome::done);
  fs::remove_all(folder_.path("state/generations"));
  EXPECT_EQ(reload(), ReloadOutcome::unchanged);
  EXPECT_EQ(generation(), 2U);
}

TEST_F(Reloading, AStoreThatFailsHindersNothing) {
  keeps_generations_ = true;
  start();
  fs::remove_all(folder_.path("state"));
  folder_.write("state", "in its place");
  EXPECT_EQ(reload_rules(kTwo), ReloadOutcome::done);
  EXPECT_EQ(generation(), 2U);
  EXPECT_THAT(logged(), HasSubstr("warning generation 2 is not kept: "));
  fs::remove(folder_.path("state"));
  ASSERT_TRUE(GenerationStore::open(folder_.path("state")));
  EXPECT_EQ(reload_rules("version: 1\nrules: []\n"), ReloadOutcome::done);
  EXPECT_EQ(generation(), 3U) << "a number is never used twice";
}

TEST_F(Reloading, AGenerationThatCouldNotBeKeptIsKeptLater) {
  keeps_generations_ = true;
  start(kOne, settings_with("state: " + folder_.path("state") + "\n"));
  fs::remove_all(folder_.path("state"));
  folder_.write("state", "in its place");
  EXPECT_EQ(reload_rules(kTwo), ReloadOutcome::done);
  ASSERT_TRUE(reloader_->not_kept());
  EXPECT_EQ(reloader_->last().not_kept, reloader_->not_kept());
  EXPECT_TRUE(reloader_->wants_retry());
  logged();
  reloader_->retry();
  reloader_->retry();
  EXPECT_EQ(logged(), "") << "nothing new";
  fs::remove(folder_.path("state"));
  const auto before = snapshots_->current();
  EXPECT_EQ(reloader_->retry().outcome, ReloadOutcome::unchanged);
  EXPECT_FALSE(reloader_->wants_retry());
  EXPECT_EQ(snapshots_->current(), before) << "the same rules";
  EXPECT_THAT(logged(), HasSubstr("generation 2 is kept again"));
  EXPECT_EQ(GenerationStore::open(folder_.path("state")).value().list().back().number, 2U);
}

TEST_F(Reloading, ANumberThatTheOtherDaemonGaveMeanwhileHolds) {
  keeps_generations_ = true;
  start(kOne, settings_with("state: " + folder_.path("state") + "\n"));
  const std::string generations = folder_.path("state/generations");
  fs::rename(generations, folder_.path("away"));
  folder_.write("state/generations", "in its place");
  EXPECT_EQ(reload_rules(kTwo), ReloadOutcome::done);
  ASSERT_TRUE(reloader_->not_kept());
  fs::remove(generations);
  fs::rename(folder_.path("away"), generations);
  auto other = GenerationStore::open(folder_.path("state")).value();
  ASSERT_TRUE(other.save({{rules_file_, "another", {}}}, utc_now()));
  ASSERT_EQ(other.save({{rules_file_, kTwo, {}}}, utc_now()).value(), 3U);
  EXPECT_EQ(reloader_->retry().outcome, ReloadOutcome::done);
  EXPECT_EQ(generation(), 3U);
  EXPECT_FALSE(reloader_->wants_retry());
}

TEST_F(Reloading, FaultyFilesAreNotTriedAgain) {
  start();
  EXPECT_EQ(reload_rules("version: 2\n"), ReloadOutcome::refused);
  EXPECT_FALSE(reloader_->wants_retry());
  fs::remove(rules_file_);
  EXPECT_EQ(reload(), ReloadOutcome::refused) << "its coming is watched for";
  EXPECT_FALSE(reloader_->wants_retry());
}

TEST_F(Reloading, BeginsWithAStoredGenerationWhenTheFilesAreFaulty) {
  start();
  folder_.write("rules.yaml", "version: 2\n");
  const auto faulty = RuleSource::files(rules_file_).load({});
  ReloadReport report;
  report.outcome = ReloadOutcome::refused;
  reloader_.emplace(
      Reloader::Parts{settings_file_, Door::policy, *settings_, *snapshots_, *log_, {}, {}}, report,
      std::vector<SourceFile>{{rules_file_, kOne, {}}}, identities_of(faulty.files));
  EXPECT_EQ(reloader_->last().outcome, ReloadOutcome::refused);
  EXPECT_EQ(reloader_->files().at(rules_file_), os::identify_file(rules_file_));
  EXPECT_EQ(reload_rules(kOne), ReloadOutcome::unchanged) << "it is in service already";
  EXPECT_EQ(reload_rules(kTwo), ReloadOutcome::done);
}

TEST_F(Reloading, RulesThatWereCutOffAreRefusedUntilThatIsAccepted) {
  std::string five = "version: 1\nrules:\n";
  for (int i = 0; i < 5; ++i) five += "  - { name: r" + std::to_string(i) + ", then: log }\n";
  start(five);
  const std::string two = five.substr(0, five.find("  - { name: r2"));
  EXPECT_EQ(reload_rules(two), ReloadOutcome::refused);
  EXPECT_EQ(snapshots_->current()->rules().size(), 5U);
  EXPECT_THAT(logged(), HasSubstr("rules.yaml:3:3: error: rules: 2 of them, had 5: cut off?"));
  EXPECT_EQ(reload(ShrunkLists::accept), ReloadOutcome::done);
  EXPECT_EQ(snapshots_->current()->rules().size(), 2U);
  EXPECT_EQ(reload(), ReloadOutcome::unchanged);
}

TEST_F(Reloading, ARollbackIsTakenHoweverMuchItTakesAway) {
  keeps_generations_ = true;
  std::string many = "version: 1\nrules:\n";
  for (int i = 0; i < 9; ++i) many += "  - { name: r" + std::to_string(i) + ", then: log }\n";
  start();
  ASSERT_EQ(reload_rules(many), ReloadOutcome::done);
  EXPECT_EQ(reload_rules(kOne), ReloadOutcome::refused);
  const auto files = RuleSource::files(rules_file_).load({}).files;
  ASSERT_TRUE(write_rollback_mark(files, 1));
  EXPECT_EQ(reloader_->reload(ReloadTrigger::files, ShrunkLists::refuse).outcome,
            ReloadOutcome::done);
  EXPECT_EQ(GenerationStore::open(folder_.path("state"))->find(3)->rollback_of, 1U);
}

}  // namespace
}  // namespace postern::config::reloader_generations_test
