#include "server/service/hits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace postern::service::hits_test {
namespace {

using std::chrono::seconds;

constexpr UtcTime kNow{seconds{1'800'000'000}};

Verdict decided_by(std::string_view rule) {
  Verdict verdict;
  verdict.action = Disposition::reject;
  verdict.rule = rule;
  return verdict;
}

Verdict decided_by(std::string_view rule, std::string_view list, const std::string& entry) {
  Verdict verdict = decided_by(rule);
  verdict.entry.list = list;
  verdict.entry.entry = entry;
  return verdict;
}

std::vector<std::string> texts(const Hits& hits) {
  std::vector<std::string> texts;
  for (const auto& one : hits.entries()) {
    texts.push_back(one.list + " " + one.entry + " " + std::to_string(one.count.hits));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

TEST(Hits, CountsTheRuleThatDecided) {
  Hits hits;
  hits.record(decided_by("a"), kNow);
  hits.record(decided_by("b"), kNow + seconds{1});
  hits.record(decided_by("a"), kNow + seconds{2});
  const auto rules = hits.rules();
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules.at("a").acted.hits, 2U);
  EXPECT_EQ(rules.at("a").acted.last, kNow + seconds{2});
  EXPECT_EQ(rules.at("a").would.hits, 0U);
  EXPECT_EQ(rules.at("b").acted.hits, 1U);
  EXPECT_EQ(hits.decisions(), 3U);
  EXPECT_TRUE(hits.entries().empty());
}

TEST(Hits, ADecisionThatNoRuleMadeIsOneAllTheSame) {
  Hits hits;
  hits.record(Verdict{}, kNow);
  EXPECT_EQ(hits.decisions(), 1U);
  EXPECT_TRUE(hits.rules().empty());
}

TEST(Hits, CountsRulesThatActedAndThoseThatWouldHave) {
  Hits hits;
  Verdict verdict;
  verdict.also = {"tag", "note"};
  verdict.would = {{"trial", ActionKind::reject}};
  hits.record(verdict, kNow);
  const auto rules = hits.rules();
  EXPECT_EQ(rules.at("tag").acted.hits, 1U);
  EXPECT_EQ(rules.at("note").acted.hits, 1U);
  EXPECT_EQ(rules.at("trial").acted.hits, 0U);
  EXPECT_EQ(rules.at("trial").would.hits, 1U);
  EXPECT_EQ(rules.at("trial").would.last, kNow);
}

// `then: [{ prepend: ... }, { prepend: ... }, reject]` is named three times.
TEST(Hits, ARuleWithSeveralActionsCountsOnce) {
  Hits hits;
  Verdict verdict = decided_by("a");
  verdict.also = {"a", "b", "a", "b"};
  verdict.would = {{"c", ActionKind::prepend}, {"c", ActionKind::reject}};
  hits.record(verdict, kNow);
  const auto rules = hits.rules();
  EXPECT_EQ(rules.at("a").acted.hits, 1U);
  EXPECT_EQ(rules.at("b").acted.hits, 1U);
  EXPECT_EQ(rules.at("c").would.hits, 1U);
}

TEST(Hits, TellsEntriesApartByListAndText) {
  Hits hits;
  hits.record(decided_by("a", "campaign", ".one.example"), kNow);
  hits.record(decided_by("a", "campaign", ".two.example"), kNow);
  hits.record(decided_by("b", "campaign", ".one.example"), kNow + seconds{5});
  hits.record(decided_by("a", "other", ".one.example"), kNow);
  EXPECT_EQ(texts(hits),
            (std::vector<std::string>{"campaign .one.example 2", "campaign .two.example 1",
                                      "other .one.example 1"}));
  EXPECT_EQ(hits.entries().front().count.last, kNow + seconds{5});
}

// The verdict's views end with its snapshot.
TEST(Hits, OutliveTheRulesTheyAreOf) {
  Hits hits;
  {
    const std::string rule(100, 'r');
    const std::string list(100, 'l');
    hits.record(decided_by(rule, list, std::string(100, 'e')), kNow);
  }
  EXPECT_EQ(hits.rules().begin()->first, std::string(100, 'r'));
  EXPECT_EQ(hits.entries().front().list, std::string(100, 'l'));
  EXPECT_EQ(hits.entries().front().entry, std::string(100, 'e'));
}

TEST(Hits, TheLastHitIsTheLatest) {
  Hits hits;
  hits.record(decided_by("a"), kNow + seconds{1});
  hits.record(decided_by("a"), kNow);
  EXPECT_EQ(hits.rules().at("a").acted.last, kNow + seconds{1});
}

TEST(Hits, EntriesBeyondTheBoundCountWithTheirRuleAlone) {
  Hits hits;
  for (std::size_t i = 0; i < Hits::kMaxEntries + 10; ++i) {
    hits.record(decided_by("a", "list", std::to_string(i)), kNow);
  }
  hits.record(decided_by("a", "list", "0"), kNow);
  const auto entries = hits.entries();
  EXPECT_EQ(entries.size(), Hits::kMaxEntries);
  EXPECT_EQ(entries.front().count.hits, 2U) << "those that are known go on";
  EXPECT_EQ(hits.rules().at("a").acted.hits, Hits::kMaxEntries + 11);
}

TEST(Hits, RulesBeyondTheBoundAreNotCounted) {
  Hits hits;
  for (std::size_t i = 0; i < Hits::kMaxRules + 10; ++i) {
    hits.record(decided_by(std::to_string(i)), kNow);
  }
  hits.record(decided_by("0"), kNow);
  EXPECT_EQ(hits.rules().size(), Hits::kMaxRules);
  EXPECT_EQ(hits.rules().at("0").acted.hits, 2U);
  EXPECT_EQ(hits.decisions(), Hits::kMaxRules + 11);
}

TEST(Hits, AreSharedByThreads) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 3000;
  Hits hits;
  std::atomic<bool> over{false};
  std::thread reader([&] {
    while (!over) {
      std::uint64_t counted = 0;
      for (const auto& one : hits.entries()) counted += one.entry.empty() ? 0 : one.count.hits;
      EXPECT_LE(counted, hits.decisions());
      EXPECT_LE(hits.rules().size(), 2U);
    }
  });
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&hits, thread] {
      for (int round = 0; round < kRounds; ++round) {
        Verdict verdict = decided_by("a", "list", std::to_string(round * (1 + thread % 2)));
        verdict.also = {"b"};
        hits.record(verdict, kNow);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  over = true;
  reader.join();
  EXPECT_EQ(hits.decisions(), kThreads * kRounds);
  EXPECT_EQ(hits.rules().at("a").acted.hits, kThreads * kRounds);
  EXPECT_EQ(hits.rules().at("b").acted.hits, kThreads * kRounds);
  std::uint64_t counted = 0;
  for (const auto& one : hits.entries()) counted += one.count.hits;
  EXPECT_EQ(counted, kThreads * kRounds);
}

}  // namespace
}  // namespace postern::service::hits_test
