#include "server/config/first_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "server/config/rollback_mark.h"
#include "tests/support/temporary_folder.h"

namespace postern::config::first_rules_test {
namespace {

using testing::HasSubstr;

constexpr const char* kGood = "version: 1\nrules: [{ name: a, then: log }]\n";
constexpr const char* kEmpty = "version: 1\nrules: []\n";
constexpr const char* kFaulty = "version: 2\n";
// Right for an installation with a milter alone.
constexpr const char* kForMilters =
    "version: 1\nrules: [{ name: a, when: { header.subject: x }, then: hold }]\n";

class First : public testing::Test {
 protected:
  First() {
    settings_.rules_file = folder_.path("rules.yaml");
    settings_.state_folder = folder_.path("state");
    settings_.policyd.listen.emplace_back();
  }

  FirstRules read(const std::string& text) {
    folder_.write("rules.yaml", text);
    return read_first_rules(settings_, Door::policy, {});
  }
  std::uint64_t keep(FirstRules& rules) {
    keeps_ = keep_first_rules(settings_, rules, *log_).has_value();
    return rules.report.generation;
  }
  // As if it had been in service.
  void store(const std::string& text) {
    auto store = GenerationStore::open(settings_.state_folder).value();
    ASSERT_TRUE(store.save({{settings_.rules_file, text, {}}}, utc_now()));
  }

  TemporaryFolder folder_;
  Settings settings_;
  std::unique_ptr<os::DaemonLog> log_ =
      std::move(*os::DaemonLog::open({LogLevel::debug, folder_.path("log")}));
  bool keeps_ = false;
};

TEST_F(First, AreThoseOfTheFiles) {
  auto rules = read(kGood);
  ASSERT_TRUE(rules.snapshot);
  EXPECT_FALSE(rules.stored);
  EXPECT_EQ(rules.report.outcome, ReloadOutcome::done);
  EXPECT_EQ(rules.report.trigger, ReloadTrigger::start);
  EXPECT_EQ(rules.looked_at, identities_of(rules.files));
  EXPECT_EQ(keep(rules), 1U);
  EXPECT_TRUE(keeps_);
}

TEST_F(First, GetTheNextNumberWhenTheyAreNew) {
  store(kEmpty);
  store(kGood);
  auto same = read(kGood);
  EXPECT_EQ(keep(same), 2U);
  EXPECT_EQ(same.snapshot->generation(), 2U);
  auto other = read(kEmpty);
  EXPECT_EQ(keep(other), 3U);
}

TEST_F(First, AreTheNewestKeptOnesThatLoadWhenTheFilesAreFaulty) {
  store(kEmpty);
  store(kGood);
  store(kForMilters);
  store(kEmpty);
  std::filesystem::remove(folder_.path("state/generations/4/rules.yaml"));
  auto rules = read(kFaulty);
  ASSERT_TRUE(rules.snapshot);
  ASSERT_TRUE(rules.stored);
  EXPECT_EQ(rules.stored->number, 2U);
  EXPECT_EQ(rules.snapshot->rules().size(), 1U);
  EXPECT_EQ(rules.files.at(0).text, kGood);
  EXPECT_EQ(rules.looked_at.at(settings_.rules_file), os::identify_file(settings_.rules_file));
  EXPECT_EQ(rules.report.outcome, ReloadOutcome::refused);
  EXPECT_TRUE(rules.report.diagnostics.has_errors());
  EXPECT_EQ(keep(rules), 2U);
  EXPECT_EQ(GenerationStore::open(settings_.state_folder)->find(5).has_value(), false);
}

TEST_F(First, AreNoneWhenNothingIsKept) {
  EXPECT_FALSE(read(kFaulty).snapshot);
  EXPECT_FALSE(std::filesystem::exists(settings_.state_folder));
  settings_.state_folder.clear();
  EXPECT_FALSE(read(kFaulty).snapshot);
}

TEST_F(First, AreTakenThoughTheyCannotBeKept) {
  settings_.state_folder = folder_.path("no/such/folder");
  auto rules = read(kGood);
  EXPECT_EQ(keep(rules), 1U);
  EXPECT_FALSE(keeps_);
}

class FirstWithAList : public First {
 protected:
  static std::string domains(int number) {
    std::string text;
    for (int i = 0; i < number; ++i) text += "d" + std::to_string(i) + ".example\n";
    return text;
  }
  static std::string rules(const std::string& more = "") {
    return "version: 1\nlists:\n  bad: { kind: domain, file: bad.txt" + more +
           " }\nrules: [{ name: a, when: { sender_domain: bad }, then: reject }]\n";
  }
  void store_with(int entries) {
    auto store = GenerationStore::open(settings_.state_folder).value();
    ASSERT_TRUE(store.save(
        {{settings_.rules_file, rules(), {}}, {folder_.path("bad.txt"), domains(entries), {}}},
        utc_now()));
  }
  FirstRules read_with(int entries, const std::string& more = "") {
    folder_.write("bad.txt", domains(entries));
    return read(rules(more));
  }
};

TEST_F(FirstWithAList, AreTheKeptOnesWhenAListHasShrunkMeanwhile) {
  store_with(30);
  auto rules = read_with(3);
  ASSERT_TRUE(rules.snapshot);
  ASSERT_TRUE(rules.stored);
  EXPECT_EQ(rules.stored->number, 1U);
  EXPECT_EQ(rules.snapshot->lists().at(0)->entries().size(), 30U);
  EXPECT_EQ(rules.files.at(1).text, domains(30));
  EXPECT_EQ(rules.report.outcome, ReloadOutcome::refused);
  EXPECT_THAT(
      rules.report.diagnostics.to_string(),
      HasSubstr(settings_.rules_file + ":3:8: error: list 'bad': bad.txt has 3 entries, had 30"));
  EXPECT_EQ(rules.looked_at.at(folder_.path("bad.txt")), os::identify_file(folder_.path("bad.txt")))
      << "so that its mending is seen";
  EXPECT_EQ(keep(rules), 1U);
}

TEST_F(FirstWithAList, AreThoseOfTheFilesWhenItHasShrunkLessOrIsMeantTo) {
  store_with(30);
  EXPECT_FALSE(read_with(15).stored);
  EXPECT_FALSE(read_with(3, ", may_shrink: yes").stored);
  const auto same = read_with(30);
  EXPECT_FALSE(same.stored);
  EXPECT_EQ(same.report.outcome, ReloadOutcome::done);
}

TEST_F(FirstWithAList, AreTheKeptOnesWhenRulesWereCutOffMeanwhile) {
  store_with(3);
  folder_.write("bad.txt", domains(3));
  auto cut = read("version: 1\nlists:\n  bad: { kind: domain, file: bad.txt }\nrules: []\n");
  ASSERT_TRUE(cut.stored);
  EXPECT_EQ(cut.snapshot->rules().size(), 1U);
  EXPECT_THAT(cut.report.diagnostics.to_string(),
              HasSubstr(settings_.rules_file + ":3:8: error: list 'bad' was used by a rule"));
}

TEST_F(FirstWithAList, AreThoseOfARollbackHoweverShort) {
  store_with(3);
  store_with(30);
  folder_.write("bad.txt", domains(3));
  folder_.write("rules.yaml", rules());
  EXPECT_TRUE(read_first_rules(settings_, Door::policy, {}).stored);
  const auto files = RuleSource::files(settings_.rules_file).load({}).files;
  ASSERT_TRUE(write_rollback_mark(files, 1));
  auto back = read_first_rules(settings_, Door::policy, {});
  EXPECT_FALSE(back.stored);
  EXPECT_EQ(keep(back), 3U);
  EXPECT_EQ(GenerationStore::open(settings_.state_folder)->find(3)->rollback_of, 1U);
}

// It was accepted then: a restart must not ask again.
TEST_F(FirstWithAList, AreThoseOfTheFilesWhenTheShrunkListWasInService) {
  store_with(30);
  store_with(3);
  auto rules = read_with(3);
  EXPECT_FALSE(rules.stored);
  EXPECT_EQ(rules.snapshot->lists().at(0)->entries().size(), 3U);
  EXPECT_EQ(keep(rules), 2U);
}

// A crash or a full disk in the middle of the newest generation: the one before it serves, whole.
TEST_F(FirstWithAList, AreTheOlderKeptOnesWhereTheNewestIsCutAtAnyByte) {
  store_with(2);
  store_with(3);
  folder_.write("rules.yaml", kFaulty);
  const std::string newest = folder_.path("state/generations/2/");
  for (const char* name : {"manifest.json", "rules.yaml", "bad.txt"}) {
    std::ifstream file(newest + name, std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(file), {}};
    ASSERT_FALSE(whole.empty());
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      std::filesystem::remove(newest + name);  // it may be a link to one of the older generation
      std::ofstream(newest + name, std::ios::binary) << whole.substr(0, size);
      const auto rules = read_first_rules(settings_, Door::policy, {});
      ASSERT_TRUE(rules.snapshot && rules.stored) << name << " of " << size << " bytes";
      const bool is_whole = size == whole.size();
      EXPECT_EQ(rules.stored->number, is_whole ? 2U : 1U) << name << " of " << size << " bytes";
      EXPECT_EQ(rules.snapshot->lists().at(0)->entries().size(), is_whole ? 3U : 2U);
    }
  }
}

TEST_F(FirstWithAList, AreThoseOfTheFilesWhenNothingIsKeptToCompareWith) {
  EXPECT_FALSE(read_with(3).stored);
  store_with(30);
  std::filesystem::remove(folder_.path("state/generations/1/bad.txt"));
  EXPECT_FALSE(read_with(3).stored) << "no whole generation";
  settings_.state_folder.clear();
  EXPECT_FALSE(read_with(3).stored);
}

TEST_F(First, CarryWhatTheSettingsWereWarnedOf) {
  Diagnostics found;
  found.warning({"postern.yaml"}, "odd");
  folder_.write("rules.yaml", kGood);
  const auto rules = read_first_rules(settings_, Door::policy, found);
  EXPECT_THAT(rules.report.diagnostics.to_string(), HasSubstr("postern.yaml: warning: odd"));
}

}  // namespace
}  // namespace postern::config::first_rules_test
