// posternctl radar on decision lines: who is an event, and what is shown of a campaign.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

#include "common/json/parse_json.h"
#include "ctl/maillog/mail_assembler.h"
#include "ctl/maillog/mail_line.h"
#include "ctl/radar/radar_feed.h"
#include "ctl/radar/radar_page.h"

namespace postern::ctl::radar_test {
namespace {

using radar::Mode;
using testing::HasSubstr;
using testing::Not;

class RadarLog : public testing::Test {
 protected:
  // A decision at RCPT, in minute `number` of the day. `fields` take the place of what is usual.
  void add(int number, const std::string& fields, Mode mode = Mode::watch) {
    std::array<char, 32> time{};
    std::snprintf(time.data(), time.size(), "2026-11-21T%02d:%02d:00.000Z", number / 60,
                  number % 60);
    add_line(
        std::string(time.data()) + " info decision door=policy " + fields + " generation=1 us=50",
        mode);
  }
  void add_line(const std::string& line, Mode mode = Mode::watch) {
    ++feed_.lines;
    feed_.add(read_log_entry(line, {}), mode);
  }
  // One of a campaign from 11.0.0.0/24.
  void add_campaign(int number, const std::string& more = "stage=rcpt rule=- action=pass",
                    Mode mode = Mode::watch) {
    const std::string text = std::to_string(number);
    add(number,
        more + " client=11.0.0." + text + " sender=amazon_service@com-d" + text +
            ".win recipient=user" + text + "@here.example",
        mode);
  }
  std::size_t campaigns() { return feed_.campaigns().all().size(); }

  RadarFeed feed_{{}, KeyedHash::Secret{}};
};

TEST_F(RadarLog, ACampaignIsShownWithItsEvidenceAndACommand) {
  for (int i = 0; i < 5; ++i) add_campaign(i);
  EXPECT_EQ(
      radar_text(feed_),
      "read 5 lines: 5 messages from 5 domains; networks need 3 new domains in 6 h\n"
      "\n"
      "C1  weak  since 2026-11-21T00:00:00Z  11.0.0.0/24\n"
      "    5 new sender domains like com-*.win: com-d0.win, com-d1.win, com-d2.win, com-d3.win, "
      "com-d4.win\n"
      "    accepted 5, refused 0, deferred 0; 5 recipients; clients without name 5 of 5\n"
      "    local parts of senders: amazon_service\n"
      "    no mail of a known domain came from there\n"
      "    posternctl block 11.0.0.0/24 --for 7d --reason 'radar C1'\n");
}

TEST_F(RadarLog, NothingFoundIsSaid) {
  add_campaign(1);
  EXPECT_THAT(radar_text(feed_), HasSubstr("\nno campaign\n"));
}

TEST_F(RadarLog, WhatOthersRefuseMakesItStrong) {
  for (int i = 0; i < 3; ++i) add_campaign(i, "stage=rcpt rule=x action=reject");
  ASSERT_EQ(campaigns(), 1U);
  EXPECT_THAT(radar_text(feed_), HasSubstr("C1  strong  "));
  EXPECT_THAT(radar_text(feed_), HasSubstr("accepted 0, refused 3, deferred 0"));
}

TEST_F(RadarLog, WhatAnEntryOfTheRadarStopsIsNoNewEvidence) {
  for (int i = 0; i < 9; ++i) {
    add_campaign(i, "stage=rcpt rule=x action=reject reason=\"radar C1\"");
  }
  EXPECT_EQ(campaigns(), 0U);
  EXPECT_EQ(feed_.events, 9U);
}

TEST_F(RadarLog, AMessageIsOneEvent) {
  for (const char* stage : {"connect", "helo", "mail", "data", "eom"}) {
    add_campaign(1, std::string("stage=") + stage + " rule=- action=pass");
  }
  EXPECT_EQ(feed_.events, 0U);
  add_campaign(1);
  add_campaign(2, "stage=mail rule=x action=reject");
  EXPECT_EQ(feed_.events, 2U);
  EXPECT_EQ(feed_.decisions, 7U);
}

TEST_F(RadarLog, OursAreNoNewcomers) {
  for (int i = 0; i < 5; ++i) {
    const std::string text = std::to_string(i);
    add(i,
        "stage=rcpt rule=- action=pass client=10.0.0.1 sender=joe@here.example "
        "recipient=ann@com-d" +
            text + ".win");
    add_campaign(10 + i, "stage=rcpt rule=- action=pass sasl_username=joe");
  }
  EXPECT_EQ(feed_.events, 0U);
  for (int i = 0; i < 5; ++i) add_campaign(20 + i % 5);
  EXPECT_EQ(campaigns(), 1U) << "com-d20 to com-d24 have not been written to";
  for (int i = 0; i < 5; ++i) {
    add(30 + i, "stage=rcpt rule=- action=pass client=11.9.0.1 sender=a@com-d" + std::to_string(i) +
                    ".win recipient=joe@here.example");
  }
  EXPECT_EQ(campaigns(), 1U) << "com-d0 to com-d4 have";
}

TEST_F(RadarLog, OneThatPretendsToBeTheRecipientsOwnIsNoEvent) {
  add(0,
      "stage=rcpt rule=- action=pass client=11.0.0.1 sender=a@here.example "
      "recipient=b@here.example");
  add(1, "stage=rcpt rule=- action=pass client=11.0.0.1 sender=<> recipient=b@here.example");
  EXPECT_EQ(feed_.events, 0U);
}

TEST_F(RadarLog, WhatWasLearnedIsNoNews) {
  for (int i = 0; i < 5; ++i) {
    add_campaign(i, "stage=rcpt rule=- action=pass", Mode::learn);
  }
  EXPECT_EQ(campaigns(), 0U);
}

TEST_F(RadarLog, ASampledLogIsSaidToBeOne) {
  add_campaign(1, "stage=rcpt rule=- action=pass sampled=100");
  EXPECT_THAT(radar_text(feed_), HasSubstr("the log leaves out passes"));
}

TEST_F(RadarLog, WhatAClientPutsIntoItIsEscapedAndInNoCommand) {
  for (int i = 0; i < 9; ++i) {
    add(i, "stage=rcpt rule=- action=pass client=11." + std::to_string(i) +
               ".0.1 helo=\"$(reboot)\" sender=\"'\\x1b[2J;reboot@com-d" + std::to_string(i) +
               ".win\" recipient=joe@here.example");
    add(i, "stage=rcpt rule=- action=pass client=12.0.0.1 sender=\"'\\x1b[2J;reboot@com-e" +
               std::to_string(i) + ".win\" recipient=joe@here.example");
  }
  ASSERT_EQ(campaigns(), 1U) << "the network, not the local part or the HELO";
  const std::string text = radar_text(feed_);
  EXPECT_THAT(text, HasSubstr("\\x1b[2j")) << "a local part, in lower case";
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_EQ(block_command(feed_.campaigns().all()[0]),
            "posternctl block 12.0.0.0/24 --for 7d --reason 'radar C1'");
}

TEST_F(RadarLog, APatternIsQuotedForTheShell) {
  for (int i = 0; i < 6; ++i) {
    add(i, "stage=rcpt rule=- action=pass client=11." + std::to_string(i) +
               ".0.1 sender=a@complains.d" + std::to_string(i) + ".win recipient=joe@here.example");
  }
  ASSERT_EQ(campaigns(), 1U);
  EXPECT_EQ(block_command(feed_.campaigns().all()[0]),
            "posternctl block 'complains.*' --for 7d --reason 'radar C1'");
}

TEST_F(RadarLog, OneCampaignHasItsProposals) {
  for (int i = 0; i < 3; ++i) add_campaign(i);
  const std::string text = campaign_text(feed_, feed_.campaigns().all()[0]);
  EXPECT_THAT(text, HasSubstr("C1  weak  1 proposal\n\n  network 11.0.0.0/24, weak, proposed "
                              "2026-11-21T00:02:00Z\n    3 new sender domains: "));
  EXPECT_EQ(campaign_number("C12"), 12U);
  EXPECT_EQ(campaign_number("c1"), 1U);
  for (const char* wrong : {"", "C", "12", "C1x", "C-1"})
    EXPECT_FALSE(campaign_number(wrong)) << wrong;
}

class RadarMtaLog : public RadarLog {
 protected:
  void add_mta(const std::string& text) {
    if (const auto event = read_mail_line("Nov 21 04:11:00 mx " + text, calendar_)) {
      mails_.add(*event);
    }
  }
  LogCalendar calendar_{parse_expiry("2026-11-22T00:00:00Z").value(),
                        [](LocalTime local) { return UtcTime(local.time_since_epoch()); }};
  MailAssembler mails_{
      {[this](const auto& mail, const auto& part) { feed_.add(mail, part, Mode::watch); }, {}}};
};

TEST_F(RadarMtaLog, PostfixTellsWhatItTookAndWhatItRefused) {
  for (int i = 0; i < 2; ++i) {
    const std::string id = "4QbJ1x0ghqz1" + std::to_string(i);
    const std::string text = std::to_string(i);
    add_mta("postfix/smtpd[1]: " + id + ": client=unknown[11.0.0." + text + "]");
    add_mta("postfix/qmgr[2]: " + id + ": from=<a@d" + text +
            ".win>, size=9, nrcpt=1 (queue active)");
    EXPECT_EQ(feed_.events, static_cast<std::uint64_t>(i)) << "nobody has it yet";
    add_mta("postfix/local[3]: " + id +
            ": to=<joe@here.example>, relay=local, delay=0, dsn=2.0.0, "
            "status=sent (delivered to mailbox)");
    add_mta("postfix/qmgr[2]: " + id + ": removed");
  }
  add_mta(
      "postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[11.0.0.9]: 554 5.7.1 Service "
      "unavailable; from=<a@d9.win> to=<joe@here.example> proto=ESMTP helo=<x>");
  EXPECT_EQ(feed_.events, 3U);
  ASSERT_EQ(campaigns(), 1U);
  EXPECT_THAT(radar_text(feed_), HasSubstr("accepted 2, refused 1, deferred 0"));
}

TEST_F(RadarMtaLog, SendmailToo) {
  for (int i = 0; i < 3; ++i) {
    const std::string id = "uALDe2x1000" + std::to_string(i);
    const std::string text = std::to_string(i);
    add_mta("sendmail[1]: " + id + ": from=<a@d" + text +
            ".win>, size=9, class=0, nrcpts=1, "
            "msgid=<x@y>, proto=ESMTP, daemon=MTA, relay=[11.0.0." +
            text + "]");
    add_mta("sendmail[1]: " + id +
            ": to=<joe@here.example>, delay=00:00:00, mailer=local, pri=1, "
            "dsn=2.0.0, stat=Sent");
  }
  EXPECT_EQ(feed_.events, 3U);
  EXPECT_EQ(campaigns(), 1U);
}

TEST_F(RadarLog, ForProgramsItIsJson) {
  for (int i = 0; i < 4; ++i) add_campaign(i);
  const json::object answer = radar_json(feed_);
  EXPECT_EQ(answer.at("events").to_number<int>(), 4);
  const json::object& campaign = answer.at("campaigns").as_array().at(0).as_object();
  EXPECT_EQ(campaign.at("id"), "C1");
  EXPECT_EQ(campaign.at("domains_like"), "com-*.win");
  const json::object& proposal = campaign.at("proposals").as_array().at(0).as_object();
  EXPECT_EQ(proposal.at("kind"), "network");
  EXPECT_EQ(proposal.at("entries"), json::array{"11.0.0.0/24"});
  EXPECT_EQ(proposal.at("accepted").to_number<int>(), 4);
}

}  // namespace
}  // namespace postern::ctl::radar_test
