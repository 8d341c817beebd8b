// Lines as Debian's Postfix and sendmail write them, behind every front that a log may have.
#include "ctl/maillog/mail_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctl/maillog/line_fields.h"

namespace postern::ctl::mail_line_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = MailEvent::Kind;

constexpr UtcTime kNow{std::chrono::seconds{1795327200}};  // 2026-11-22T06:00:00Z

MailEvent read(std::string_view line) {
  const LogCalendar calendar{kNow,
                             [](LocalTime local) { return UtcTime(local.time_since_epoch()); }};
  const auto event = read_mail_line(line, calendar);
  EXPECT_TRUE(event) << line;
  return event.value_or(MailEvent{});
}

bool is_nothing(std::string_view line) {
  const LogCalendar calendar{kNow,
                             [](LocalTime local) { return UtcTime(local.time_since_epoch()); }};
  return !read_mail_line(line, calendar).has_value();
}

const std::string kReject =
    "NOQUEUE: reject: RCPT from mta7.phish.example[203.0.113.9]: 550 5.7.1 <joe@box.example>: "
    "Recipient address rejected: Sender domain banned here; from=<hr@www1.phish.example> "
    "to=<joe@box.example> proto=ESMTP helo=<mta7.phish.example>";

void expect_reject(const MailEvent& event) {
  EXPECT_EQ(event.mta, MailEvent::Mta::postfix);
  EXPECT_EQ(event.kind, Kind::verdict);
  EXPECT_EQ(event.queue_id, "");
  EXPECT_EQ(event.client->address->to_string(), "203.0.113.9");
  EXPECT_EQ(event.client->name, "mta7.phish.example");
  EXPECT_EQ(event.sender, "hr@www1.phish.example");
  EXPECT_THAT(event.recipients, ElementsAre("joe@box.example"));
  EXPECT_EQ(event.helo, "mta7.phish.example");
  EXPECT_EQ(event.verdict->action, "reject");
  EXPECT_EQ(event.verdict->stage, Stage::rcpt);
  EXPECT_EQ(event.verdict->reply,
            "550 5.7.1 <joe@box.example>: Recipient address rejected: Sender domain banned here");
}

TEST(MailLine, FrontsOfLogs) {
  const std::string tag = "postfix/smtpd[8738]: ";
  const std::string journal =
      R"({"__REALTIME_TIMESTAMP":"1795268402118000","SYSLOG_IDENTIFIER":"postfix/smtpd",)"
      R"("SYSLOG_PID":"8738","PRIORITY":"6","MESSAGE":")" +
      kReject + "\"}";
  const std::string docker =
      R"({"log":"2026-11-21T13:40:02.118+00:00 mx )" + tag + kReject + R"(\n","stream":"stdout"})";
  const std::vector<std::string> lines{
      "Nov 21 13:40:02 mx " + tag + kReject,
      "2026-11-21T13:40:02.118+00:00 mx " + tag + kReject,
      "<22>1 2026-11-21T13:40:02.118Z mx postfix/smtpd 8738 - - " + kReject,
      "Nov 21 13:40:02 mx postfix-in/smtpd[8738]: " + kReject,
      "postfix-1  | Nov 21 13:40:02 mx " + tag + kReject,
      "2026-11-21T13:40:02.118345678Z stdout F Nov 21 13:40:02 mx " + tag + kReject,
      "2026-11-21T13:40:02.118345678Z Nov 21 13:40:02 mx " + tag + kReject,
      "Sat 2026-11-21 13:40:02 UTC mx " + tag + kReject,
      journal,
      docker};
  for (const std::string& line : lines) {
    SCOPED_TRACE(line);
    const MailEvent event = read(line);
    expect_reject(event);
    EXPECT_EQ(format_utc(event.time.value()), "2026-11-21T13:40:02Z");
  }
}

TEST(MailLine, EqualOnesThatALogDaemonHasPutTogether) {
  const auto repeated = [](const std::string& times, const std::string& text) {
    return "Nov 21 13:40:02 mx postfix/smtpd[8738]: message repeated " + times + " times: [" +
           text + "]";
  };
  const MailEvent event = read(repeated("3", " " + kReject));
  expect_reject(event);
  EXPECT_EQ(event.times, 3U);
  EXPECT_EQ(read("Nov 21 13:40:02 mx postfix/smtpd[8738]: " + kReject).times, 1U);
  EXPECT_EQ(read(repeated("4000000000", kReject)).times, kMaxRepeats);
  // rsyslog keeps 800 bytes of it.
  const MailEvent cut = read(repeated("2", " " + kReject.substr(0, kReject.find(" to=<"))));
  EXPECT_EQ(cut.sender, "hr@www1.phish.example");
  EXPECT_THAT(cut.recipients, IsEmpty());
  for (const char* times : {"0", "-1", "many", "99999999999999999999999"}) {
    EXPECT_TRUE(is_nothing(repeated(times, kReject))) << times;
  }
}

TEST(MailLine, AsAPersonHasCopiedIt) {
  expect_reject(read(kReject));
  expect_reject(read("> " + kReject));
  EXPECT_FALSE(read(kReject).time);
}

TEST(MailLine, OtherProgramsAreNoMta) {
  EXPECT_TRUE(is_nothing("Nov 21 13:40:02 mx dovecot[7]: " + kReject));
  EXPECT_TRUE(is_nothing("Nov 21 13:40:02 mx postfix/smtpd[8738]: connect from a[192.0.2.1]"));
  EXPECT_TRUE(is_nothing("last message repeated 3 times"));
  EXPECT_TRUE(is_nothing(""));
}

TEST(PostfixLine, WhatIsNotInTheLineIsNotKnown) {
  const MailEvent vrfy = read(
      "NOQUEUE: reject: VRFY from unknown[2001:968:9999:20:88b:9b7d:2a54:2bd2]: 454 4.7.1 "
      "<a@b.example>: Relay access denied; to=<a@b.example> proto=SMTP helo=<me>");
  EXPECT_FALSE(vrfy.sender);
  EXPECT_FALSE(vrfy.verdict->stage);
  EXPECT_EQ(vrfy.client->name, "");
  EXPECT_EQ(vrfy.client->address->to_string(), "2001:968:9999:20:88b:9b7d:2a54:2bd2");
  const MailEvent connect = read(
      "NOQUEUE: reject: CONNECT from unknown[192.0.2.7]: 554 5.7.1 Client host rejected; "
      "proto=SMTP");
  EXPECT_FALSE(connect.helo);
  EXPECT_THAT(connect.recipients, IsEmpty());
  EXPECT_EQ(connect.verdict->stage, Stage::connect);
  const MailEvent bounce = read(
      "NOQUEUE: reject: RCPT from a.example[192.0.2.7]: 450 4.7.1 : Helo command rejected: "
      "Host not found; from=<> to=<joe@box.example> proto=ESMTP helo=<a>");
  EXPECT_EQ(bounce.sender, "");
}

TEST(PostfixLine, Milters) {
  const MailEvent rcpt = read(
      "NOQUEUE: milter-reject: RCPT from relay.example[8.8.8.8]: 451 4.7.1 Greylisting in "
      "action, please come back later; from=<a@b.example> to=<c@d.example> proto=ESMTP "
      "helo=<relay.example>");
  EXPECT_EQ(rcpt.verdict->action, "milter-reject");
  const MailEvent eom = read(
      "Feb 16 22:23:12 mx postfix/cleanup[9060]: 769FF2E0760: milter-reject: END-OF-MESSAGE "
      "from b.example[117.165.155.187]: 5.7.1 Spam message rejected; from=<x@y.example> "
      "to=<z@w.example> proto=ESMTP helo=<h>");
  EXPECT_EQ(eom.queue_id, "769FF2E0760");
  EXPECT_EQ(eom.verdict->stage, Stage::eom);
  EXPECT_EQ(eom.verdict->reply, "5.7.1 Spam message rejected");
}

TEST(PostfixLine, Postscreen) {
  const MailEvent event = read(
      "Nov 21 13:40:02 mx postfix/postscreen[1]: NOQUEUE: reject: RCPT from "
      "[192.0.2.7]:41234: 550 5.7.1 Service unavailable; client [192.0.2.7] blocked using "
      "zen.example; from=<a@b.example>, to=<c@d.example>, proto=ESMTP, helo=<h.example>");
  EXPECT_EQ(event.client->address->to_string(), "192.0.2.7");
  EXPECT_EQ(event.sender, "a@b.example");
  EXPECT_THAT(event.recipients, ElementsAre("c@d.example"));
  EXPECT_EQ(event.helo, "h.example");
}

// The first counts, whatever a client has said in HELO.
TEST(PostfixLine, AClientCannotChangeTheEnvelope) {
  const MailEvent event = read(
      "NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.7.1 no; from=<bad@phish.example> "
      "to=<joe@box.example> proto=ESMTP helo=<x; from=<boss@partner.example> to=<all@x>>");
  EXPECT_EQ(event.sender, "bad@phish.example");
  EXPECT_THAT(event.recipients, ElementsAre("joe@box.example"));
}

TEST(PostfixLine, Delivery) {
  const MailEvent event = read(
      "4104E3D0AB: to=<joe@box.example>, orig_to=<info@box.example>, relay=mx[192.0.2.1]:25, "
      "delay=86412.7, delays=1/2/3/4, dsn=4.3.0, status=deferred (host mx[192.0.2.1] said: "
      "451 4.3.0 later (in reply to RCPT TO command))");
  EXPECT_EQ(event.kind, Kind::delivery);
  EXPECT_EQ(event.original_recipient, "info@box.example");
  EXPECT_EQ(event.delivery->status, "deferred");
  EXPECT_EQ(event.delivery->dsn, "4.3.0");
  EXPECT_EQ(event.delivery->relay, "mx[192.0.2.1]:25");
  EXPECT_EQ(event.delivery->delay, std::chrono::seconds{86412});
  EXPECT_EQ(event.delivery->text,
            "host mx[192.0.2.1] said: 451 4.3.0 later (in reply to RCPT TO command)");
  const MailEvent filtered = read(
      "4104E3D0AB: to=<a@b.example>, relay=127.0.0.1[127.0.0.1]:10024, delay=2, dsn=2.0.0, "
      "status=sent (250 2.0.0 Ok: queued as DF66E940333)");
  EXPECT_EQ(filtered.delivery->queued_as, "DF66E940333");
}

TEST(PostfixLine, ForWhomAProxySpeaks) {
  const MailEvent event = read(
      "4104E3D0AB: client=localhost[127.0.0.1], orig_queue_id=AAAA1111, "
      "orig_client=mx.a.example[192.0.2.7]");
  EXPECT_EQ(event.client->name, "localhost");
  EXPECT_EQ(event.original_client->address->to_string(), "192.0.2.7");
  EXPECT_EQ(event.original_queue_id, "AAAA1111");
  EXPECT_FALSE(event.authenticated);
  const MailEvent plain = read("4104E3D0AB: client=a[192.0.2.7]");
  EXPECT_FALSE(plain.original_client);
  EXPECT_EQ(plain.original_queue_id, "");
  EXPECT_EQ(plain.authenticated, false);
}

TEST(PostfixLine, AMessageOfTheSenderDoesNotEndAField) {
  const MailEvent event =
      read("4104E3D0AB: from=<\"a>, size=1\"@b.example>, size=99, nrcpt=1 (queue active)");
  EXPECT_EQ(event.kind, Kind::sender);
}

TEST(SendmailLine, Rulesets) {
  const MailEvent event = read(
      "Nov 21 13:40:02 mx sm-mta[4711]: 6ALDe2Hj004711: ruleset=check_rcpt, "
      "arg1=<joe@box.example>, relay=mail.phish.example [203.0.113.9] (may be forged), "
      "reject=550 5.7.1 <joe@box.example>... Relaying denied");
  EXPECT_EQ(event.mta, MailEvent::Mta::sendmail);
  EXPECT_EQ(event.queue_id, "6ALDe2Hj004711");
  EXPECT_EQ(event.client->address->to_string(), "203.0.113.9");
  EXPECT_EQ(event.client->name, "");  // forged
  EXPECT_THAT(event.recipients, ElementsAre("joe@box.example"));
  EXPECT_EQ(event.verdict->stage, Stage::rcpt);
  EXPECT_EQ(event.verdict->reply, "550 5.7.1 <joe@box.example>... Relaying denied");
  const MailEvent mail = read(
      "6ALDe2Hj004711: ruleset=check_mail, arg1=<hr@phish.example>, relay=[203.0.113.9], "
      "reject=553 5.1.8 <hr@phish.example>... Domain of sender address does not exist");
  EXPECT_EQ(mail.sender, "hr@phish.example");
  EXPECT_EQ(mail.client->address->to_string(), "203.0.113.9");
  const MailEvent relay = read(
      "ruleset=check_relay, arg1=[203.0.113.9], arg2=203.0.113.9, relay=[203.0.113.9], "
      "reject=550 5.7.1 Access denied");
  EXPECT_EQ(relay.verdict->stage, Stage::connect);
  EXPECT_EQ(relay.queue_id, "");
}

TEST(SendmailLine, Milters) {
  const MailEvent from = read(
      "Nov 21 13:40:02 mx sm-mta[4711]: 6ALDe2Hj004711: Milter: from=<hr@phish.example>, "
      "reject=550 5.7.1 Sender domain banned here");
  EXPECT_EQ(from.verdict->action, "milter-reject");
  EXPECT_EQ(from.verdict->stage, Stage::mail);
  EXPECT_EQ(from.sender, "hr@phish.example");
  EXPECT_FALSE(from.client);
  EXPECT_EQ(from.verdict->reply, "550 5.7.1 Sender domain banned here");
  EXPECT_THAT(
      read("6ALDe2Hj004711: Milter: to=<joe@box.example>, reject=451 4.3.2 later").recipients,
      ElementsAre("joe@box.example"));
  EXPECT_EQ(read("6ALDe2Hj004711: Milter: data, reject=550 5.7.1 no").verdict->stage, Stage::eom);
  EXPECT_EQ(read("6ALDe2Hj004711: Milter: to=<joe@box.example>, discard").verdict->action,
            "milter-discard");
  EXPECT_EQ(read("6ALDe2Hj004711: Milter: helo=mx.a.example, reject=Command rejected").helo,
            "mx.a.example");
  const MailEvent connect =
      read("6ALDe2Hj004711: Milter: connect: host=a.example, addr=192.0.2.7, rejecting commands");
  EXPECT_EQ(connect.client->address->to_string(), "192.0.2.7");
  EXPECT_EQ(connect.client->name, "a.example");
  EXPECT_EQ(connect.verdict->stage, Stage::connect);
  EXPECT_EQ(read("6ALDe2Hj004711: Milter: connect: host=a.example, addr=192.0.2.7, temp failing "
                 "commands")
                .verdict->action,
            "milter-tempfail");
  const MailEvent hold = read("6ALDe2Hj004711: milter=postern, quarantine=look at it");
  EXPECT_EQ(hold.verdict->action, "milter-hold");
  EXPECT_EQ(hold.verdict->stage, Stage::eom);
  EXPECT_EQ(hold.verdict->reply, "look at it");
  EXPECT_TRUE(is_nothing("6ALDe2Hj004711: Milter: no active filter"));
}

// usrerr() of err.c, without the code: `550 5.1.1` of User unknown.
TEST(SendmailLine, ARecipientThatItRefusesItself) {
  const std::string text = "6ALDe2Hj004711: <joe@box.example>... User unknown";
  for (const std::string& line :
       {"Nov 21 13:40:02 mx sm-mta[4711]: " + text,
        "<22>1 2026-11-21T13:40:02.118Z mx sm-mta 4711 - - " + text,
        R"({"__REALTIME_TIMESTAMP":"1795268402118000","SYSLOG_IDENTIFIER":"sm-mta","MESSAGE":")" +
            text + "\"}",
        text}) {
    SCOPED_TRACE(line);
    const MailEvent event = read(line);
    EXPECT_EQ(event.mta, MailEvent::Mta::sendmail);
    EXPECT_EQ(event.queue_id, "6ALDe2Hj004711");
    EXPECT_THAT(event.recipients, ElementsAre("joe@box.example"));
    EXPECT_EQ(event.verdict->action, "reject");
    EXPECT_EQ(event.verdict->stage, Stage::rcpt);
    EXPECT_EQ(event.verdict->reply, "<joe@box.example>... User unknown");
    EXPECT_FALSE(event.client);
  }
  EXPECT_TRUE(is_nothing("6ALDe2Hj004711: <joe@box.example> is fine"));
  const MailEvent late = read(
      "6ALDe2Hj004711: to=<joe@box.example>, delay=00:00:00, mailer=local, pri=1, dsn=5.1.1, "
      "stat=User unknown");
  EXPECT_EQ(late.delivery->status, "user");
  EXPECT_EQ(late.delivery->dsn, "5.1.1");
}

TEST(SendmailLine, RulesetsThatDiscardOrHold) {
  const std::string front =
      "6ALDe2Hj004711: ruleset=check_mail, arg1=<hr@phish.example>, relay=[203.0.113.9], ";
  const MailEvent discard = read(front + "discard");
  EXPECT_EQ(discard.verdict->action, "discard");
  EXPECT_EQ(discard.sender, "hr@phish.example");
  EXPECT_EQ(discard.client->address->to_string(), "203.0.113.9");
  const MailEvent hold = read(front + "quarantine=look at it");
  EXPECT_EQ(hold.verdict->action, "hold");
  EXPECT_EQ(hold.verdict->reply, "look at it");
  EXPECT_EQ(read("NOQUEUE: ruleset=check_relay, arg1=x, arg2=203.0.113.9, relay=[203.0.113.9], "
                 "reject=550 5.7.1 Access denied")
                .client->address->to_string(),
            "203.0.113.9");
}

TEST(SendmailLine, ClientsThatGoOrTalkTooEarly) {
  for (const char* text :
       {"lost input channel from mail.a.example [203.0.113.9] to MTA after rcpt",
        "lost input channel from mail.a.example [203.0.113.9] to MTA to all after startup",
        "mail.a.example [203.0.113.9] did not issue MAIL/EXPN/VRFY/ETRN during connection to "
        "MTA"}) {
    SCOPED_TRACE(text);
    const MailEvent event = read("6ALDe2Hj004711: " + std::string(text));
    EXPECT_EQ(event.kind, Kind::ended);
    EXPECT_EQ(event.client->name, "mail.a.example");
    EXPECT_EQ(event.client->address->to_string(), "203.0.113.9");
  }
  EXPECT_EQ(read("6ALDe2Hj004711: [IPv6:2001:db8::1] did not issue MAIL/EXPN/VRFY/ETRN during "
                 "connection to MTA-v6")
                .client->address->to_string(),
            "2001:db8::1");
  for (const char* id : {"6ALDe2Hj004711: ", "NOQUEUE: ", ""}) {
    const MailEvent early =
        read("Nov 21 13:40:02 mx sm-mta[4711]: " + std::string(id) +
             "rejecting commands from mail.a.example [203.0.113.9] due to pre-greeting traffic "
             "after 3 seconds");
    EXPECT_EQ(early.verdict->stage, Stage::connect);
    EXPECT_EQ(early.client->address->to_string(), "203.0.113.9");
    EXPECT_EQ(early.verdict->reply, "due to pre-greeting traffic after 3 seconds");
  }
  EXPECT_TRUE(is_nothing("6ALDe2Hj004711: lost input channel from nobody"));
}

TEST(SendmailLine, AMessage) {
  const MailEvent sender = read(
      "Apr  2 00:15:25 mta001 sendmail[32300]: u31FFPtp032300: from=<grandeur09@gmail.example>, "
      "size=5938, class=0, nrcpts=7, msgid=<20160@gmail.example>, proto=ESMTP, daemon=MTA, "
      "relay=[64.233.187.27]");
  EXPECT_EQ(sender.kind, Kind::sender);
  EXPECT_EQ(sender.sender, "grandeur09@gmail.example");
  EXPECT_EQ(sender.size, 5938U);
  EXPECT_EQ(sender.recipient_count, 7U);
  EXPECT_EQ(sender.message_id, "20160@gmail.example");
  EXPECT_EQ(sender.client->address->to_string(), "64.233.187.27");
  const MailEvent delivery = read(
      "Apr  3 00:15:40 mta001 sendmail[12566]: u31FFPtp032300: "
      "to=<a@b.example>,<c@d.example>, delay=1+00:00:15, xdelay=00:00:15, mailer=esmtp, "
      "pri=34527, relay=[93.184.216.34] [93.184.216.34], dsn=4.3.5, stat=Deferred: 451 4.3.5 "
      "Server configuration problem");
  EXPECT_THAT(delivery.recipients, ElementsAre("a@b.example", "c@d.example"));
  EXPECT_EQ(delivery.delivery->status, "deferred");
  EXPECT_EQ(delivery.delivery->delay, std::chrono::seconds{86415});
  EXPECT_EQ(delivery.delivery->dsn, "4.3.5");
}

TEST(MailLine, QueueIds) {
  EXPECT_TRUE(is_queue_id("00ADB3C0899"));
  EXPECT_TRUE(is_queue_id("4QbJ1x0ghqz1x"));
  EXPECT_TRUE(is_queue_id("u31FFPtp032300"));
  EXPECT_FALSE(is_queue_id("NOQUEUE"));
  EXPECT_FALSE(is_queue_id("warning"));
  EXPECT_FALSE(is_queue_id("12"));
}

TEST(MailLine, IsBounded) {
  std::string line = "u31FFPtp032300: to=";
  for (std::size_t i = 0; i < 2 * kMaxLineRecipients; ++i) line += "<a@b.example>,";
  EXPECT_EQ(read(line + "<z@b.example>, delay=00:00:01, stat=Sent").recipients.size(),
            kMaxLineRecipients);
}

}  // namespace
}  // namespace postern::ctl::mail_line_test
