// posternctl radar over the journal: what it remembers, what a person dismisses, and who has
// received the mail of a campaign.
#include <gtest/gtest.h>
#include <pthread.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "common/json/parse_json.h"
#include "rules/journal/journal_line.h"
#include "rules/journal/segment_name.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::journal_radar_test {
namespace {

using namespace std::chrono_literals;

class JournalRadar : public testing::Test {
 protected:
  static constexpr auto kStart = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);

  void SetUp() override { std::filesystem::create_directories(at_.folder.path("state/journal")); }

  // Three new domains from one network, in an hour of that number.
  void add_campaign(int number) { add_campaign(number, Door::policy, journal_); }
  // The same through that door, behind `lines`. Postfix asks a milter after the policy daemon.
  void add_campaign(int number, Door door, std::string& lines) {
    for (int i = 0; i < 3; ++i) {
      journal::JournalRecord record;
      record.time = kStart + 1h * number + 1min * i + 2ms * static_cast<int>(door);
      record.door = door;
      Transaction& mail = record.transaction;
      mail.stage = Stage::rcpt;
      mail.client =
          IpAddress::parse("11.0." + std::to_string(number) + "." + std::to_string(i)).value();
      mail.sender = MailAddress::from_envelope("a@" + std::string(1, static_cast<char>('a' + i)) +
                                               std::to_string(number) + ".com");
      mail.recipient = MailAddress::from_envelope("joe@here.example");
      journal::append_line(lines, record);
    }
    const journal::SegmentName name{kStart, door, "mx1", 7, false};
    at_.folder.write("state/journal/" + name.to_string(), lines);
  }

  // Until it is told to stop, which it was before it began: so it looks once.
  CtlResult follow() {
    sigset_t stop;
    ::sigemptyset(&stop);
    ::sigaddset(&stop, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
    CtlResult result;
    std::thread following([&] {
      ::pthread_kill(::pthread_self(), SIGTERM);
      result = at_.run({"radar", "--follow"});
    });
    following.join();
    ::pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);
    return result;
  }

  InstallationFixture at_;
  std::string journal_;
};

TEST_F(JournalRadar, IsReadWithoutAnyLog) {
  EXPECT_EQ(at_.run({"radar"}).exit, 1) << "nothing is in it";
  add_campaign(1);
  const CtlResult run = at_.run({"radar"});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_TRUE(has(run.out, "C1  weak  since 2026-11-21T01:00:00Z  11.0.1.0/24\n"));
  EXPECT_TRUE(has(at_.run({"radar", "show", "C1"}).out, "C1  weak  1 proposal\n"));
  EXPECT_EQ(at_.run({"radar", "show", "C2"}).exit, 2);
  EXPECT_FALSE(std::filesystem::exists(at_.folder.path("state/radar-memory")));
}

// Of a Postfix that asks both daemons.
TEST_F(JournalRadar, AMessageThatBothDoorsLetPassIsOne) {
  add_campaign(1);
  const auto events = [&] {
    return json::parse_json(at_.run({"radar", "--json"}).out).value().at("events").to_number<int>();
  };
  EXPECT_EQ(events(), 3);
  std::string of_milter;
  add_campaign(1, Door::milter, of_milter);
  EXPECT_EQ(events(), 3);
  add_campaign(2, Door::milter, of_milter);
  EXPECT_EQ(events(), 6) << "of mail that the policy door was not asked about";
}

// Both daemons let each of two recipients pass, then the milter refuses the message.
TEST_F(JournalRadar, WhatIsRefusedAtItsEndIsNoFurtherMessage) {
  std::string lines;
  const auto judged = [&](int number, Door door, Stage stage, const std::string& recipient) {
    journal::JournalRecord record;
    record.time = kStart + 1min * number + 1s * static_cast<int>(stage);
    record.door = door;
    Transaction& mail = record.transaction;
    mail.stage = stage;
    mail.client = IpAddress::parse("11.0.7." + std::to_string(number)).value();
    mail.sender =
        MailAddress::from_envelope("a@" + std::string(1, static_cast<char>('a' + number)) + ".com");
    if (!recipient.empty()) mail.recipient = MailAddress::from_envelope(recipient);
    mail.instance = std::string(to_string(door)) + std::to_string(number);
    if (stage == Stage::eom) record.verdict.action = Disposition::reject;
    journal::append_line(lines, record);
  };
  for (int number = 0; number < 3; ++number) {
    for (const Door door : {Door::policy, Door::milter}) {
      judged(number, door, Stage::rcpt, "joe@here.example");
      judged(number, door, Stage::rcpt, "ann@here.example");
    }
    judged(number, Door::milter, Stage::eom, "");
  }
  at_.folder.write(
      "state/journal/" + journal::SegmentName{kStart, Door::milter, "mx1", 7, false}.to_string(),
      lines);
  const auto told = json::parse_json(at_.run({"radar", "--json"}).out).value();
  EXPECT_EQ(told.at("events").to_number<int>(), 6);
  const auto& proposal = told.at("campaigns").at(0).at("proposals").at(0);
  EXPECT_EQ(proposal.at("accepted").to_number<int>(), 0);
  EXPECT_EQ(proposal.at("refused").to_number<int>(), 6);
  EXPECT_EQ(proposal.at("nameless").to_number<int>(), 6);
}

TEST_F(JournalRadar, FollowingSaysWhatIsNewAndRemembers) {
  add_campaign(1);
  const CtlResult first = follow();
  EXPECT_EQ(first.exit, 0) << first.err;
  EXPECT_EQ(first.out, "") << "what was before is the past";
  add_campaign(2);
  EXPECT_TRUE(has(follow().out, "C1  weak  since 2026-11-21T02:00:00Z  11.0.2.0/24\n"));
  EXPECT_EQ(follow().out, "") << "it was said";
  std::filesystem::remove_all(at_.folder.path("state/journal"));
  EXPECT_TRUE(has(at_.run({"radar"}).out, "C1  weak  since 2026-11-21T02:00:00Z  11.0.2.0/24\n"));
}

TEST_F(JournalRadar, AMemoryThatIsDamagedIsMadeAgain) {
  follow();
  at_.folder.write("state/radar-memory", at_.read("state/radar-memory").substr(0, 500));
  add_campaign(1);
  EXPECT_TRUE(has(follow().err, "nothing is remembered"));
  add_campaign(2);
  EXPECT_TRUE(has(follow().out, "C1  weak"));
}

TEST_F(JournalRadar, OnlyItsOwnerMayReadTheMemory) {
  follow();
  EXPECT_EQ(std::filesystem::status(at_.folder.path("state/radar-memory")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(JournalRadar, WhatIsDismissedIsNotSaidAgain) {
  follow();
  add_campaign(1);
  const CtlResult run = at_.run({"radar", "dismiss", "C1", "--reason", "newsletter of HR"});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_EQ(run.out, "C1 is dismissed for 90 days\n");
  EXPECT_TRUE(has(at_.read("state/radar-dismissed"), "\"reason\":\"newsletter of HR\""));
  EXPECT_TRUE(has(at_.read("state/radar-dismissed"), "\"user\":\"drj\""));
  EXPECT_EQ(follow().out, "");
  EXPECT_TRUE(has(at_.run({"radar"}).out, "no campaign\n"));
  at_.now += 24h * 91;
  EXPECT_EQ(at_.run({"radar", "dismiss", "C7"}).exit, 2);
}

TEST_F(JournalRadar, IsBlockedByItsName) {
  at_.folder.write("rules.yaml",
                   "version: 1\n"
                   "lists: { campaign-clients: { kind: network, file: lists/clients.txt } }\n"
                   "rules: [{ name: c, when: { client: campaign-clients }, then: reject }]\n");
  at_.folder.write("lists/clients.txt", "");
  at_.start(InstallationFixture::reloads("done", 7));
  add_campaign(1);
  EXPECT_EQ(at_.run({"radar", "block", "C2"}).exit, 2);
  EXPECT_EQ(at_.run({"radar", "block", "C1", "--dry-run"}).exit, 0);
  EXPECT_EQ(at_.read("lists/clients.txt"), "");
  const CtlResult run = at_.run({"radar", "block", "C1"});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_EQ(at_.read("lists/clients.txt"),
            "11.0.1.0/24 reason=\"radar C1\" owner=drj expires=2026-11-28T12:00:00Z\n");
  EXPECT_EQ(at_.run({"undo"}).exit, 0);
  at_.run({"radar", "block", "C1", "--for", "12h", "--reason", "ticket 4711"});
  EXPECT_EQ(at_.read("lists/clients.txt"),
            "11.0.1.0/24 reason=\"radar C1: ticket 4711\" owner=drj "
            "expires=2026-11-22T00:00:00Z\n");
}

TEST_F(JournalRadar, LogsAreRememberedToo) {
  std::string log;
  const auto add = [&](int number) {
    log += "2026-11-21T0" + std::to_string(number) +
           ":00:00.000Z info decision door=policy stage=rcpt rule=- action=pass reply=DUNNO "
           "client=11.0.1." +
           std::to_string(number) + " sender=a@d" + std::to_string(number) +
           ".com recipient=joe@here.example generation=1 us=50\n";
    at_.folder.write("postern.log", log);
    return at_.run({"radar", "--remember", at_.folder.path("postern.log")});
  };
  EXPECT_TRUE(has(add(1).out, "1 message from 1 domain"));
  EXPECT_TRUE(has(add(2).out, "no campaign"));
  const CtlResult third = add(3);
  EXPECT_TRUE(has(third.out, "C1  weak  since 2026-11-21T01:00:00Z  11.0.1.0/24\n"));
  EXPECT_TRUE(has(third.out, "1 message from 3 domains")) << "the others were known";
}

TEST_F(JournalRadar, WhoHasReceivedIt) {
  add_campaign(1);
  at_.folder.write("mail.log",
                   "2026-11-21T01:00:00Z mx postfix/smtpd[1]: AAAA1111: client=x[11.0.1.0]\n"
                   "2026-11-21T01:00:00Z mx postfix/qmgr[1]: AAAA1111: from=<a@a1.com>, size=9, "
                   "nrcpt=1 (queue active)\n"
                   "2026-11-21T01:00:00Z mx postfix/local[1]: AAAA1111: to=<joe@here.example>, "
                   "relay=local, delay=1, dsn=2.0.0, status=sent (delivered)\n"
                   "2026-11-21T01:00:00Z mx postfix/smtpd[1]: BBBB1111: client=x[12.0.1.0]\n"
                   "2026-11-21T01:00:00Z mx postfix/qmgr[1]: BBBB1111: from=<a@b.com>, size=9, "
                   "nrcpt=1 (queue active)\n"
                   "2026-11-21T01:00:00Z mx postfix/local[1]: BBBB1111: to=<ann@here.example>, "
                   "relay=local, delay=1, dsn=2.0.0, status=sent (delivered)\n");
  const CtlResult run = at_.run(
      {"who", "--proposal", "C1", "--delivered", "--recipients", at_.folder.path("mail.log")});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_EQ(run.out, "joe@here.example\n");
  const CtlResult joined =
      at_.run({"who", "--json", "--client", "11.0.1.0/32", at_.folder.path("mail.log")});
  const auto receipts = json::parse_json(joined.out).value().as_object().at("receipts");
  ASSERT_EQ(receipts.as_array().size(), 1U);
  const auto& receipt = receipts.as_array()[0].as_object();
  EXPECT_EQ(receipt.at("fate"), "delivered");
  EXPECT_EQ(receipt.at("decision").as_object().at("door"), "policy") << "by the journal";
  EXPECT_EQ(at_.run({"who", "--proposal", "C9", at_.folder.path("mail.log")}).exit, 2);
}

}  // namespace
}  // namespace postern::ctl::journal_radar_test
