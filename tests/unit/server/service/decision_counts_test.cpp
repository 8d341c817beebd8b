#include "server/service/decision_counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace postern::service::decision_counts_test {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr std::chrono::microseconds kTook{50};

std::string_view word(DecisionCounts::Event event) {
  constexpr std::string_view kWords[] = {"decided", "acted", "would", "found"};
  return kWords[static_cast<std::size_t>(event)];
}

// `decided rcpt rule reject 3`
std::vector<std::string> texts(const DecisionCounts& counts) {
  std::vector<std::string> texts;
  for (const auto& one : counts.series()) {
    std::string text;
    for (const std::string_view part : {word(one.event), to_string(one.stage), one.rule,
                                        to_string(one.action), one.check, one.finding}) {
      if (!part.empty()) text.append(part) += ' ';
    }
    texts.push_back(text + std::to_string(one.count));
  }
  return texts;
}

std::uint64_t total(const DecisionCounts& counts) {
  const auto all = counts.series();
  return std::accumulate(all.begin(), all.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& one) { return sum + one.count; });
}

Verdict decided_by(std::string_view rule, Disposition action = Disposition::reject) {
  Verdict verdict;
  verdict.action = action;
  verdict.rule = rule;
  return verdict;
}

TEST(DecisionCounts, ByStageRuleAndAction) {
  DecisionCounts counts;
  counts.count(Stage::rcpt, decided_by("a"), kTook);
  counts.count(Stage::rcpt, decided_by("a"), kTook);
  counts.count(Stage::mail, decided_by("a"), kTook);
  counts.count(Stage::rcpt, decided_by("a", Disposition::defer), kTook);
  counts.count(Stage::rcpt, decided_by("b"), kTook);
  EXPECT_THAT(texts(counts), ElementsAre("decided rcpt a reject 2", "decided mail a reject 1",
                                         "decided rcpt a defer 1", "decided rcpt b reject 1"));
  EXPECT_EQ(counts.latency().classes[0], 5U);
  EXPECT_EQ(counts.latency().sum, 5 * kTook);
}

TEST(DecisionCounts, ADecisionThatNoRuleMade) {
  DecisionCounts counts;
  counts.count(Stage::data, Verdict{}, kTook);
  EXPECT_THAT(texts(counts), ElementsAre("decided data - pass 1"));
}

TEST(DecisionCounts, WhatActedBesideOrWouldHave) {
  Verdict verdict = decided_by("a");
  verdict.also = {"slow", "tag", "tag"};
  verdict.would = {{"dry", ActionKind::reject}, {"dry", ActionKind::log}};
  DecisionCounts counts;
  counts.count(Stage::connect, verdict, kTook);
  EXPECT_THAT(texts(counts),
              UnorderedElementsAre("decided connect a reject 1", "acted connect slow pass 1",
                                   "acted connect tag pass 2", "would connect dry reject 1",
                                   "would connect dry log 1"));
}

TEST(DecisionCounts, FindingsAtAllStagesTogether) {
  Verdict verdict;
  verdict.found = {{"mx", "sender_mx", "no_domain"}, {"mx2", "sender_mx", "no_domain"}};
  DecisionCounts counts;
  counts.count(Stage::mail, verdict, kTook);
  counts.count(Stage::rcpt, verdict, kTook);
  verdict.found = {{"mx", "sender_mx", "mx"}};
  counts.count(Stage::rcpt, verdict, kTook);
  EXPECT_THAT(texts(counts), UnorderedElementsAre("decided mail - pass 1", "decided rcpt - pass 2",
                                                  "found connect mx pass sender_mx no_domain 2",
                                                  "found connect mx2 pass sender_mx no_domain 2",
                                                  "found connect mx pass sender_mx mx 1"));
}

TEST(DecisionCounts, NamesMayBeGoneWhenTheyAreRead) {
  DecisionCounts counts;
  for (int i = 0; i < 3; ++i) {
    const std::string name = "a-rule-with-a-name-that-is-not-kept-in-place-" + std::to_string(i);
    counts.count(Stage::rcpt, decided_by(name), kTook);
    counts.count(Stage::rcpt, decided_by(std::string(name)), kTook);
  }
  ASSERT_EQ(counts.series().size(), 3U);
  EXPECT_EQ(counts.series()[2].rule, "a-rule-with-a-name-that-is-not-kept-in-place-2");
  EXPECT_EQ(counts.series()[2].count, 2U);
}

TEST(DecisionCounts, BeyondTheBoundNothingIsLost) {
  DecisionCounts counts;
  constexpr std::size_t kMore = 1000;
  for (std::size_t i = 0; i < DecisionCounts::kMaxSeries + kMore; ++i) {
    counts.count(Stage::rcpt, decided_by("rule-" + std::to_string(i)), kTook);
  }
  counts.count(Stage::mail, decided_by("late", Disposition::hold), kTook);
  counts.count(Stage::rcpt, decided_by("rule-0"), kTook);
  Verdict found;
  found.rule = "rule-1";
  found.action = Disposition::reject;
  found.found = {{"late", "sender_mx", "mx"}};
  counts.count(Stage::rcpt, found, kTook);
  EXPECT_EQ(counts.series().size(), DecisionCounts::kMaxSeries + 3);
  EXPECT_EQ(total(counts), DecisionCounts::kMaxSeries + kMore + 4);
  const auto all = texts(counts);
  EXPECT_EQ(all.front(), "decided rcpt rule-0 reject 2");
  EXPECT_EQ(all[DecisionCounts::kMaxSeries], "decided rcpt * reject 1000");
  EXPECT_EQ(all[DecisionCounts::kMaxSeries + 1], "decided mail * hold 1");
  EXPECT_EQ(all[DecisionCounts::kMaxSeries + 2], "found connect * pass 1");
}

// All of them meet the same rules for the first time at the same time.
TEST(DecisionCounts, NothingIsLostBetweenThreads) {
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kRules = 500;
  constexpr std::uint64_t kTimes = 20;
  DecisionCounts counts;
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (std::uint64_t time = 0; time < kTimes; ++time) {
        for (std::uint64_t rule = 0; rule < kRules; ++rule) {
          counts.count(Stage::rcpt, decided_by(std::to_string(rule)), kTook);
        }
      }
    });
  }
  while (counts.series().size() < kRules) std::this_thread::yield();
  for (std::thread& thread : threads) thread.join();
  const auto all = counts.series();
  ASSERT_EQ(all.size(), kRules);
  for (const auto& one : all) EXPECT_EQ(one.count, kThreads * kTimes) << one.rule;
}

}  // namespace
}  // namespace postern::service::decision_counts_test
