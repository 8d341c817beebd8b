#include "server/replay/replay_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/journal_folder.h"
#include "tests/support/rules_from.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/transaction_builder.h"

namespace postern::replay::replay_guard_test {
namespace {

using namespace std::chrono_literals;
using journal::JournalRecord;
using journal::kJournalStart;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kNone = "version: 1\nrules: []\n";
constexpr auto kNow = kJournalStart + 1000h;

// Refuses what the list names, which stands in a file.
std::shared_ptr<const Snapshot> rules_against(const std::string& domains) {
  return rules_from(R"(version: 1
lists:
  bad: { kind: domain, file: lists/bad.txt }
rules:
  - { name: bad, when: { sender_domain: bad }, then: reject 550 5.7.1 "Banned" }
)",
                    {{"lists/bad.txt", domains}});
}

class ReplayGuardTest : public testing::Test {
 protected:
  ReplayGuardTest() {
    settings_.journal.folder = folder_.path("");
    settings_.rules_file = "rules.yaml";
  }

  static JournalRecord mail(const std::string& sender, std::chrono::seconds ago) {
    JournalRecord record;
    record.time = kNow - ago;
    record.transaction = TransactionBuilder(Stage::rcpt)
                             .client("203.0.113.9")
                             .sender(sender)
                             .recipient("joe@box.example")
                             .transaction;
    record.transaction.instance = sender + std::to_string(ago.count());
    return record;
  }
  // Good mail, by its history.
  void write_good(const std::string& domain) {
    for (const auto ago : {100h, 3h}) add(mail("bob@" + domain, ago));
  }
  void add(const JournalRecord& record) { append_line(lines_, record); }

  config::TriedRules tried(const std::shared_ptr<const Snapshot>& candidate,
                           const std::shared_ptr<const Snapshot>& in_force = rules_from(kNone)) {
    folder_.write(journal::segment_begun(0s), lines_);
    return try_on_journal(in_force, candidate, settings_, kNow);
  }

  TemporaryFolder folder_;
  config::Settings settings_;
  std::string lines_;
};

TEST_F(ReplayGuardTest, GoodMailThatWouldBeLostIsNamedWithTheEntry) {
  write_good("partner.example");
  add(mail("x@stranger.example", 2h));
  const auto found = tried(rules_against("stranger.example\npartner.example\n"));
  EXPECT_FALSE(found.not_tried);
  EXPECT_FALSE(found.incomplete);
  EXPECT_EQ(found.decisions, 2U) << "of the last day";
  EXPECT_EQ(found.since, std::chrono::floor<std::chrono::seconds>(kNow - 3h));
  EXPECT_EQ(found.lost, 1U) << "nobody knows the stranger as good";
  ASSERT_THAT(found.lost_mail, SizeIs(1));
  EXPECT_EQ(found.lost_mail[0].to_string(),
            "lists/bad.txt:2: error: good mail would be lost: bob@partner.example to "
            "joe@box.example at 2027-01-10T07:00:00Z; partner.example is in good standing since "
            "2027-01-06; reject 550 by rule bad");
}

TEST_F(ReplayGuardTest, AnEntryOfTheRuleFileIsFoundThere) {
  write_good("partner.example");
  const auto found = tried(rules_from(
      "version: 1\nrules:\n  - { name: all, when: { client: 203.0.113.0/24 }, then: discard }\n"));
  ASSERT_THAT(found.lost_mail, SizeIs(1));
  EXPECT_EQ(found.lost_mail[0].where.to_string(), "rules.yaml:3");
  EXPECT_THAT(found.lost_mail[0].message, HasSubstr("; discard by rule all"));
}

TEST_F(ReplayGuardTest, WhatTheRulesInForceLoseIsNoLoss) {
  write_good("partner.example");
  const auto before = rules_against("partner.example\n");
  EXPECT_EQ(tried(rules_against("partner.example\nother.example\n"), before).lost, 0U);
  EXPECT_EQ(tried(before).lost, 1U);
}

TEST_F(ReplayGuardTest, WellKnownDomainsAndThoseWrittenToAreGood) {
  add(mail("bob@popular.example", 1h));
  auto own = mail("joe@box.example", 2h);
  own.transaction.sasl_username = "joe";
  own.transaction.recipient = MailAddress::from_envelope("ann@friend.example");
  add(own);
  add(mail("ann@friend.example", 1h));
  const auto found = tried(rules_from(R"(version: 1
well_known: popular
lists:
  popular: { kind: domain, entries: [popular.example] }
rules:
  - { name: all, when: { client: 203.0.113.0/24, authenticated: no }, then: reject }
)"));
  EXPECT_EQ(found.lost, 2U);
}

TEST_F(ReplayGuardTest, WhatWasRefusedIsNotLost) {
  write_good("partner.example");
  auto refused = mail("bob@refused.example", 1h);
  refused.verdict.action = Disposition::reject;
  refused.verdict.reply = "550 5.7.1 no";
  add(refused);
  const auto found = tried(rules_against("refused.example\n"));
  EXPECT_EQ(found.decisions, 2U);
  EXPECT_EQ(found.lost, 0U);
}

TEST_F(ReplayGuardTest, WhatCannotBeJudgedIsCountedAndNotLost) {
  write_good("partner.example");
  const auto found = tried(rules_from(
      "version: 1\nrules:\n  - { name: mx, check: sender_mx, on: { missing: reject } }\n"));
  EXPECT_EQ(found.undecided, 1U);
  EXPECT_EQ(found.lost, 0U);
}

TEST_F(ReplayGuardTest, BothDoorsCount) {
  for (const auto ago : {100h, 3h}) {
    auto record = mail("bob@partner.example", ago);
    record.door = Door::milter;
    add(record);
  }
  EXPECT_EQ(tried(rules_against("partner.example\n")).lost, 1U);
}

TEST_F(ReplayGuardTest, WhatOnlyNotesCannotLose) {
  write_good("partner.example");
  auto noting = mail("bob@partner.example", 1h);
  noting.judged = Judged::noting;
  add(noting);
  EXPECT_EQ(tried(rules_against("partner.example\n")).decisions, 1U);
}

TEST_F(ReplayGuardTest, OfManyDomainsTheWorstAreTold) {
  std::string all;
  for (int i = 0; i < 15; ++i) {
    const std::string domain = "d" + std::to_string(i) + ".example";
    write_good(domain);
    all += domain + "\n";
  }
  add(mail("bob@d7.example", 1h));
  const auto found = tried(rules_against(all));
  EXPECT_EQ(found.lost, 16U);
  ASSERT_THAT(found.lost_mail, SizeIs(10));
  EXPECT_THAT(found.lost_mail[0].message, HasSubstr("bob@d7.example to joe@box.example"));
  EXPECT_THAT(found.lost_mail[0].message, HasSubstr(" and 1 more; d7.example is"));
}

TEST_F(ReplayGuardTest, WithoutAJournalItSaysSo) {
  settings_.journal.off = true;
  EXPECT_EQ(tried(rules_against("a.example\n")).not_tried,
            "there is no journal: 'journal: off', or no 'state:'");
  settings_.journal.off = false;
  EXPECT_EQ(tried(rules_against("a.example\n")).not_tried,
            "the journal has no decision of the last 24 hours");
  settings_.journal.folder = folder_.path("nothing");
  EXPECT_THAT(tried(rules_against("a.example\n")).not_tried.value_or(""), HasSubstr("nothing: "));
}

TEST_F(ReplayGuardTest, OfADamagedJournalWhatIsThereIsTried) {
  write_good("partner.example");
  lines_ += "nonsense\n";
  const auto found = tried(rules_against("partner.example\n"));
  EXPECT_EQ(found.lost, 1U);
  EXPECT_THAT(found.incomplete.value_or(""), HasSubstr(":3: found no JSON"));
}

TEST_F(ReplayGuardTest, OnlyTheNewestOfALargeJournalAreLookedAt) {
  const auto begun_after = [](std::chrono::minutes time) {
    return std::chrono::floor<std::chrono::seconds>(kNow - kJournalStart - time);
  };
  add(mail("bob@partner.example", begun_after(10min)));
  folder_.write(journal::segment_begun(0s), lines_);
  lines_.clear();
  add(mail("x@stranger.example", begun_after(70min)));
  folder_.write(journal::segment_begun(1h), lines_);
  const auto found = try_on_journal(rules_from(kNone), rules_against("partner.example\n"),
                                    settings_, kJournalStart + 2h, {.bytes = 1});
  EXPECT_EQ(found.decisions, 1U);
  EXPECT_EQ(found.since, std::chrono::floor<std::chrono::seconds>(kJournalStart + 70min))
      << "is what it says";
}

}  // namespace
}  // namespace postern::replay::replay_guard_test
