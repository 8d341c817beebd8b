// Lists out of SPF: their networks come into service by a reload, and make no generation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/server/config/reloader_fixture.h"

namespace postern::config::reloader_networks_test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Key;

constexpr const char* kRules =
    "version: 1\nlists:\n  big: { kind: network, spf: [a.example] }\nrules:\n"
    "  - { name: r, when: { client: big }, then: pass }\n";
constexpr const char* kOneNetwork = "192.0.2.0/24 owner=\"a.example\"\n";
constexpr const char* kTwoNetworks =
    "192.0.2.0/24 owner=\"a.example\"\n198.51.100.1 owner=\"a.example\"\n";

class Networks : public Reloading {
 protected:
  void start_with(const std::string& kept) {
    std::filesystem::create_directories(folder_.path("state/spf"));
    folder_.write("state/spf/big", kept);
    keeps_generations_ = true;
    start(kRules, settings_with("state: " + folder_.path("state") + "\n"));
    reload();  // the fixture knows no state folder at the start
    (void)logged();
  }
  [[nodiscard]] std::size_t entries() const {
    return snapshots_->current()->find_list("big")->entries().size();
  }
};

TEST_F(Networks, ComeIntoServiceUnderTheSameNumber) {
  start_with(kOneNetwork);
  EXPECT_EQ(entries(), 1U);
  const auto number = generation();
  const std::string fingerprint = reloader_->fingerprint();
  EXPECT_EQ(reload(), ReloadOutcome::unchanged);
  folder_.write("state/spf/big", kTwoNetworks);
  EXPECT_EQ(reload(), ReloadOutcome::done);
  EXPECT_EQ(entries(), 2U);
  EXPECT_EQ(generation(), number);
  EXPECT_EQ(reloader_->fingerprint(), fingerprint);
  EXPECT_THAT(logged(),
              HasSubstr("reload done: networks out of SPF, with the rules of generation"));
  EXPECT_EQ(GenerationStore::open(folder_.path("state")).value().newest(), number);
}

TEST_F(Networks, AreWatched) {
  start_with(kOneNetwork);
  EXPECT_THAT(reloader_->files(), Contains(Key(folder_.path("state/spf/big"))));
}

TEST_F(Networks, StayWhenTheirFileIsGone) {
  start_with(kTwoNetworks);
  std::filesystem::remove(folder_.path("state/spf/big"));
  EXPECT_EQ(reload(), ReloadOutcome::unchanged);
  EXPECT_EQ(entries(), 2U);
  EXPECT_EQ(reload_rules(std::string(kRules) + "  - { name: s, then: log }\n"),
            ReloadOutcome::done);
  EXPECT_EQ(entries(), 2U);
}

TEST_F(Networks, AreFoundBehindALinkThatIsTheStateFolderAndBehindNoOther) {
  start_with(kTwoNetworks);
  std::filesystem::create_symlink(folder_.path("state"), folder_.path("link"));
  const auto entries_in = [&](const std::string& state) {
    return RuleSource::files(folder_.path("rules.yaml"), folder_.path(state))
        .load({})
        .snapshot->find_list("big")
        ->entries()
        .size();
  };
  EXPECT_EQ(entries_in("link"), 2U);
  std::filesystem::create_directory(folder_.path("other"));
  std::filesystem::create_symlink(folder_.path("state/spf"), folder_.path("other/spf"));
  EXPECT_EQ(entries_in("other"), 0U);
}

TEST_F(Networks, AreThereWithAGenerationThatIsKept) {
  start_with(kTwoNetworks);
  const auto store = GenerationStore::open(folder_.path("state")).value();
  const auto read = RuleSource::stored(store, *store.find(store.newest())).load({});
  ASSERT_TRUE(read.snapshot);
  EXPECT_EQ(read.snapshot->find_list("big")->entries().size(), 2U);
  EXPECT_EQ(read.files.size(), 1U);
}

}  // namespace
}  // namespace postern::config::reloader_networks_test
