#include <gtest/gtest.h>

#include "tests/unit/ctl/rollback/kept_generations.h"

namespace postern::ctl::removed_entries_test {
namespace {

class FindRemoved : public KeptGenerations {
 protected:
  [[nodiscard]] CtlResult find(const std::string& value) const {
    return fixture_.run({"find", value, "--removed"});
  }
};

TEST_F(FindRemoved, SaysUntilWhenAndByWhom) {
  keep("# now\na.example reason=\"ticket 1\"\nb.example\n");
  fixture_.start(InstallationFixture::reloads("done", 2));
  ASSERT_EQ(fixture_.run({"unblock", "a.example", "--list", "l", "--reason", "was ours"}).exit, 0);
  keep(fixture_.read("lists/l.txt"));
  const auto found = find("a.example");
  EXPECT_EQ(found.exit, 0) << found.err;
  EXPECT_TRUE(
      found.out.starts_with("lists/l.txt:2: a.example reason=\"ticket 1\"\n"
                            "    last in generation 1, until 2026-11-21T08:00:00Z (4h ago)\n"
                            "    removed by drj, number 1 of the history: posternctl --config "))
      << found.out;
  EXPECT_TRUE(has(found.out, " unblock a.example --list l --reason 'was ours'\n"));
}

TEST_F(FindRemoved, ByHandThereIsNobody) {
  keep("a.example\n");
  keep("b.example\n");
  const auto found = find("a.example").out;
  EXPECT_TRUE(has(found, "last in generation 1, until 2026-11-21T08:00:00Z (4h ago)\n"));
  EXPECT_FALSE(has(found, "removed by"));
  EXPECT_TRUE(has(fixture_.run({"find", "a.example", "--removed", "--json"}).out,
                  R"("generation":1,"until":"2026-11-21T08:00:00Z","removed_by":null)"));
}

TEST_F(FindRemoved, WhatCameBackIsNotRemoved) {
  keep("a.example\n");
  keep("b.example\n");
  keep("a.example reason=again\n");
  const auto found = find("a.example");
  EXPECT_EQ(found.exit, 1);
  EXPECT_EQ(found.out, "no kept generation has more about a.example than the files\n");
}

TEST_F(FindRemoved, IsTheLastGenerationThatHadIt) {
  keep("a.example reason=first\n");
  keep("a.example reason=second\n");
  keep("b.example\n");
  const auto found = find("a.example").out;
  EXPECT_TRUE(has(found, "lists/l.txt:1: a.example reason=second\n    last in generation 2, "));
  EXPECT_FALSE(has(found, "first"));
}

TEST_F(FindRemoved, AlsoByPatterns) {
  keep(".a.example\nx.b.example\n");
  keep("c.example\n");
  EXPECT_TRUE(has(find("www.a.example").out, ": .a.example\n"));
  EXPECT_TRUE(has(find(".b.example").out, ": x.b.example\n"));
}

TEST_F(FindRemoved, WhatWentSinceTheLastReload) {
  keep("a.example\n");
  fixture_.folder.write("lists/l.txt", "");
  EXPECT_TRUE(has(find("a.example").out, "    last in generation 1\n"));
}

TEST_F(FindRemoved, WantsGenerations) {
  fixture_.folder.write("rules.yaml", kKeptRules);
  fixture_.folder.write("lists/l.txt", "");
  EXPECT_EQ(find("a.example").exit, 3);
}

}  // namespace
}  // namespace postern::ctl::removed_entries_test
