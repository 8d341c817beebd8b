#include "server/config/reloader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/unit/server/config/reloader_fixture.h"

namespace postern::config::reloader_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

TEST_F(Reloading, TakesTheNewRulesAndCounts) {
  start();
  EXPECT_EQ(reload_rules(kTwo), ReloadOutcome::done);
  EXPECT_EQ(generation(), 2U);
  EXPECT_EQ(snapshots_->current()->rules().size(), 2U);
  EXPECT_THAT(logged(), testing::ContainsRegex("reload done: 2 rules, 0 lists from .*, "
                                               "generation 2 \\(signal, [0-9.]+ ms\\)"));
  EXPECT_EQ(reloader_->count(ReloadOutcome::done), 1U);
  EXPECT_EQ(reloader_->last().generation, 2U);
  EXPECT_EQ(reloader_->last().trigger, ReloadTrigger::signal);
  EXPECT_GT(reloader_->last().took.count(), 0);
  EXPECT_EQ(changes_, 0) << "the settings are as they were";
}

TEST_F(Reloading, TheSameFilesAreNoNewGeneration) {
  start();
  const auto before = snapshots_->current();
  EXPECT_EQ(reload_rules(kOne), ReloadOutcome::unchanged);
  EXPECT_EQ(snapshots_->current(), before);
  EXPECT_THAT(logged(), HasSubstr("info reload unchanged: the files are those of generation 1 ("));
  EXPECT_EQ(reloader_->count(ReloadOutcome::done), 0U);
}

TEST_F(Reloading, OfFilesThatWereOnlyTouchedLittleIsSaid) {
  start("version: 1\nlists: { unused: { kind: text, entries: [a] } }\nrules: []\n");
  reloader_->reload(ReloadTrigger::files, ShrunkLists::refuse);
  const std::string log = logged();
  EXPECT_THAT(log, HasSubstr("debug reload unchanged: "));
  EXPECT_THAT(log, Not(HasSubstr("warning")));
}

TEST_F(Reloading, FilesThatAreRightAgainAreWorthALine) {
  start();
  reload_rules("version: 2\n");
  folder_.write("rules.yaml", kOne);
  reloader_->reload(ReloadTrigger::files, ShrunkLists::refuse);
  EXPECT_THAT(logged(), HasSubstr("info reload unchanged: "));
}

TEST_F(Reloading, KeepsTheOldRulesWhateverIsWrong) {
  struct Case {
    const char* name;
    const char* text;
  };
  start();
  for (const Case& one : {Case{"syntax", "version: ["}, Case{"key", "version: 1\nruels: []\n"},
                          Case{"empty", ""}, Case{"binary", "\xff\xfe"}}) {
    EXPECT_EQ(reload_rules(one.text), ReloadOutcome::refused) << one.name;
    EXPECT_EQ(generation(), 1U) << one.name;
  }
  folder_.write("rules.yaml", kTwo);
  ASSERT_EQ(::chmod(rules_file_.c_str(), 0666), 0);
  EXPECT_EQ(reload(), ReloadOutcome::refused) << "everybody may write";
  fs::remove(rules_file_);
  EXPECT_EQ(reload(), ReloadOutcome::refused) << "gone";
  EXPECT_EQ(reloader_->count(ReloadOutcome::refused), 6U);
  EXPECT_EQ(reload_rules(kTwo), ReloadOutcome::done);
}

TEST_F(Reloading, LogsEveryFaultWithItsPlace) {
  start();
  EXPECT_EQ(reload_rules("version: 1\none: 1\ntwo: 2\nrules: []\n"), ReloadOutcome::refused);
  const std::string log = logged();
  EXPECT_THAT(log, HasSubstr(rules_file_ + ":2:1: error:"));
  EXPECT_THAT(log, HasSubstr(rules_file_ + ":3:1: error:"));
  EXPECT_THAT(log, HasSubstr("reload refused: 2 errors in " + rules_file_ +
                             ", generation 1 stays (signal, "));
  EXPECT_LT(log.find(":3:1: error:"), log.find("reload refused"));
  EXPECT_EQ(reloader_->last().diagnostics.errors(), 2);
}

TEST_F(Reloading, ReadsListsBesideTheRuleFile) {
  start();
  fs::create_directory(folder_.path("lists"));
  folder_.write("lists/bad.txt", "spam.example\n");
  EXPECT_EQ(reload_rules(with_list("lists/bad.txt")), ReloadOutcome::done) << logged();
  folder_.write("lists/bad.txt", "spam.example\nmore.example\n");
  EXPECT_EQ(reload(), ReloadOutcome::done);
  EXPECT_EQ(generation(), 3U);
  EXPECT_EQ(reload_rules(with_list("lists/none.txt")), ReloadOutcome::refused);
  EXPECT_THAT(logged(), HasSubstr("lists/none.txt: No such file"));
}

TEST_F(Reloading, NamesTheFilesThatAreToBeWatched) {
  start();
  EXPECT_EQ(reloader_->files().size(), 2U);
  EXPECT_EQ(reloader_->files().at(rules_file_), os::identify_file(rules_file_));
  EXPECT_EQ(reloader_->files().at(settings_file_), os::identify_file(settings_file_));
  reload_rules(with_list("none.txt"));
  EXPECT_EQ(reloader_->files().at(folder_.path("none.txt")), os::FileIdentity{})
      << "its coming is waited for";
  // Otherwise a watch would find the difference again and again.
  ASSERT_EQ(::chmod(rules_file_.c_str(), 0666), 0);
  reload();
  EXPECT_EQ(reloader_->files().at(rules_file_), os::identify_file(rules_file_));
  folder_.write("postern.yaml", "version: 2\n");
  folder_.write("none.txt", "a.example\n");
  reload();
  for (const auto& [file, identity] : reloader_->files()) {
    EXPECT_EQ(identity, os::identify_file(file)) << file;
  }
}

TEST_F(Reloading, AListThatLostMostOfItsEntriesIsRefused) {
  folder_.write("bad.txt", domains(30));
  start(with_list("bad.txt"));
  folder_.write("bad.txt", domains(3));
  EXPECT_EQ(reload(), ReloadOutcome::refused);
  EXPECT_EQ(generation(), 1U);
  EXPECT_THAT(logged(), HasSubstr("error " + rules_file_ +
                                  ":3:8: error: list 'bad': bad.txt has 3 entries, had 30"));
  EXPECT_EQ(reload(ShrunkLists::accept), ReloadOutcome::done);
  EXPECT_EQ(snapshots_->current()->lists().at(0)->entries().size(), 3U);
}

TEST_F(Reloading, AListThatSaysSoMayShrink) {
  folder_.write("bad.txt", domains(30));
  start(with_list("bad.txt", ", may_shrink: yes"));
  folder_.write("bad.txt", domains(3));
  EXPECT_EQ(reload(), ReloadOutcome::done) << logged();
}

TEST_F(Reloading, TheKeyOfADnsListIsWatched) {
  const std::string key = folder_.path("key");
  const auto write_key = [&](const std::string& text) {
    folder_.write("key", text);
    std::filesystem::permissions(key, std::filesystem::perms{0600});
  };
  write_key("KEY1\n");
  start(
      "version: 1\nrules:\n  - { name: bl, check: dnsbl, on: { listed: log }, zones: [{ zone: "
      "bl.example, key_file: " +
      key + " }] }\n");
  reload();  // the fixture reads none at its start
  EXPECT_THAT(reloader_->files(), testing::Contains(testing::Key(key)));
  EXPECT_EQ(reload(), ReloadOutcome::unchanged);
  (void)logged();
  const auto before = snapshots_->current();
  write_key("KEY2\n");
  EXPECT_EQ(reload(), ReloadOutcome::done);
  EXPECT_NE(snapshots_->current(), before);
  EXPECT_EQ(snapshots_->current()->generation(), before->generation());
  EXPECT_THAT(logged(), testing::HasSubstr("reload done: keys of DNS lists, with the rules of"));
  std::filesystem::remove(key);
  EXPECT_EQ(reload(), ReloadOutcome::refused);
  EXPECT_THAT(reloader_->files(), testing::Contains(testing::Key(key)));
}

}  // namespace
}  // namespace postern::config::reloader_test
