#include "server/config/reloader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <sstream>

#include "server/config/rollback_mark.h"
#include "tests/support/temporary_folder.h"

namespace postern::config {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kOne = "version: 1\nrules:\n  - name: a\n    then: log\n";
constexpr const char* kTwo =
    "version: 1\nrules:\n  - name: a\n    then: log\n  - name: b\n    then: log\n";

std::string settings_with(const std::string& more) {
  return "version: 1\nrules: rules.yaml\n" + more +
         (more.find("dns:") == std::string::npos ? "dns: { upstreams: [[127.0.0.1]] }\n" : "") +
         (more.find("policyd:") == std::string::npos ? "policyd: { listen: inet:127.0.0.1:1 }\n"
                                                     : "");
}

std::string with_list(const std::string& file, const std::string& more = "") {
  return "version: 1\nlists:\n  bad: { kind: domain, file: " + file + more +
         " }\nrules:\n  - name: a\n    when: { sender_domain: bad }\n    then: reject\n";
}

std::string domains(int number) {
  std::string text;
  for (int i = 0; i < number; ++i) text += "d" + std::to_string(i) + ".example\n";
  return text;
}

class Reloading : public testing::Test {
 protected:
  // What the daemon does at its start.
  void start(const std::string& rules = kOne, const std::string& settings = settings_with("")) {
    folder_.write("rules.yaml", rules);
    folder_.write("postern.yaml", settings);
    Diagnostics diagnostics;
    auto first = read_settings(settings_file_, Door::policy, diagnostics);
    ASSERT_TRUE(first) << diagnostics.to_string();
    auto read = read_rules(rules_file_, 1, {Door::policy, doors_of(*first)}, nullptr, diagnostics);
    ASSERT_TRUE(read.snapshot) << diagnostics.to_string();
    settings_.emplace(std::move(*first));
    std::optional<GenerationStore> generations;
    if (keeps_generations_) {
      generations = GenerationStore::open(folder_.path("state")).value();
      read.snapshot->set_generation(generations->save(read.files, utc_now()).value());
    }
    snapshots_.emplace(std::move(read.snapshot));
    reloader_.emplace(Reloader::Parts{settings_file_, Door::policy, *settings_, *snapshots_, *log_,
                                      std::move(generations), [this] { ++changes_; }},
                      ReloadReport{}, read.files);
  }

  ReloadOutcome reload(ShrunkLists shrunk = ShrunkLists::refuse) {
    return reloader_->reload(ReloadTrigger::signal, shrunk).outcome;
  }
  ReloadOutcome reload_rules(const std::string& text) {
    folder_.write("rules.yaml", text);
    return reload();
  }
  ReloadOutcome reload_settings(const std::string& more) {
    folder_.write("postern.yaml", settings_with(more));
    return reload();
  }
  [[nodiscard]] std::uint64_t generation() const { return snapshots_->current()->generation(); }
  [[nodiscard]] const Settings& in_force() const { return settings_->current(); }

  std::string logged() {
    log_->flush();
    std::ostringstream text;
    text << std::ifstream(folder_.path("log")).rdbuf();
    fs::resize_file(folder_.path("log"), 0);
    return text.str();
  }

  TemporaryFolder folder_;
  const std::string settings_file_ = folder_.path("postern.yaml");
  const std::string rules_file_ = folder_.path("rules.yaml");
  std::unique_ptr<os::DaemonLog> log_ =
      std::move(*os::DaemonLog::open({LogLevel::debug, folder_.path("log")}));
  bool keeps_generations_ = false;
  std::optional<LiveSettings> settings_;
  std::optional<SnapshotStore> snapshots_;
  std::optional<Reloader> reloader_;
  int changes_ = 0;
};

TEST_F(Reloading, TakesTheNewRulesAndCounts) {
  start();
  EXPECT_EQ(reload_rules(kTwo), ReloadOutcome::done);
  EXPECT_EQ(generation(), 2U);
  EXPECT_EQ(snapshots_->current()->rules().size(), 2U);
  EXPECT_THAT(logged(), testing::ContainsRegex("reload done: 2 rules, 0 lists from .*, "
                                               "generation 2 \\(signal, [0-9.]+ ms\\)"));
  EXPECT_EQ(reloader_->counts().done, 1U);
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
  EXPECT_EQ(reloader_->counts().done, 0U);
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
  EXPECT_EQ(reloader_->counts().refused, 6U);
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

TEST_F(Reloading, NumbersComeFromTheStore) {
  keeps_generations_ = true;
  start();
  EXPECT_EQ(reload_rules(kTwo), ReloadOutcome::done);
  EXPECT_EQ(generation(), 2U);
  auto store = GenerationStore::open(folder_.path("state")).value();
  EXPECT_EQ(store.read(*store.find(2))->at(0).text, kTwo);
  // The other daemon was first.
  folder_.write("rules.yaml", "version: 1\nrules: []\n");
  const auto read = read_rules(rules_file_, 1, {}, nullptr, *std::make_unique<Diagnostics>());
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
  Diagnostics diagnostics;
  const auto faulty = read_rules(rules_file_, 1, {}, nullptr, diagnostics);
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
  Diagnostics ignored;
  const auto files = read_rules(rules_file_, 1, {}, nullptr, ignored).files;
  ASSERT_TRUE(write_rollback_mark(files, 1));
  EXPECT_EQ(reloader_->reload(ReloadTrigger::files, ShrunkLists::refuse).outcome,
            ReloadOutcome::done);
  EXPECT_EQ(GenerationStore::open(folder_.path("state"))->find(3)->rollback_of, 1U);
}

}  // namespace
}  // namespace postern::config
