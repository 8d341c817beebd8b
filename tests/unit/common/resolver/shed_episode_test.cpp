#include "common/resolver/shed_episode.h"

#include <gtest/gtest.h>

namespace postern::resolver::shed_episode_test {
namespace {

using namespace std::chrono_literals;

const ShedEpisode::TimePoint kStart{100h};

TEST(ShedEpisode, BeginsWithTheFirstAndEndsByItself) {
  ShedEpisode episode;
  EXPECT_FALSE(episode.status(kStart).now);
  episode.note("evil.example", kStart);
  episode.note("evil.example", kStart + 4s);
  const ShedStatus status = episode.status(kStart + 5s);
  EXPECT_TRUE(status.now);
  EXPECT_EQ(status.since_ago, 5s);
  EXPECT_EQ(status.shed, 2U);
  EXPECT_EQ(status.domain, "evil.example");
  EXPECT_TRUE(episode.status(kStart + 4s + ShedEpisode::kLull - 1s).now);
  const ShedStatus over = episode.status(kStart + 4s + ShedEpisode::kLull);
  EXPECT_FALSE(over.now);
  EXPECT_EQ(over.shed, 0U);
  EXPECT_EQ(over.domain, "");
}

TEST(ShedEpisode, AnotherOneCountsAnew) {
  ShedEpisode episode;
  for (int i = 0; i < 10; ++i) episode.note("evil.example", kStart);
  const auto later = kStart + ShedEpisode::kLull;
  episode.note("worse.example", later);
  EXPECT_EQ(episode.status(later + 1s).shed, 1U);
  EXPECT_EQ(episode.status(later + 1s).since_ago, 1s);
  EXPECT_EQ(episode.status(later + 1s).domain, "worse.example");
}

TEST(ShedEpisode, WhatGoesOnIsOne) {
  ShedEpisode episode;
  auto now = kStart;
  for (int i = 0; i < 20; ++i, now += ShedEpisode::kLull - 1s) episode.note("evil.example", now);
  EXPECT_EQ(episode.status(now).shed, 20U);
  EXPECT_EQ(episode.status(now).since_ago, 20 * (ShedEpisode::kLull - 1s));
}

}  // namespace
}  // namespace postern::resolver::shed_episode_test
