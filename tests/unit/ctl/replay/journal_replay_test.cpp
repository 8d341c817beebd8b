// posternctl replay --journal: first the rules of then, which must come to what is recorded, then
// the candidate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json/parse_json.h"
#include "rules/journal/journal_line.h"
#include "rules/journal/segment_name.h"
#include "server/config/generation_store.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::journal_replay_test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kRules = R"(version: 1
lists:
  campaign: { kind: domain, file: lists/campaign.txt }
rules:
  - { name: campaign, when: { sender_domain: campaign }, then: reject 550 5.7.1 "Banned" }
)";

class JournalReplay : public testing::Test, protected InstallationFixture {
 protected:
  JournalReplay() {
    folder.write("rules.yaml", kRules);
    folder.write("lists/campaign.txt", ".phish.example\n");
    auto store = config::GenerationStore::open(folder.path("state")).value();
    generation_ = store
                      .save({file("rules.yaml"), file("lists/campaign.txt")},
                            std::chrono::floor<std::chrono::seconds>(now))
                      .value();
    std::filesystem::create_directories(folder.path("state/journal"));
  }

  config::SourceFile file(const std::string& name) { return {folder.path(name), read(name), {}}; }

  // A decision about mail of `sender`, as the rules of the generation came to it.
  journal::JournalRecord record(const std::string& sender, std::chrono::hours ago) {
    journal::JournalRecord one;
    one.time = std::chrono::floor<std::chrono::microseconds>(now - ago);
    one.transaction.stage = Stage::rcpt;
    one.transaction.client = IpAddress::parse("203.0.113.9").value();
    one.transaction.sender = MailAddress::from_envelope(sender);
    one.transaction.recipient = MailAddress::from_envelope("joe@box.example");
    one.transaction.instance = std::to_string(++instance_);
    one.verdict.generation = generation_;
    one.verdict.reply = "DUNNO";
    if (sender.ends_with(".phish.example")) {
      one.verdict.action = Disposition::reject;
      one.verdict.rule = "campaign";
      one.verdict.reply = "550 5.7.1 Banned";
    }
    return one;
  }
  void add(const journal::JournalRecord& one) { append_line(lines_, one); }

  CtlResult replay(std::vector<std::string> words) {
    const journal::SegmentName name{.begun = std::chrono::floor<std::chrono::microseconds>(now),
                                    .door = Door::policy,
                                    .host = "mx",
                                    .pid = 1};
    folder.write("state/journal/" + name.to_string(), lines_);
    words.insert(words.begin(), {"replay", "--journal"});
    return run(words);
  }
  void candidate(const std::string& domain) {
    std::filesystem::create_directories(folder.path("new/lists"));
    folder.write("new/rules.yaml", kRules);
    folder.write("new/lists/campaign.txt", domain + "\n.phish.example\n");
  }

  std::uint64_t generation_ = 0;
  std::string lines_;
  int instance_ = 0;
};

using namespace std::chrono_literals;

TEST_F(JournalReplay, TheRulesOfThenComeToWhatIsRecorded) {
  add(record("ann@partner.example", 2h));
  add(record("hr@www1.phish.example", 1h));
  const CtlResult result = replay({});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_TRUE(has(result.out, "read 2 records in "));
  EXPECT_TRUE(has(result.out, "the rules of then, replayed: 2 of 2 as recorded\n"));
  EXPECT_TRUE(has(result.out, "as it was: 2\nnothing differs\ngood mail lost: 0\n"));
}

TEST_F(JournalReplay, WhatComesOutOtherwiseIsAFaultOfOurs) {
  auto wrong = record("ann@partner.example", 2h);
  wrong.verdict.action = Disposition::reject;
  wrong.verdict.rule = "gone";
  wrong.verdict.reply = "550 5.7.1 Gone";
  add(wrong);
  const CtlResult result = replay({});
  EXPECT_TRUE(has(result.out,
                  "the rules of then, replayed: 0 of 1 as recorded\n  1 OTHERWISE, which "
                  "is a fault of Postern"));
  EXPECT_TRUE(has(result.out,
                  "generation 1 at rcpt: pass by no rule, and recorded is reject 550 "
                  "5.7.1 Gone by rule gone"));
}

TEST_F(JournalReplay, RulesThatAreNotKeptCannotBeCompared) {
  auto old = record("ann@partner.example", 2h);
  old.verdict.generation = 99;
  add(old);
  EXPECT_TRUE(has(replay({}).out, "  1 not to be compared: generation 99 is not kept\n"));
}

TEST_F(JournalReplay, ACandidateIsTriedOnIt) {
  for (const auto ago : {100h, 3h}) add(record("ann@partner.example", ago));
  add(record("hr@www1.phish.example", 1h));
  candidate("partner.example");
  const CtlResult result = replay({"--against", folder.path("new"), "--since", "24h"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.out, " s: 2 decisions\n"));
  EXPECT_TRUE(has(result.out, "  pass -> reject 550  1          1         campaign 1\n"));
  EXPECT_TRUE(has(result.out, "good mail lost: 1\n"));
  EXPECT_TRUE(has(result.out, "partner.example is in good standing since 2026-11-17\n"))
      << "what is older than --since tells how domains stand";
}

TEST_F(JournalReplay, CheckTriesRulesBeforeTheyAreInPlace) {
  for (const auto ago : {100h, 3h}) add(record("ann@partner.example", ago));
  replay({});  // writes the journal
  const CtlResult good = run({"check", "--replay", "24h"});
  EXPECT_EQ(good.exit, 0) << good.err;
  EXPECT_TRUE(has(good.out, "good mail lost: 0\ngood: 1 rules, 1 lists"));
  candidate("partner.example");
  const CtlResult bad = run({"check", "--replay", "24h", folder.path("new/rules.yaml")});
  EXPECT_EQ(bad.exit, 1);
  EXPECT_TRUE(has(bad.out, "good mail lost: 1\n"));
  EXPECT_TRUE(has(run({"--json", "check", "--replay", "24h"}).out, R"("good_mail_lost":[])"));
  std::filesystem::remove_all(folder.path("state/journal"));
  EXPECT_EQ(run({"check", "--replay", "24h"}).exit, 3);
}

TEST_F(JournalReplay, AnotherTextIsSaidApart) {
  add(record("hr@www1.phish.example", 1h));
  candidate("x.example");
  std::string rules = kRules;
  rules.replace(rules.find("Banned"), 6, "Go away");
  folder.write("new/rules.yaml", rules);
  EXPECT_TRUE(has(replay({"--against", folder.path("new")}).out,
                  "  other text  1          1         campaign 1\n"));
}

TEST_F(JournalReplay, ForProgramsItIsJson) {
  add(record("ann@partner.example", 2h));
  const auto answer = json::parse_json(replay({"--json"}).out).value().as_object();
  const auto& read = answer.at("read").as_object();
  EXPECT_EQ(read.at("records").to_number<int>(), 1);
  EXPECT_EQ(read.at("as_recorded").as_object().at("same").to_number<int>(), 1);
}

TEST_F(JournalReplay, WithoutAJournalItEndsWithThree) {
  std::filesystem::remove_all(folder.path("state/journal"));
  const CtlResult result = run({"replay", "--journal"});
  EXPECT_EQ(result.exit, 3);
  EXPECT_TRUE(has(result.err, "journal"));
  EXPECT_EQ(run({"replay", "--since", "1h"}).exit, 2) << "a log has its own times";
}

}  // namespace
}  // namespace postern::ctl::journal_replay_test
