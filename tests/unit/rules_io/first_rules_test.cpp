#include "rules/io/first_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/temporary_folder.h"

namespace postern {
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
  std::unique_ptr<DaemonLog> log_ =
      std::move(*DaemonLog::open({LogLevel::debug, folder_.path("log")}));
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
  EXPECT_EQ(rules.looked_at.at(settings_.rules_file), identify_file(settings_.rules_file));
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

TEST_F(First, CarryWhatTheSettingsWereWarnedOf) {
  Diagnostics found;
  found.warning({"postern.yaml"}, "odd");
  folder_.write("rules.yaml", kGood);
  const auto rules = read_first_rules(settings_, Door::policy, found);
  EXPECT_THAT(rules.report.diagnostics.to_string(), HasSubstr("postern.yaml: warning: odd"));
}

}  // namespace
}  // namespace postern
