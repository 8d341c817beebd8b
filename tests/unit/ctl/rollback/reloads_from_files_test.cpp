#include "ctl/rollback/reloads_from_files.h"

#include <gtest/gtest.h>

#include "tests/unit/ctl/rollback/kept_generations.h"

namespace postern::ctl::reloads_from_files_test {
namespace {

config::StoredGeneration generation(std::uint64_t number, const std::string& list,
                                    const std::string& rules = "r") {
  return {number, {}, {{"/rules.yaml", "", 0, rules}, {"/l.txt", "", 0, list}}};
}

HistoryEntry entry(int number, const std::string& before, const std::string& after) {
  return {number, {}, {}, std::nullopt, {{"/l.txt", {}, false, before, after}}};
}

// The numbers of the generations that came of files.
std::vector<std::uint64_t> reloads(const std::vector<config::StoredGeneration>& kept,
                                   const std::vector<HistoryEntry>& entries) {
  std::vector<std::uint64_t> numbers;
  for (const auto& reload : reloads_from_files(kept, entries)) {
    numbers.push_back(reload.generation->number);
  }
  return numbers;
}

using Numbers = std::vector<std::uint64_t>;

TEST(ReloadsFromFiles, AreWhatNoEntryAccountsFor) {
  const std::vector kept{generation(1, "a"), generation(2, "b"), generation(3, "c")};
  EXPECT_EQ(reloads(kept, {}), (Numbers{2, 3}));
  EXPECT_EQ(reloads(kept, {entry(1, "a", "b")}), (Numbers{3}));
  EXPECT_EQ(reloads(kept, {entry(1, "a", "b"), entry(2, "b", "c")}), (Numbers{}));
  EXPECT_EQ(reloads({generation(1, "a")}, {}), (Numbers{}));
}

TEST(ReloadsFromFiles, SeveralEntriesMayBeOneGeneration) {
  const std::vector kept{generation(1, "a"), generation(4, "d")};
  EXPECT_EQ(reloads(kept, {entry(1, "a", "b"), entry(2, "b", "c"), entry(3, "c", "d")}),
            (Numbers{}));
  EXPECT_EQ(reloads(kept, {entry(1, "a", "b"), entry(2, "x", "d")}), (Numbers{4}))
      << "between them somebody has made x of b";
}

TEST(ReloadsFromFiles, AnEntryAccountsForOneGeneration) {
  // Blocked, taken out by hand, and written again by hand.
  const std::vector kept{generation(1, "a"), generation(2, "b"), generation(3, "a"),
                         generation(4, "b")};
  EXPECT_EQ(reloads(kept, {entry(1, "a", "b")}), (Numbers{3, 4}));
}

TEST(ReloadsFromFiles, AnEntryAccountsForNoGenerationBeforeIt) {
  // By hand to h, of which a command has made b; undone to a, and undone again.
  std::vector kept{generation(1, "a"), generation(2, "b"), generation(3, "a"), generation(4, "b")};
  std::vector entries{entry(1, "h", "b"), entry(2, "b", "a"), entry(3, "a", "b")};
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].at = kept[i + 1].since = UtcTime(std::chrono::hours(i + 1));
  }
  EXPECT_EQ(reloads(kept, entries), (Numbers{2}));
}

TEST(ReloadsFromFiles, NameTheFilesThatNobodyAccountsFor) {
  const std::vector kept{generation(1, "a", "r"), generation(2, "b", "s")};
  const auto found = reloads_from_files(kept, {entry(1, "a", "b")});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].paths, (std::vector<std::string>{"/rules.yaml"}));
  EXPECT_EQ(found[0].before->number, 1U);
}

class EditsByHand : public KeptGenerations {};

TEST_F(EditsByHand, AreInTheHistoryWithTheirLines) {
  keep("a.example\n");
  keep("a.example\nb.example\n");
  const auto all = fixture_.run({"history"});
  EXPECT_EQ(all.exit, 0) << all.err;
  EXPECT_TRUE(all.out.starts_with("files  2026-11-21T08:00:00Z (4h ago)  ")) << all.out;
  EXPECT_TRUE(has(all.out,
                  "    read from files as generation 2; see posternctl diff 1 2\n"
                  "    lists/l.txt +1/-0 lines\n"));
  EXPECT_TRUE(has(fixture_.run({"history", "--json"}).out, R"("added":["b.example"])"));
}

TEST_F(EditsByHand, AreNotWhatPosternctlHasWritten) {
  keep("a.example\n");
  fixture_.start(InstallationFixture::reloads("done", 2));
  fixture_.now -= std::chrono::hours(4);
  ASSERT_EQ(fixture_.run({"block", "b.example", "--list", "l"}).exit, 0);
  fixture_.now += std::chrono::hours(4);
  keep(fixture_.read("lists/l.txt"));
  keep("c.example\n");
  const auto all = fixture_.run({"history"}).out;
  EXPECT_TRUE(has(all, "1  2026-11-21T08:00:00Z (4h ago)  drj\n"));
  EXPECT_TRUE(has(all, "read from files as generation 3; see posternctl diff 2 3\n"));
  EXPECT_FALSE(has(all, "as generation 2"));
  const auto latest = fixture_.run({"history", "--most", "1"}).out;
  EXPECT_TRUE(has(latest, "as generation 3"));
  EXPECT_FALSE(has(latest, "drj\n"));
}

TEST_F(EditsByHand, ADiffSaysWhichLines) {
  keep("# now\na.example\n");
  keep("# now\nb.example\nc.example\n");
  const auto diff = fixture_.run({"diff", "1", "2"});
  EXPECT_EQ(diff.exit, 0) << diff.err;
  EXPECT_EQ(diff.out, "lists/l.txt:\n  -2: a.example\n  +2: b.example\n  +3: c.example\n");
  const auto same = fixture_.run({"diff"});
  EXPECT_EQ(same.exit, 1);
  EXPECT_EQ(same.out, "generation 2 and the files on disk are the same\n");
  fixture_.folder.write("lists/l.txt", "# now\nb.example\n");
  EXPECT_EQ(fixture_.run({"diff"}).out, "lists/l.txt:\n  -3: c.example\n");
  EXPECT_TRUE(has(fixture_.run({"diff", "1", "--json"}).out, R"("from":1,"to":null)"));
  EXPECT_EQ(fixture_.run({"diff", "7"}).exit, 1);
}

TEST_F(EditsByHand, ADiffWantsGenerations) {
  fixture_.folder.write("rules.yaml", kKeptRules);
  EXPECT_EQ(fixture_.run({"diff"}).exit, 3);
}

}  // namespace
}  // namespace postern::ctl::reloads_from_files_test
