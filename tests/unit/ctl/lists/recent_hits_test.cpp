// posternctl block with a journal at hand: what the entry would have hit, and good mail that keeps
// it from being written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctl/lists/recent_hits.h"
#include "rules/journal/journal_line.h"
#include "rules/journal/segment_name.h"
#include "rules/replay/message_count.h"
#include "rules/replay/recorded.h"
#include "tests/support/rules_from.h"
#include "tests/unit/ctl/cli/installation_fixture.h"
#include "tests/unit/journal/record_maker.h"

namespace postern::ctl::recent_hits_test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kRules = R"(version: 1
lists:
  campaign: { kind: domain, file: lists/campaign.txt }
  friends: { kind: network, entries: [198.51.100.0/24] }
rules:
  - { name: friends, when: { client: friends }, then: pass }
  - { name: campaign, when: { sender_domain: campaign }, then: reject 550 5.7.1 "Banned" }
)";

class RecentHits : public testing::Test, protected InstallationFixture {
 protected:
  RecentHits() {
    folder.write("rules.yaml", kRules);
    folder.write("lists/campaign.txt", "");
    std::filesystem::create_directories(folder.path("state/journal"));
    start(reloads("done", 13));
    // Of a campaign that began an hour ago, and of a partner of old.
    mail("hr@www1.phish.example", 1h, Disposition::pass);
    mail("hr@www2.phish.example", 1h, Disposition::pass);
    mail("hr@www3.phish.example", 1h, Disposition::reject);
    mail("ann@partner.example", 100h, Disposition::pass);
    mail("ann@partner.example", 3h, Disposition::pass);
    mail("eve@friend.example", 3h, Disposition::pass, "198.51.100.7");
  }

  void mail(const std::string& sender, std::chrono::hours ago, Disposition action,
            const std::string& client = "203.0.113.9", Door door = Door::policy) {
    journal::JournalRecord one;
    one.door = door;
    one.time = std::chrono::floor<std::chrono::microseconds>(now - ago);
    one.transaction.stage = Stage::rcpt;
    one.transaction.client = IpAddress::parse(client).value();
    one.transaction.sender = MailAddress::from_envelope(sender);
    one.transaction.recipient = MailAddress::from_envelope("joe@box.example");
    one.transaction.instance = std::to_string(++instance_);
    one.verdict.action = action;
    one.verdict.reply = action == Disposition::pass ? "DUNNO" : "550 5.7.1 No";
    write(one);
  }

  void write(const journal::JournalRecord& one) {
    append_line(lines_, one);
    const journal::SegmentName name{.begun = std::chrono::floor<std::chrono::microseconds>(now),
                                    .door = Door::policy,
                                    .host = "mx",
                                    .pid = 1};
    folder.write("state/journal/" + name.to_string(), lines_);
  }

  std::string lines_;
  int instance_ = 0;
};

TEST_F(RecentHits, AreSaidBeforeItIsWritten) {
  const CtlResult result = run({"block", ".phish.example"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_TRUE(
      has(result.out, "in the last 24 h this would have hit 3 messages, 2 of which came in\n"));
  EXPECT_EQ(read("lists/campaign.txt"), ".phish.example owner=drj\n");
}

// Of a Postfix that asks both.
TEST_F(RecentHits, CountAMessageOnceThatBothDoorsHaveSeen) {
  folder.write("postern.yaml",
               read("postern.yaml") + "milter: { listen: 'inet:127.0.0.1:10051' }\n");
  mail("hr@www4.phish.example", 1h, Disposition::pass, "203.0.113.9", Door::policy);
  mail("hr@www4.phish.example", 1h, Disposition::pass, "203.0.113.9", Door::milter);
  EXPECT_TRUE(has(run({"block", ".phish.example", "--dry-run"}).out,
                  "would have hit 4 messages, 3 of which came in\n"));
}

// What comes of reading every record whole and judging it.
std::string hits_of(const std::vector<journal::JournalRecord>& records, const std::string& entry,
                    UtcTime now) {
  std::string rules = kRules;
  rules.replace(rules.find("file: lists/campaign.txt"),
                std::string("file: lists/campaign.txt").size(), "entries: ['" + entry + "']");
  replay::RecordedFacts facts;
  replay::Judge judge(rules_from(rules), &facts);
  replay::MessageCount count;
  for (const journal::JournalRecord& record : records) {
    facts.use(&record);
    const auto judgement = replay::judge_record(judge, record, now, nullptr);
    if (!judgement.undecided && judgement.verdict.entry.list == "campaign") count.add(record);
  }
  ctl::RecentHits hits{count.messages(), count.passed(), {}, {}};
  return hits.text();
}

// Seeded: the same records, of any bytes, each time.
TEST_F(RecentHits, AreThoseOfRecordsThatAreReadWhole) {
  lines_.clear();
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  journal::RecordMaker maker(3);
  std::vector<journal::JournalRecord> records;
  for (int i = 0; i < 400; ++i) {
    records.push_back(maker.next());
    records.back().time = second - std::chrono::minutes(maker.below(1400));
    records.back().door = Door::policy;
    append_line(lines_, records.back());
  }
  write(records.back());
  for (const char* entry : {"example.org", ".example.org", "~^exam", "nobody.example"}) {
    const CtlResult result = run({"block", entry, "--dry-run"});
    EXPECT_TRUE(has(result.out + result.err, hits_of(records, entry, second))) << entry;
  }
}

TEST_F(RecentHits, OfALargeJournalAreSaidWithTheTime) {
  ctl::RecentHits hits{.messages = 3, .passed = 2, .lost = {}, .since = UtcTime(1796000000s)};
  EXPECT_EQ(hits.text(),
            "since 2026-11-30T00:53:20Z this would have hit 3 messages, 2 of which came in");
}

TEST_F(RecentHits, AreSaidOfADryRunToo) {
  EXPECT_TRUE(has(run({"block", ".phish.example", "--dry-run"}).out, "would have hit 3 messages"));
  EXPECT_TRUE(has(run({"block", "nobody.example", "--dry-run"}).out,
                  "in the last 24 h this would have hit no message\n"));
}

TEST_F(RecentHits, GoodMailKeepsItFromBeingWritten) {
  const CtlResult result = run({"block", "partner.example"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.err,
                  "in the last 24 h this would have hit 1 message, 1 of which came in; "
                  "good mail "
                  "is among them: 1, the first of ann@partner.example at "
                  "2026-11-21T09:00:00Z, and "
                  "partner.example is in good standing since 2026-11-17; if that is meant: "
                  "--force"));
  EXPECT_EQ(read("lists/campaign.txt"), "");
  const CtlResult forced = run({"block", "partner.example", "--force"});
  EXPECT_EQ(forced.exit, 0) << forced.err;
  EXPECT_THAT(forced.out, Not(HasSubstr("24 h"))) << "who is in a hurry waits for no journal";
  EXPECT_EQ(read("lists/campaign.txt"), "partner.example owner=drj\n");
}

TEST_F(RecentHits, WhatARuleAboveSparesIsNotHit) {
  EXPECT_TRUE(has(run({"block", "friend.example"}).out, "would have hit no message"));
}

TEST_F(RecentHits, WithoutJournalAndLogNothingIsSaid) {
  std::filesystem::remove_all(folder.path("state/journal"));
  const CtlResult result = run({"block", "partner.example"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, Not(HasSubstr("24 h")));
}

TEST_F(RecentHits, WithoutAJournalTheLogSaysIt) {
  std::filesystem::remove_all(folder.path("state/journal"));
  folder.write("postern.yaml",
               read("postern.yaml") + "log: { file: " + folder.path("log") + " }\n");
  const auto line = [](const std::string& time, const std::string& what) {
    return "2026-11-" + time + ":00.118+00:00 info decision door=policy stage=rcpt " + what +
           " client=203.0.113.9 recipient=joe@box.example";
  };
  const std::string passed = "rule=- action=pass reply=DUNNO";
  folder.write("log",
               line("16T11:00", passed + " sender=ann@partner.example instance=i0") + "\n" +
                   line("21T11:00", passed + " sender=hr@www1.phish.example instance=i1") + "\n" +
                   line("21T11:00", passed + " sender=hr@www1.phish.example instance=i1") + "\n" +
                   line("21T11:01",
                        "rule=x action=reject reply=\"550 5.7.1 No\" "
                        "sender=hr@www2.phish.example instance=i2") +
                   "\n" + line("21T11:02", passed + " sender=ann@partner.example instance=i3") +
                   "\n");
  EXPECT_TRUE(
      has(run({"block", ".phish.example", "--dry-run"}).out,
          "in the last 24 h, by the log, this would have hit 2 messages, 1 of which came in\n"));
  EXPECT_TRUE(has(run({"block", "partner.example"}).err, "good mail is among them: 1"));
}

TEST_F(RecentHits, WhoLetsInAsksNobody) {
  folder.write("rules.yaml",
               std::string(kRules).replace(std::string(kRules).find("entries: [198.51.100.0/24]"),
                                           26, "file: lists/friends.txt"));
  folder.write("lists/friends.txt", "");
  const CtlResult result = run({"allow", "203.0.113.9"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, Not(HasSubstr("24 h")));
}

}  // namespace
}  // namespace postern::ctl::recent_hits_test
