#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/ctl/rollback/kept_generations.h"

namespace postern::ctl::history_test {
namespace {

constexpr const char* kRules = R"(version: 1
lists:
  campaign: { kind: domain, file: lists/campaign.txt }
  campaign-clients: { kind: network, file: lists/clients.txt }
rules:
  - { name: campaign, when: { sender_domain: campaign }, then: reject }
  - { name: clients, when: { client: campaign-clients }, then: reject }
)";

class History : public testing::Test {
 protected:
  History() {
    fixture_.folder.write("rules.yaml", kRules);
    fixture_.folder.write("lists/campaign.txt", "# now\nold.example\n");
    fixture_.folder.write("lists/clients.txt", "");
    fixture_.start(InstallationFixture::reloads("done", 13));
  }

  [[nodiscard]] std::string campaign() const { return fixture_.read("lists/campaign.txt"); }
  CtlResult run(std::vector<std::string> words) const { return fixture_.run(std::move(words)); }

  InstallationFixture fixture_;
};

TEST_F(History, SaysWhoHasChangedWhatAndHow) {
  run({"block", "a.example", "192.0.2.7", "--reason", "ticket 1"});
  run({"unblock", "old.example"});
  const auto all = run({"history"});
  EXPECT_EQ(all.exit, 0) << all.err;
  EXPECT_TRUE(has(all.out, "2  2026-11-21T12:00:00Z (0s ago)  drj\n    posternctl --config "));
  EXPECT_TRUE(has(all.out, " unblock old.example\n    lists/campaign.txt +0/-1 lines\n"));
  EXPECT_TRUE(has(all.out,
                  " block a.example 192.0.2.7 --reason 'ticket 1'\n"
                  "    lists/campaign.txt +1/-0 lines, lists/clients.txt +1/-0 lines\n"));
  const auto one = run({"history", "show", "1"});
  EXPECT_TRUE(has(one.out, "lists/clients.txt:\n  +1: 192.0.2.7 reason=\"ticket 1\" owner=drj\n"));
  EXPECT_TRUE(has(run({"history", "show", "1", "--json"}).out, R"("undone":false)"));
  EXPECT_EQ(run({"history", "show", "9"}).exit, 1);
  EXPECT_TRUE(has(run({"history", "show"}).err, "show: want the number of an entry"));
  EXPECT_EQ(run({"history", "show"}).exit, 2);
  EXPECT_EQ(run({"history", "1"}).exit, 2);
}

TEST_F(History, IsEmptyAtFirst) {
  const auto result = run({"history"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_EQ(result.out, "nobody has changed anything here\n");
  EXPECT_EQ(run({"undo"}).exit, 1);
}

TEST_F(History, WhatWritesNothingIsNotInIt) {
  run({"block", "a.example", "--dry-run"});
  run({"block", "not a name"});
  run({"block", "old.example"});
  EXPECT_EQ(run({"history"}).exit, 1);
}

TEST_F(History, UndoTakesTheLastChangeBackAndNothingElse) {
  const std::string before = campaign();
  run({"block", "a.example", "192.0.2.7"});
  const auto dry = run({"undo", "--dry-run"});
  EXPECT_TRUE(has(dry.out, "would undo:\n1  "));
  const auto result = run({"undo"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_TRUE(has(result.out, "in force since generation 13"));
  EXPECT_EQ(campaign(), before);
  EXPECT_EQ(fixture_.read("lists/clients.txt"), "");
  EXPECT_TRUE(has(run({"history"}).out, "drj  UNDONE\n"));
  EXPECT_TRUE(has(run({"undo"}).err, "no change of drj that is not undone"));
}

TEST_F(History, KeepsBytesThatAreNoText) {
  fixture_.folder.write("lists/campaign.txt", "# caf\xe9\nold.example # \xff\n");
  const std::string before = campaign();
  run({"block", "old.example", "a.example", "--reason", "ticket 1"});
  EXPECT_NE(campaign(), before);
  EXPECT_TRUE(has(run({"history", "show", "1"}).out, "\\xff"));
  EXPECT_EQ(run({"undo"}).exit, 0);
  EXPECT_EQ(campaign(), before);
}

TEST_F(History, AnUndoCanBeUndone) {
  run({"block", "a.example"});
  const std::string blocked = campaign();
  run({"undo"});
  const auto again = run({"undo", "2"});
  EXPECT_EQ(again.exit, 0) << again.err;
  EXPECT_EQ(campaign(), blocked);
  EXPECT_EQ(run({"undo"}).exit, 0) << "the first one counts again";
}

TEST_F(History, UndoOfAnEarlierOneLeavesTheLaterOnes) {
  run({"block", "a.example"});
  run({"block", "b.example"});
  run({"unblock", "old.example"});
  EXPECT_EQ(run({"undo", "1"}).exit, 0);
  EXPECT_EQ(campaign(), "# now\nb.example owner=drj\n");
  EXPECT_EQ(run({"undo", "3"}).exit, 0);
  EXPECT_EQ(campaign(), "# now\nold.example\nb.example owner=drj\n");
}

TEST_F(History, WhatAnUndoHasPutBetweenItsLinesStays) {
  run({"block", "a.example"});
  run({"block", "x.example"});
  run({"unblock", "x.example"});
  run({"unblock", "a.example"});
  run({"block", "a.example", "b.example"});
  EXPECT_EQ(run({"undo", "3"}).exit, 0);
  const auto result = run({"undo", "5"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(campaign(), "# now\nold.example\nx.example owner=drj\n");
}

TEST_F(History, WhatTouchedTheSameLinesSinceIsNamed) {
  run({"block", "a.example"});
  run({"block", "a.example", "--reason", "ticket 2"});
  const auto result = run({"undo", "1"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.err,
                  "since 1 the same lines were changed by 2; undo that first: "
                  "posternctl undo 2"));
  EXPECT_EQ(run({"undo", "2"}).exit, 0);
  EXPECT_EQ(run({"undo", "1"}).exit, 0) << "what came between is taken back";
  EXPECT_EQ(campaign(), "# now\nold.example\n");
}

TEST_F(History, WhatAHandHasChangedSinceIsSaid) {
  run({"block", "a.example"});
  fixture_.folder.write("lists/campaign.txt", "a.example then=discard\n");
  const auto result = run({"undo"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.err, "lists/campaign.txt has no line 'a.example owner=drj' any more"));
  EXPECT_EQ(campaign(), "a.example then=discard\n");
}

TEST_F(History, WhatAHandHasWrittenAgainIsNotThereTwice) {
  run({"unblock", "old.example"});
  fixture_.folder.write("lists/campaign.txt", "# now\nold.example then=discard\n");
  const auto result = run({"undo"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.err, "lists/campaign.txt has 'old.example then=discard', which somebody"));
  EXPECT_EQ(campaign(), "# now\nold.example then=discard\n");
}

TEST_F(History, AnUndoThatWouldNotLoadIsNotWritten) {
  run({"unblock", "old.example"});
  fixture_.folder.write("lists/campaign.txt", "bad_line here\n");
  EXPECT_EQ(run({"undo"}).exit, 1);
  EXPECT_EQ(campaign(), "bad_line here\n");
}

TEST_F(History, OneThatOthersMayWriteIsNotBelieved) {
  run({"block", "a.example"});
  std::filesystem::permissions(fixture_.folder.path(".rules.yaml.history"),
                               std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  const auto result = run({"history"});
  EXPECT_EQ(result.exit, 3);
  EXPECT_TRUE(has(result.err, ".rules.yaml.history is not believed: want that it belongs to root"));
  EXPECT_EQ(run({"undo"}).exit, 3);
  const std::string before = fixture_.read(".rules.yaml.history");
  const auto block = run({"block", "b.example"});
  EXPECT_EQ(block.exit, 0);
  EXPECT_TRUE(has(block.err, "posternctl history will not have this change: "));
  EXPECT_EQ(fixture_.read(".rules.yaml.history"), before) << "what is there is somebody's evidence";
}

TEST_F(History, OnlyItsOwnerReadsIt) {
  run({"block", "a.example"});
  EXPECT_EQ(std::filesystem::status(fixture_.folder.path(".rules.yaml.history")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

// A file's owner may write what they like: nobody goes round in it.
TEST_F(History, EntriesTakeBackEarlierOnesAlone) {
  const auto entry = [](int number, int undoes) {
    return R"({"n":)" + std::to_string(number) +
           R"(,"at":"2026-11-21T11:00:00Z","user":"drj","undoes":)" + std::to_string(undoes) +
           R"(,"files":[{"path":"lists/campaign.txt","hunks":[]}]})" + "\n";
  };
  run({"block", "a.example"});
  const std::string first = fixture_.read(".rules.yaml.history");
  fixture_.folder.write(".rules.yaml.history",
                        first + entry(2, 2) + entry(3, 4) + entry(4, 3) + entry(4, 3));
  const auto all = run({"history"});
  EXPECT_EQ(all.exit, 0) << all.err;
  EXPECT_TRUE(has(all.out, "3  2026-11-21T11:00:00Z (60m ago)  drj  UNDONE\n")) << all.out;
  EXPECT_EQ(all.out.find("4  2026-11-21T11:00:00Z"), all.out.rfind("4  2026-11-21T11:00:00Z"));
}

TEST_F(History, LinesThatAreNoneAreLeftOut) {
  run({"block", "a.example"});
  const std::string line = fixture_.read(".rules.yaml.history");
  fixture_.folder.write(".rules.yaml.history",
                        "not json\n{\"n\": 7}\n[1]\n" + line + "{\"n\": 99999999999, \"at\": 3}\n");
  const auto result = run({"history"});
  EXPECT_EQ(result.exit, 0);
  EXPECT_TRUE(result.out.starts_with("1  ")) << result.out;
}

class RollbackInHistory : public KeptGenerations {};

TEST_F(RollbackInHistory, IsAChangeThatCanBeUndone) {
  keep("a.example\n");
  keep("b.example\n");
  fixture_.start(InstallationFixture::reloads("done", 3));
  ASSERT_EQ(fixture_.run({"rollback", "1", "--yes"}).exit, 0);
  const auto shown = fixture_.run({"history", "show", "1"});
  EXPECT_TRUE(has(shown.out, " rollback 1 --yes\n    lists/l.txt +1/-1 lines\n"));
  EXPECT_TRUE(has(shown.out, "  -1: b.example\n  +1: a.example\n"));
  EXPECT_EQ(fixture_.run({"undo"}).exit, 0);
  EXPECT_EQ(fixture_.read("lists/l.txt"), "b.example\n");
}

// A block, its generation, and what the history and the undo make of it.
class NamedSettings : public KeptGenerations, public testing::WithParamInterface<bool> {};

TEST_P(NamedSettings, ThePathsInTheHistoryAreThoseOfTheGenerations) {
  keep("a.example\n");
  fixture_.start(InstallationFixture::reloads("done", 2));
  fixture_.now = parse_expiry("2026-11-21T07:30:00Z").value();
  if (GetParam()) {
    fixture_.settings_file = std::filesystem::relative(fixture_.settings_file).string();
  }
  ASSERT_EQ(fixture_.run({"block", "b.example", "--force"}).exit, 0);
  keep(fixture_.read("lists/l.txt"));
  const auto history = fixture_.run({"history"});
  EXPECT_TRUE(has(history.out, "block b.example --force\n    lists/l.txt +1/-0 lines\n"));
  EXPECT_EQ(history.out.find("files"), std::string::npos) << history.out;
  EXPECT_TRUE(has(fixture_.run({"diff"}).out, "generation 2 and the files on disk are the same"));
  EXPECT_EQ(fixture_.run({"rollback", "1", "--dry-run"}).exit, 0);
  EXPECT_EQ(fixture_.run({"undo"}).exit, 0);
  EXPECT_EQ(fixture_.read("lists/l.txt"), "a.example\n");
}

INSTANTIATE_TEST_SUITE_P(History, NamedSettings, testing::Bool(),
                         [](const auto& named) { return named.param ? "Relative" : "Absolute"; });

}  // namespace
}  // namespace postern::ctl::history_test
