#include "ctl/rollback/rollback_plan.h"

#include <gtest/gtest.h>

#include <map>

#include "common/base/fingerprint.h"

namespace postern::ctl::rollback_plan_test {
namespace {

using Texts = std::map<std::string, std::string>;

config::StoredGeneration generation(std::uint64_t number, const Texts& texts) {
  config::StoredGeneration made;
  made.number = number;
  for (const auto& [path, text] : texts) {
    made.files.push_back({path, "", text.size(), fingerprint_of(text).to_string()});
  }
  return made;
}

std::vector<config::SourceFile> sources(const Texts& texts) {
  std::vector<config::SourceFile> files;
  for (const auto& [path, text] : texts) {
    files.push_back({path, text, {}});
    files.back().identity.there = true;
  }
  return files;
}

RollbackPlan plan(const Texts& wanted, const Texts& now, const Texts& kept = {},
                  const Texts& vouched = {}) {
  const auto is_in = [](const Texts& texts) {
    return [&texts](const std::string& path, const std::string& text) {
      const auto found = texts.find(path);
      return found != texts.end() && found->second == text;
    };
  };
  const auto on_disk = [&](const std::string& path) {
    const auto found = now.find(path);
    return found == now.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
  return plan_rollback(sources(wanted), sources(now), {on_disk, is_in(kept), is_in(vouched)});
}

TEST(RollbackPlan, OnlyWhatDiffersIsWritten) {
  const auto made = plan({{"/r", "a\n"}, {"/l", "x\ny\n"}}, {{"/r", "a\n"}, {"/l", "x\nz\n"}});
  ASSERT_EQ(made.files.size(), 1U);
  EXPECT_EQ(made.files[0].path, "/l");
  EXPECT_EQ(made.files[0].text, "x\ny\n");
  EXPECT_EQ(made.files[0].diff, (LineDiff{1, 1}));
  EXPECT_TRUE(made.unused.empty());
}

TEST(RollbackPlan, WhatNoGenerationHasIsSaved) {
  const Texts now{{"/r", "now\n"}};
  EXPECT_TRUE(plan({{"/r", "old\n"}}, now).files[0].keep_now);
  EXPECT_TRUE(plan({{"/r", "old\n"}}, now, {{"/other", "now\n"}}).files[0].keep_now);
  EXPECT_FALSE(plan({{"/r", "old\n"}}, now, now).files[0].keep_now);
}

TEST(RollbackPlan, KnowsWhatNobodyVouchesFor) {
  const Texts wanted{{"/l", "x\n"}, {"/r", "old\n"}};
  const auto made = plan(wanted, {{"/r", "now\n"}}, {}, {{"/r", "old\n"}, {"/l", "old\n"}});
  ASSERT_EQ(unvouched(made).size(), 1U);
  EXPECT_EQ(unvouched(made)[0]->path, "/l");
  const std::string digest = digest_of_unvouched(made);
  EXPECT_EQ(digest, digest_of_unvouched(plan(wanted, {{"/r", "else\n"}}, {}, {{"/r", "old\n"}})));
  EXPECT_NE(digest, digest_of_unvouched(plan(wanted, {}, {}, {})));
  EXPECT_NE(digest, digest_of_unvouched(plan({{"/l", "y\n"}}, {}, {}, {})));
  EXPECT_NE(digest, digest_of_unvouched(plan({{"/m", "x\n"}}, {}, {}, {})));
}

TEST(RollbackPlan, IsAnotherWhenAFileHasChangedMeanwhile) {
  const Texts wanted{{"/r", "old\n"}};
  EXPECT_TRUE(is_same_plan(plan(wanted, {{"/r", "a\n"}}), plan(wanted, {{"/r", "a\n"}})));
  EXPECT_FALSE(is_same_plan(plan(wanted, {{"/r", "a\n"}}), plan(wanted, {{"/r", "b\n"}})));
  EXPECT_FALSE(is_same_plan(plan(wanted, {{"/r", "a\n"}}), plan(wanted, {})));
  EXPECT_FALSE(is_same_plan(plan(wanted, {{"/r", "a\n"}}), plan(wanted, wanted)));
}

TEST(RollbackPlan, WhatIsTooLongIsNotCompared) {
  const std::string lines(2'000'001, '\n');
  EXPECT_FALSE(plan({{"/l", lines}}, {}).files[0].diff);
  EXPECT_FALSE(plan({{"/l", "x\n"}}, {{"/l", lines}}).files[0].diff);
  EXPECT_TRUE(plan({{"/l", lines.substr(1)}}, {}).files[0].diff);
}

TEST(RollbackPlan, AFileThatIsGoneComesBack) {
  const auto made = plan({{"/r", "a\n"}, {"/l", "x\n"}}, {{"/r", "a\n"}});
  ASSERT_EQ(made.files.size(), 1U);
  EXPECT_FALSE(made.files[0].now);
  EXPECT_FALSE(made.files[0].keep_now);
}

TEST(RollbackPlan, AFileThatIsNewStaysUnused) {
  const auto made = plan({{"/r", "a\n"}}, {{"/r", "b\n"}, {"/new", "x\n"}});
  EXPECT_EQ(made.unused, std::vector<std::string>{"/new"});
}

const config::StoredGeneration kA = generation(10, {{"/r", "a"}});
const config::StoredGeneration kB = generation(11, {{"/r", "b"}});
const config::StoredGeneration kC = generation(12, {{"/r", "c"}});

TEST(GenerationBefore, IsTheOneBeforeWhatRuns) {
  EXPECT_EQ(generation_before({kA, kB, kC}, 12), 11U);
  EXPECT_EQ(generation_before({kA, kB, kC}, 11), 10U);
}

TEST(GenerationBefore, ThereMayBeNone) {
  EXPECT_EQ(generation_before({kA, kB}, 10), std::nullopt);
  EXPECT_EQ(generation_before({}, 10), std::nullopt);
}

TEST(GenerationBefore, WhatRunsNeedNotBeKept) {
  EXPECT_EQ(generation_before({kA, kC}, 11), 10U);
  EXPECT_EQ(generation_before({kA, kB}, 99), 11U);
}

config::StoredGeneration rollback(std::uint64_t number, std::uint64_t of, const Texts& texts) {
  config::StoredGeneration made = generation(number, texts);
  made.rollback_of = of;
  return made;
}

TEST(GenerationBefore, ASecondRollbackGoesOneFurther) {
  const config::StoredGeneration back = rollback(13, 11, {{"/r", "b"}});  // 12 has been undone
  EXPECT_EQ(generation_before({kA, kB, kC, back}, 13), 10U);
}

TEST(GenerationBefore, AThirdOneGoesOnFromThere) {
  const config::StoredGeneration first = generation(9, {{"/r", "z"}});
  const config::StoredGeneration back = rollback(13, 11, {{"/r", "b"}});
  const config::StoredGeneration again = rollback(14, 10, {{"/r", "a"}});
  const config::StoredGeneration third = rollback(15, 14, {{"/r", "a"}});  // by its number
  EXPECT_EQ(generation_before({first, kA, kB, kC, back, again}, 14), 9U);
  EXPECT_EQ(generation_before({first, kA, kB, kC, back, again, third}, 15), 9U);
}

TEST(GenerationBefore, TheSameTextAsAnOlderOneIsNoRollback) {
  const config::StoredGeneration unblocked = generation(13, {{"/r", "a"}});
  EXPECT_EQ(generation_before({kA, kC, unblocked}, 13), 12U);
}

TEST(GenerationBefore, WhatARollbackBroughtBackNeedNotBeKept) {
  const config::StoredGeneration back = rollback(13, 11, {{"/r", "b"}});
  EXPECT_EQ(generation_before({kA, kC, back}, 13), 10U);
  EXPECT_EQ(generation_before({kC, back}, 13), std::nullopt) << "and none before it";
}

TEST(NumberToRestore, IsWhatRunsWhenTheFilesAreSomethingElse) {
  EXPECT_EQ(number_to_restore({kA, kB, kC}, 12, OnDisk::something_else, std::nullopt), 12U);
  EXPECT_EQ(number_to_restore({kA, kB, kC}, 10, OnDisk::something_else, std::nullopt), 10U);
}

TEST(NumberToRestore, IsElseTheOneBefore) {
  EXPECT_EQ(number_to_restore({kA, kB, kC}, 12, OnDisk::what_runs, std::nullopt), 11U);
  EXPECT_EQ(number_to_restore({kA, kB, kC}, 10, OnDisk::what_runs, std::nullopt), std::nullopt);
}

TEST(NumberToRestore, GoesOnFromARollbackThatNoDaemonHasTakenYet) {
  EXPECT_EQ(number_to_restore({kA, kB, kC}, 12, OnDisk::something_else, 11), 10U);
  EXPECT_EQ(number_to_restore({kA, kB, kC}, 12, OnDisk::something_else, 10), std::nullopt);
}

TEST(NumberToRestore, WhatIsNotKeptCannotBeHad) {
  EXPECT_EQ(number_to_restore({kA, kC}, 11, OnDisk::something_else, std::nullopt), 10U);
  EXPECT_EQ(number_to_restore({}, 12, OnDisk::something_else, std::nullopt), std::nullopt);
  EXPECT_EQ(number_to_restore({}, 12, OnDisk::what_runs, std::nullopt), std::nullopt);
}

}  // namespace
}  // namespace postern::ctl::rollback_plan_test
