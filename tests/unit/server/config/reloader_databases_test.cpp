// Databases of a rule file: they come into service by a reload, and make no generation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/mmdb_writer.h"
#include "tests/unit/server/config/reloader_fixture.h"

namespace postern::config::reloader_databases_test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Key;
using testing::Not;

constexpr const char* kRules =
    "version: 1\ndatabases: { client_country: country.mmdb }\nrules:\n"
    "  - { name: r, when: { client_country: DE }, then: pass }\n";

class Databases : public Reloading {
 protected:
  void start_with(const std::string& lines) {
    folder_.write("country.mmdb", mmdb_writer::database_of_lines(lines));
    keeps_generations_ = true;
    start(kRules, settings_with("state: " + folder_.path("state") + "\n"));
    reload();  // the fixture does not watch them from its start
    (void)logged();
  }
  [[nodiscard]] std::string country() const {
    const auto database = snapshots_->current()->database(lists::ClientFact::country);
    return database ? database->find(IpAddress::parse("192.0.2.1").value()) : "no database";
  }
};

TEST_F(Databases, ComeIntoServiceUnderTheSameNumber) {
  start_with("192.0.2.0/24 DE\n");
  EXPECT_EQ(country(), "DE");
  EXPECT_THAT(reloader_->files(), Contains(Key(folder_.path("country.mmdb"))));
  const auto number = generation();
  const auto before = snapshots_->current();
  EXPECT_EQ(reload(), ReloadOutcome::unchanged);
  folder_.write("country.mmdb", mmdb_writer::database_of_lines("192.0.2.0/24 FR\n"));
  EXPECT_EQ(reload(), ReloadOutcome::done);
  EXPECT_EQ(country(), "FR");
  EXPECT_EQ(generation(), number);
  EXPECT_THAT(logged(), HasSubstr("reload done: databases, with the rules of generation"));
  EXPECT_EQ(GenerationStore::open(folder_.path("state")).value().newest(), number);
}

TEST_F(Databases, ThatDidNotChangeAreShared) {
  start_with("192.0.2.0/24 DE\n");
  const auto before = snapshots_->current()->database(lists::ClientFact::country);
  EXPECT_EQ(reload_rules(std::string(kRules) + "  - { name: s, then: log }\n"),
            ReloadOutcome::done);
  EXPECT_EQ(snapshots_->current()->database(lists::ClientFact::country), before);
}

TEST_F(Databases, CutUnderOurHandsStayAsTheyWereRead) {
  start_with("192.0.2.0/24 DE\n");
  std::filesystem::resize_file(folder_.path("country.mmdb"), 10);
  EXPECT_EQ(country(), "DE");
  EXPECT_EQ(reload(), ReloadOutcome::refused);
  EXPECT_EQ(country(), "DE");
  EXPECT_THAT(logged(), HasSubstr("rules.yaml:2:30: error: databases: country.mmdb: found no "
                                  "metadata at its end, want a whole MaxMind DB"));
}

TEST_F(Databases, ThatAreGoneStay) {
  start_with("192.0.2.0/24 DE\n");
  std::filesystem::remove(folder_.path("country.mmdb"));
  EXPECT_EQ(reload(), ReloadOutcome::refused);
  EXPECT_EQ(country(), "DE");
  EXPECT_THAT(logged(), HasSubstr("rules.yaml:2:30: error: databases: cannot open"));
  folder_.write("country.mmdb", mmdb_writer::database_of_lines("192.0.2.0/24 FR\n"));
  EXPECT_EQ(reload(), ReloadOutcome::done);
  EXPECT_EQ(country(), "FR");
}

// A daemon that starts with a damaged database has only these rules.
TEST_F(Databases, AreNoReasonToRefuseAKeptGeneration) {
  start_with("192.0.2.0/24 DE\n");
  std::filesystem::resize_file(folder_.path("country.mmdb"), 10);
  const auto store = GenerationStore::open(folder_.path("state")).value();
  const auto read =
      RuleSource::stored(store, store.list().back()).load({Door::policy, doors_of(in_force())}, 1);
  ASSERT_TRUE(read.snapshot) << read.diagnostics.to_string();
  EXPECT_FALSE(read.snapshot->database(lists::ClientFact::country));
  EXPECT_THAT(read.diagnostics.to_string(), HasSubstr("no condition on client_country matches"));
  EXPECT_THAT(read.diagnostics.to_string(), Not(HasSubstr("error")));
}

}  // namespace
}  // namespace postern::config::reloader_databases_test
