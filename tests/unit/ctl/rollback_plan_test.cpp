#include "ctl/rollback_plan.h"

#include <gtest/gtest.h>

#include <map>

#include "common/fingerprint.h"

namespace postern {
namespace {

using Texts = std::map<std::string, std::string>;

StoredGeneration generation(std::uint64_t number, const Texts& texts) {
  StoredGeneration made;
  made.number = number;
  for (const auto& [path, text] : texts) {
    made.files.push_back({path, "", text.size(), fingerprint_of(text).to_string()});
  }
  return made;
}

std::vector<SourceFile> sources(const Texts& texts) {
  std::vector<SourceFile> files;
  for (const auto& [path, text] : texts) {
    files.push_back({path, text, {}});
    files.back().identity.there = true;
  }
  return files;
}

RollbackPlan plan(const Texts& wanted, const Texts& now,
                  const std::vector<StoredGeneration>& kept = {}) {
  return plan_rollback(sources(wanted), sources(now), kept, [&](const std::string& path) {
    const auto found = now.find(path);
    return found == now.end() ? std::nullopt : std::optional<std::string>(found->second);
  });
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
  EXPECT_TRUE(
      plan({{"/r", "old\n"}}, now, {generation(1, {{"/other", "now\n"}})}).files[0].keep_now);
  EXPECT_FALSE(plan({{"/r", "old\n"}}, now, {generation(1, now)}).files[0].keep_now);
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

const StoredGeneration kA = generation(10, {{"/r", "a"}});
const StoredGeneration kB = generation(11, {{"/r", "b"}});
const StoredGeneration kC = generation(12, {{"/r", "c"}});

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

TEST(GenerationBefore, ASecondRollbackGoesOneFurther) {
  const StoredGeneration back = generation(13, {{"/r", "b"}});  // 12 has been undone
  EXPECT_EQ(generation_before({kA, kB, kC, back}, 13), 10U);
}

TEST(NumberToRestore, IsWhatRunsWhenTheFilesAreSomethingElse) {
  EXPECT_EQ(number_to_restore({kA, kB, kC}, 12, OnDisk::something_else), 12U);
  EXPECT_EQ(number_to_restore({kA, kB, kC}, 10, OnDisk::something_else), 10U);
}

TEST(NumberToRestore, IsElseTheOneBefore) {
  EXPECT_EQ(number_to_restore({kA, kB, kC}, 12, OnDisk::what_runs), 11U);
  EXPECT_EQ(number_to_restore({kA, kB, kC}, 10, OnDisk::what_runs), std::nullopt);
}

TEST(NumberToRestore, WhatIsNotKeptCannotBeHad) {
  EXPECT_EQ(number_to_restore({kA, kC}, 11, OnDisk::something_else), 10U);
  EXPECT_EQ(number_to_restore({}, 12, OnDisk::something_else), std::nullopt);
  EXPECT_EQ(number_to_restore({}, 12, OnDisk::what_runs), std::nullopt);
}

}  // namespace
}  // namespace postern
