// Rules, lists and entries with how often they were hit.
#include "server/control/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json/parse_json.h"
#include "tests/unit/server/control/daemon_with_rules.h"

namespace postern::control::control_hits_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(ControlTest, RulesWithTheirHits) {
  fixture.hit("campaign", "campaign", "once.example", ControlFixture::kStart);
  Verdict would;
  would.would = {{"quiet", ActionKind::discard}};
  fixture.state->hits.record(would, ControlFixture::kStart);
  const json::value rules = get("/v1/rules").json;
  EXPECT_EQ(rules.at("decisions"), 2);
  EXPECT_EQ(rules.at("rules"), (json::array{{{"name", "campaign"},
                                             {"mode", "enforce"},
                                             {"at", fixture.rules_file + ":12"},
                                             {"hits", 1},
                                             {"last", "2026-11-21T18:00:00Z"},
                                             {"would", 0},
                                             {"would_last", nullptr}},
                                            {{"name", "quiet"},
                                             {"mode", "log"},
                                             {"at", fixture.rules_file + ":13"},
                                             {"hits", 0},
                                             {"last", nullptr},
                                             {"would", 1},
                                             {"would_last", "2026-11-21T18:00:00Z"}}}));
}

TEST_F(ControlTest, ListsWithHowManyEntriesWereHit) {
  fixture.hit("campaign", "campaign", "once.example", ControlFixture::kStart);
  fixture.hit("campaign", "campaign", "once.example", ControlFixture::kStart);
  fixture.hit("campaign", "campaign", "not-there-any-more.example", ControlFixture::kStart);
  const json::value lists = get("/v1/rules").json.at("lists");
  EXPECT_EQ(lists.at(0).at("entries"), 4);
  EXPECT_EQ(lists.at(0).at("hit"), 1);
  EXPECT_EQ(lists.at(1).at("hit"), 0);
}

std::vector<std::string> entries_of(const json::value& answer) {
  std::vector<std::string> entries;
  for (const auto& one : answer.at("shown").as_array()) {
    entries.emplace_back(one.at("entry").as_string());
  }
  return entries;
}

TEST_F(ControlTest, EntriesThatWereHitMostHitsFirst) {
  fixture.hit("campaign", "campaign", ".adp-mail.example", ControlFixture::kStart);
  fixture.hit("campaign", "campaign", "once.example", ControlFixture::kStart);
  fixture.hit("campaign", "campaign", "gone.example", ControlFixture::kStart);
  fixture.hit("campaign", "campaign", "gone.example", ControlFixture::kStart);
  fixture.hit("other", "other", "never.example", ControlFixture::kStart);
  const json::value answer = get("/v1/entries?list=campaign&hit=yes").json;
  EXPECT_EQ(answer.at("entries"), 4);
  EXPECT_EQ(answer.at("hit"), 3);
  EXPECT_THAT(entries_of(answer), ElementsAre("gone.example", ".adp-mail.example", "once.example"));
  EXPECT_EQ(answer.at("shown").at(0), (json::object{{"entry", "gone.example"},
                                                    {"line", 7},
                                                    {"hits", 2},
                                                    {"last", "2026-11-21T18:00:00Z"},
                                                    {"expires", "2020-01-02T00:00:00Z"},
                                                    {"reason", "bä"}}));
}

TEST_F(ControlTest, EntriesThatNeverWereHitInTheirOrder) {
  fixture.hit("campaign", "campaign", "gone.example", ControlFixture::kStart);
  const json::value answer = get("/v1/entries?list=campaign&hit=no").json;
  EXPECT_EQ(answer.at("hit"), 1);
  EXPECT_THAT(entries_of(answer),
              ElementsAre(".adp-mail.example", "never.example", "once.example"));
  EXPECT_EQ(answer.at("shown").at(0), (json::object{{"entry", ".adp-mail.example"},
                                                    {"line", 6},
                                                    {"hits", 0},
                                                    {"last", nullptr},
                                                    {"expires", nullptr},
                                                    {"reason", ""}}));
}

TEST_F(ControlTest, AsManyEntriesAsAreWanted) {
  fixture.hit("campaign", "campaign", "gone.example", ControlFixture::kStart);
  fixture.hit("campaign", "campaign", "once.example", ControlFixture::kStart);
  const json::value none = get("/v1/entries?list=campaign&hit=no&limit=1").json;
  EXPECT_THAT(entries_of(none), ElementsAre(".adp-mail.example"));
  EXPECT_EQ(none.at("hit"), 2);
  const json::value hit = get("/v1/entries?list=campaign&hit=yes&limit=1").json;
  EXPECT_THAT(entries_of(hit), ElementsAre("gone.example"));
  EXPECT_EQ(hit.at("hit"), 2);
  EXPECT_THAT(entries_of(get("/v1/entries?list=campaign&hit=no&limit=0").json), ElementsAre());
}

TEST_F(ControlTest, AHundredEntriesWhenNobodySaysHowMany) {
  std::string entries;
  for (int i = 0; i < 500; ++i) entries += std::to_string(i) + ".example\n";
  fixture.folder.write("l.txt", entries);
  fixture.folder.write("rules.yaml",
                       "version: 1\nlists: { l: { kind: domain, file: l.txt } }\n"
                       "rules: [{ name: r, when: { sender_domain: l }, then: hold }]\n");
  ASSERT_EQ(fixture.ask("POST", "/v1/reload").json.at("outcome"), "done");
  EXPECT_EQ(entries_of(get("/v1/entries?list=l&hit=no").json).size(), 100U);
  EXPECT_EQ(entries_of(get("/v1/entries?list=l&hit=no&limit=10000").json).size(), 500U);
}

TEST_F(ControlTest, EntriesRefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(error_of("/v1/entries?hit=yes"), "found no list, want list=NAME");
  EXPECT_EQ(error_of("/v1/entries?list=campaign"), "found no hit, want hit=yes or hit=no");
  EXPECT_EQ(error_of("/v1/entries?list=campaign&hit=1"), "found hit=1, want hit=yes or hit=no");
  for (const char* limit : {"", "-1", "10001", "1x", "%201", "99999999999999999999999"}) {
    EXPECT_THAT(error_of(std::string("/v1/entries?list=campaign&hit=no&limit=") + limit),
                HasSubstr("want a number from 0 to 10000"));
  }
  const auto answer = get("/v1/entries?list=x&hit=yes");
  EXPECT_EQ(answer.status, 404U);
  EXPECT_EQ(answer.error(), "found the list \"x\", want one that the rules have");
}

}  // namespace
}  // namespace postern::control::control_hits_test
