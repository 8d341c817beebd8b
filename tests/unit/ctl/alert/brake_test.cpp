// posternctl brake: what is braked, for how long, and what is spared.
#include "ctl/alert/brake.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "ctl/radar/radar_feed.h"
#include "rules/journal/journal_line.h"
#include "rules/journal/segment_name.h"
#include "tests/unit/ctl/alert/strong_campaign.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::brake_test {
namespace {

using namespace std::chrono_literals;

constexpr auto kRules =
    "version: 1\n"
    "lists:\n"
    "  campaign: { kind: domain, file: lists/campaign.txt }\n"
    "  campaign-clients: { kind: network, file: lists/campaign-clients.txt }\n"
    "rules:\n"
    "  - { name: campaign, when: { sender_domain: campaign }, then: reject }\n"
    "  - { name: clients, when: { client: campaign-clients }, then: reject }\n";

class Brake : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(at_.folder.path("state/journal"));
    at_.folder.write("rules.yaml", kRules);
    at_.folder.write("lists/campaign.txt", "");
    at_.folder.write("lists/campaign-clients.txt", "");
    brake("15m");
    at_.start(InstallationFixture::reloads("done", 7));
  }

  void brake(const std::string& time) {
    at_.settings("policyd: { listen: \"inet:127.0.0.1:10040\" }\nradar: { brake: " + time + " }\n");
  }
  // A minute ago.
  void propose(int number) {
    add_strong_campaign(feed_, "2026-11-21T11:59", number);
    at_.folder.write("state/radar-proposals", strong_proposals_text(feed_));
  }
  // Mail that came in from that address, of a domain with a history here.
  void partner_mail_from(const std::string& address) {
    std::string text;
    for (int hours = 1; hours < 24 * 5; hours += 5) {
      journal::JournalRecord record;
      record.time = std::chrono::floor<std::chrono::microseconds>(at_.now - 1h * hours);
      record.transaction.stage = Stage::rcpt;
      record.transaction.client = IpAddress::parse(address).value();
      record.transaction.sender = MailAddress::from_envelope("ann@partner.example");
      record.transaction.recipient = MailAddress::from_envelope("joe@here.example");
      std::string line;
      journal::append_line(line, record);
      text = line + text;
    }
    const journal::SegmentName name{
        std::chrono::floor<std::chrono::microseconds>(at_.now - 24h * 5), Door::policy, "mx1", 7,
        false};
    at_.folder.write("state/journal/" + name.to_string(), text);
  }
  std::string clients() const { return at_.read("lists/campaign-clients.txt"); }

  InstallationFixture at_;
  RadarFeed feed_{{}, KeyedHash::Secret{}};
};

TEST_F(Brake, AnEntryThatGoesByItself) {
  propose(1);
  const CtlResult run = at_.run({"brake"});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_EQ(clients(),
            "11.0.1.0/24 reason=\"radar C1 brake\" owner=drj expires=2026-11-21T12:15:00Z "
            "then=defer\n");
  EXPECT_TRUE(has(at_.run({"history"}).out, "lists/campaign-clients.txt +1/-0 lines"));
  at_.now += 1min;
  EXPECT_EQ(at_.run({"brake"}).out, "") << "once";
  EXPECT_EQ(at_.run({"undo"}).exit, 0);
  EXPECT_EQ(clients(), "");
}

TEST_F(Brake, OffUnlessSomebodyWantsIt) {
  brake("0s");
  propose(1);
  EXPECT_EQ(at_.run({"brake"}).exit, 0);
  EXPECT_EQ(clients(), "");
}

TEST_F(Brake, OnlyWhatWasProposedJustNow) {
  propose(1);
  at_.now += kBrakeSoon;
  EXPECT_EQ(at_.run({"brake"}).exit, 0);
  EXPECT_EQ(clients(), "");
}

TEST_F(Brake, BlockingItRefusesIt) {
  propose(1);
  at_.run({"brake"});
  EXPECT_EQ(at_.run({"block", "11.0.1.0/24", "--for", "7d", "--reason", "radar C1"}).exit, 0);
  EXPECT_EQ(clients(), "11.0.1.0/24 reason=\"radar C1\" owner=drj expires=2026-11-28T12:00:00Z\n");
}

TEST_F(Brake, WhatIsBlockedAlreadyStaysBlocked) {
  at_.folder.write("lists/campaign-clients.txt", "11.0.0.0/16\n");
  propose(1);
  EXPECT_EQ(at_.run({"brake"}).exit, 0);
  EXPECT_EQ(clients(), "11.0.0.0/16\n");
}

TEST_F(Brake, NeverForADomainInGoodStanding) {
  partner_mail_from("11.0.1.200");
  propose(1);
  propose(2);
  const CtlResult run = at_.run({"brake"});
  EXPECT_EQ(run.exit, 1);
  EXPECT_TRUE(has(run.err, "C1: 11.0.1.0/24 is not braked:"));
  EXPECT_TRUE(has(run.err, "good mail is among them"));
  EXPECT_TRUE(clients().starts_with("11.0.2.0/24 ")) << clients();
}

TEST_F(Brake, WhatIsDismissedIsLetInAgain) {
  propose(1);
  propose(2);
  EXPECT_EQ(at_.run({"brake"}).exit, 0);
  at_.run({"block", "11.0.2.0/24", "--for", "7d", "--reason", "radar C2"});
  const std::string blocked = clients().substr(clients().find("11.0.2.0/24"));
  EXPECT_EQ(at_.run({"brake"}).out, "") << "as long as nobody has dismissed it";
  feed_.dismiss({{std::chrono::floor<std::chrono::seconds>(at_.now), radar::PoolKind::network,
                  "11.0.1.0/24", "", ""},
                 {std::chrono::floor<std::chrono::seconds>(at_.now), radar::PoolKind::network,
                  "11.0.2.0/24", "", ""}});
  at_.folder.write("state/radar-proposals", strong_proposals_text(feed_));
  const CtlResult run = at_.run({"brake"});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_TRUE(has(run.out, "removed: 11.0.1.0/24")) << run.out;
  EXPECT_EQ(clients(), blocked) << "somebody has blocked this one";
}

TEST_F(Brake, NoMoreThanAHundredAtOnce) {
  std::string entries;
  for (int i = 0; i < 97; ++i) {
    propose(i);
    entries += "11.0." + std::to_string(i) +
               ".0/24 reason=\"radar C9 brake\" expires=2026-11-21T12:15:00Z then=defer\n";
  }
  at_.folder.write("lists/campaign-clients.txt", entries);
  for (int i = 97; i < 103; ++i) propose(i);
  EXPECT_EQ(at_.run({"brake"}).exit, 0);
  const std::string all = clients();
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 100);
}

TEST(RadarEntry, IsWhatTheRadarProposes) {
  for (const char* good : {"192.0.2.0/24", "2001:db8::/64", "192.0.2.7", "complains.*",
                           "ach_support@", "a1.win", "helo:host-1"}) {
    EXPECT_TRUE(is_radar_entry(good)) << good;
  }
  for (const char* bad : {"", "-", "com", "subject:x", "~.*", "*.com", "a b@", "a@b.example", "<>",
                          "helo:", "helo:~x", "--force", ".*", "@"}) {
    EXPECT_FALSE(is_radar_entry(bad)) << bad;
  }
}

}  // namespace
}  // namespace postern::ctl::brake_test
