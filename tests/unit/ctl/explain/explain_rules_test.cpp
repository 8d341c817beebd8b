#include "ctl/explain/explain_rules.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "server/config/generation_store.h"
#include "tests/support/temporary_folder.h"

namespace postern::ctl::explain_rules_test {
namespace {

using Rules = ExplainOptions::Rules;

const std::string kOld = "version: 1\nrules: [{ name: old, then: pass }]\n";
const std::string kNew = "version: 1\nrules: [{ name: new, then: pass }]\n";

class ExplainRules : public testing::Test {
 protected:
  ExplainRules() {
    settings_.rules_file = folder_.write("rules.yaml", kOld);
    settings_.state_folder = folder_.path("state");
    settings_.policyd.listen.emplace_back();  // there is such a door
  }

  [[nodiscard]] std::vector<config::SourceFile> files(const std::string& text) const {
    return {{folder_.path("rules.yaml"), text, {}}};
  }

  // As a daemon keeps what it has taken into service: generation 1.
  void keep(const std::string& text) const {
    auto store = config::GenerationStore::open(settings_.state_folder);
    ASSERT_TRUE(store) << store.error().text;
    ASSERT_TRUE(store->save(files(text), parse_expiry("2026-11-21T10:00:00Z").value()));
  }

  // By the rules of a daemon that runs `text` as generation 1.
  [[nodiscard]] ChosenRules running(const std::string& text, const std::string& more = {}) const {
    DaemonAnswer answer;
    answer.daemon = {Door::policy, "postern-policyd", {}};
    answer.status = 200;
    answer.body = boost::json::parse(R"({"generation": 1, "fingerprint": ")" +
                                     config::fingerprint_of_files(files(text)) + "\"" + more + "}")
                      .as_object();
    auto chosen = choose_rules({}, settings_, {Door::policy}, answer);
    if (!chosen) throw std::runtime_error(chosen.error().text);
    return *std::move(chosen);
  }

  static std::string first_rule(const ChosenRules& chosen) {
    return chosen.doors.at(0).snapshot->rules().at(0).name;
  }

  TemporaryFolder folder_;
  config::Settings settings_;
};

TEST_F(ExplainRules, WhatRunsIsTakenFromWhatIsKept) {
  keep(kOld);
  folder_.write("rules.yaml", kNew);
  const ChosenRules chosen = running(kOld);
  EXPECT_EQ(first_rule(chosen), "old");
  EXPECT_EQ(chosen.what, "generation 1, which postern-policyd runs");
  EXPECT_EQ(chosen.notes, std::vector<std::string>{"the files on disk differ from these rules"});
}

TEST_F(ExplainRules, AnotherGenerationOfTheSameNumberIsNotWhatRuns) {
  keep(kOld);
  folder_.write("rules.yaml", kNew);
  const ChosenRules chosen = running(kNew);
  EXPECT_EQ(first_rule(chosen), "new");
  EXPECT_EQ(chosen.what, "the files on disk, which postern-policyd runs as generation 1");
  EXPECT_TRUE(chosen.notes.empty());
}

TEST_F(ExplainRules, WhatCannotBeHadIsSaid) {
  keep(kOld);
  const ChosenRules chosen = running(kNew);
  EXPECT_EQ(first_rule(chosen), "old");
  EXPECT_EQ(chosen.what, "the files on disk");
  EXPECT_EQ(
      chosen.notes,
      std::vector<std::string>{
          "postern-policyd runs generation 1, which cannot be had: the one of that number in " +
          settings_.state_folder + " is another; these are the files on disk"});
}

TEST_F(ExplainRules, WithoutGenerationsTheFilesMayBeWhatRuns) {
  settings_.state_folder.clear();
  EXPECT_EQ(running(kOld).what, "the files on disk, which postern-policyd runs as generation 1");
  EXPECT_TRUE(running(kOld).notes.empty());
  EXPECT_EQ(running(kNew).what, "the files on disk");
}

// What a daemon says must not lead into another folder.
TEST_F(ExplainRules, TheFolderIsThatOfTheSettingsWhateverADaemonSays) {
  keep(kOld);
  folder_.write("rules.yaml", kNew);
  const std::string used = settings_.state_folder;
  settings_.state_folder = folder_.path("new-state");
  const ChosenRules chosen = running(kOld, R"(, "state": ")" + used + "\"");
  EXPECT_EQ(first_rule(chosen), "new") << "of the files on disk";
  ASSERT_EQ(chosen.notes.size(), 2U);
  EXPECT_TRUE(chosen.notes[1].starts_with("postern-policyd keeps its generations in " + used));
}

TEST_F(ExplainRules, WithoutADaemonTheFilesAreTaken) {
  const auto chosen = choose_rules({}, settings_, {Door::policy}, std::nullopt);
  ASSERT_TRUE(chosen) << chosen.error().text;
  EXPECT_EQ(chosen->notes,
            std::vector<std::string>{"no daemon answers; these are the files on disk"});
  ExplainOptions options;
  options.rules = Rules::files;
  EXPECT_TRUE(choose_rules(options, settings_, {Door::policy}, std::nullopt)->notes.empty());
}

}  // namespace
}  // namespace postern::ctl::explain_rules_test
