#include "ctl/cli/hit_counts.h"

#include <gtest/gtest.h>

#include "common/json/parse_json.h"

namespace postern::ctl::hit_counts_test {
namespace {

DaemonAnswer answer(const std::string& json) {
  DaemonAnswer made;
  made.status = 200;
  made.body = json::parse_json(json).value().as_object();
  return made;
}

TEST(HitCounts, RulesAreSummedUp) {
  const auto rules = sum_rules({answer(R"({"rules": [
         {"name": "a", "mode": "enforce", "at": "rules.yaml:3", "hits": 3,
          "last": "2026-11-21T10:00:00Z", "would": 0, "would_last": null},
         {"name": "b", "mode": "log", "at": "rules.yaml:5", "hits": 0, "last": null,
          "would": 2, "would_last": "2026-11-20T10:00:00Z"}]})"),
                                answer(R"({"rules": [
         {"name": "header", "mode": "enforce", "at": "rules.yaml:1", "hits": 0, "last": null},
         {"name": "a", "mode": "enforce", "at": "rules.yaml:3", "hits": 4,
          "last": "2026-11-21T11:00:00Z"},
         {"name": "b", "mode": "log", "at": "rules.yaml:5", "hits": 0, "would": 1,
          "would_last": "2026-11-21T10:00:00Z"}]})")});
  ASSERT_EQ(rules.size(), 3U);
  EXPECT_EQ(rules[0].name, "header") << "the door with more rules gives the order";
  EXPECT_EQ(rules[0].last, "");
  EXPECT_EQ(rules[1].name, "a");
  EXPECT_EQ(rules[1].hits, 7U);
  EXPECT_EQ(rules[1].last, "2026-11-21T11:00:00Z");
  EXPECT_EQ(rules[2].would, 3U);
  EXPECT_EQ(rules[2].would_last, "2026-11-21T10:00:00Z");
}

const char* const kHitHere =
    R"({"shown": [{"entry": "a", "line": 1, "hits": 2, "last": "2026-11-21T10:00:00Z"},
                  {"entry": "b", "line": 2, "hits": 3, "last": "2026-11-21T11:00:00Z"}]})";
const char* const kHitThere =
    R"({"shown": [{"entry": "a", "line": 1, "hits": 2, "last": "2026-11-21T12:00:00Z"}]})";

TEST(HitCounts, EntriesAreSummedUpMostHitsFirst) {
  const auto entries = sum_entries({answer(kHitHere), answer(kHitThere)});
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].entry, "a");
  EXPECT_EQ(entries[0].hits, 4U);
  EXPECT_EQ(entries[0].last, "2026-11-21T12:00:00Z");
  EXPECT_EQ(entries[1].entry, "b");
}

TEST(HitCounts, NeverIsNeverByAnyDaemon) {
  const auto never =
      never_hit(answer(R"({"shown": [{"entry": "b", "line": 2}, {"entry": "c", "line": 3}]})"),
                sum_entries({answer(kHitHere), answer(kHitThere)}));
  ASSERT_EQ(never.size(), 1U);
  EXPECT_EQ(never[0].entry, "c");
  EXPECT_EQ(never[0].line, 3U);
}

TEST(HitCounts, NonsenseIsNothing) {
  EXPECT_TRUE(sum_rules({answer(R"({"rules": {"name": 1}})")}).empty());
  EXPECT_TRUE(sum_entries({answer("{}")}).empty());
}

}  // namespace
}  // namespace postern::ctl::hit_counts_test
