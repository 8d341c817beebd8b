// What somebody pastes, and what it says of the mail.
#include "ctl/why/clues.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::ctl::clues_test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = Clue::Kind;

constexpr UtcTime kNow{std::chrono::seconds{1795327200}};  // 2026-11-22T06:00:00Z

std::vector<Clue> clues(std::string_view text) {
  const LogCalendar calendar{kNow,
                             [](LocalTime local) { return UtcTime(local.time_since_epoch()); }};
  auto read = clues_of(text, calendar);
  EXPECT_TRUE(read) << (read ? "" : read.error().text);
  return read.value_or(std::vector<Clue>{});
}

Clue clue(std::string_view text) {
  auto all = clues(text);
  EXPECT_EQ(all.size(), 1U) << text;
  return all.empty() ? Clue{} : all.front();
}

TEST(Clues, AnId) {
  EXPECT_EQ(clue("4QbJ1x0ghqz1x").id, "4QbJ1x0ghqz1x");
  EXPECT_EQ(clue(" k7m3f2\n").id, "k7m3f2");
  const LogCalendar calendar{kNow, {}};
  EXPECT_FALSE(clues_of("what is this", calendar));
  EXPECT_FALSE(clues_of("", calendar));
}

TEST(Clues, ADecisionLine) {
  const Clue found = clue(
      "Nov 21 13:40:02 mx postern-policyd[1]: decision door=policy stage=rcpt rule=campaign "
      "action=reject reply=\"550 5.7.1 no\" client=203.0.113.9 queue_id=4QbJ1x0ghqz1x generation=3 "
      "us=53");
  EXPECT_EQ(found.kind, Kind::decision);
  EXPECT_EQ(found.id, "4QbJ1x0ghqz1x");
  EXPECT_EQ(found.decision->at("rule").text, "campaign");
}

TEST(Clues, LinesOfOneMessageAreOneClue) {
  const auto found = clues(
      "Nov 21 13:40:01 mx postfix/smtpd[9]: 769FF2E0760: client=b.example[198.51.100.7]\n"
      "Nov 21 13:40:02 mx postfix/qmgr[8]: connect to nobody\n"
      "Nov 21 13:40:02 mx postfix/cleanup[9]: 769FF2E0760: milter-reject: END-OF-MESSAGE from "
      "b.example[198.51.100.7]: 5.7.1 Banned; from=<x@y.example> to=<z@w.example> proto=ESMTP "
      "helo=<h>\n"
      "NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 550 5.7.1 no; from=<> to=<a@b.example> "
      "proto=SMTP helo=<i>\n");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].kind, Kind::mta_line);
  EXPECT_EQ(found[0].id, "769FF2E0760");
  EXPECT_EQ(found[0].client->to_string(), "198.51.100.7");
  EXPECT_THAT(found[0].senders, ElementsAre("x@y.example"));
  EXPECT_EQ(found[0].stage, Stage::eom);
  EXPECT_EQ(found[0].said, "5.7.1 Banned");
  EXPECT_EQ(found[1].id, "");
  EXPECT_THAT(found[1].senders, ElementsAre(""));
}

TEST(Clues, AnExportOfTheJournal) {
  const Clue found = clue(
      "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795268402118000\nSYSLOG_IDENTIFIER=sm-mta\n"
      "MESSAGE=6ALDe2Hj004711: Milter: from=<hr@phish.example>, reject=550 5.7.1 Banned\n");
  EXPECT_EQ(found.id, "6ALDe2Hj004711");
  EXPECT_EQ(found.said, "550 5.7.1 Banned");
  EXPECT_EQ(format_utc(found.time.value()), "2026-11-21T13:40:02Z");
}

TEST(Clues, ABounceWithADeliveryStatus) {
  const Clue found = clue(
      "From: MAILER-DAEMON@mail.partner.example (Mail Delivery System)\n"
      "To: bob@partner.example\n"
      "Subject: Undelivered Mail Returned to Sender\n"
      "Content-Type: multipart/report; report-type=delivery-status; boundary=\"x\"\n"
      "\n--x\n\n"
      "<joe@box.example>: host mx.box.example[192.0.2.1] said: 550 5.7.1\n"
      "    <joe@box.example>: Recipient address rejected: Sender domain banned\n"
      "    here (in reply to RCPT TO command)\n"
      "\n--x\nContent-Type: message/delivery-status\n\n"
      "Reporting-MTA: dns; mail.partner.example\n"
      "X-Postfix-Sender: rfc822; bob@partner.example\n"
      "\n"
      "Final-Recipient: rfc822; joe@box.example\n"
      "Action: failed\n"
      "Status: 5.7.1\n"
      "Diagnostic-Code: smtp; 550 5.7.1 <joe@box.example>: Recipient address\n"
      "    rejected: Sender domain banned here\n"
      "\n--x--\n");
  EXPECT_EQ(found.kind, Kind::bounce);
  EXPECT_THAT(found.recipients, ElementsAre("joe@box.example"));
  EXPECT_THAT(found.senders, Contains("bob@partner.example"));
  EXPECT_THAT(found.said, HasSubstr("Sender domain banned here"));
}

TEST(Clues, TheTextOfABounce) {
  const Clue found = clue(
      "Your message could not be delivered.\n\n"
      "   ----- The following addresses had permanent fatal errors -----\n"
      "<joe@box.example>\n"
      "    (reason: 550 5.7.1 Sender domain banned here)\n");
  EXPECT_EQ(found.kind, Kind::bounce);
  EXPECT_THAT(found.recipients, ElementsAre("joe@box.example"));
  EXPECT_THAT(found.senders, IsEmpty());
}

TEST(Clues, TheTokenThatAComplaintQuotes) {
  EXPECT_EQ(clue("Hello, my mail came back: Banned here, quote *kxmpfs*! What is wrong?").id,
            "kxmpfs");
  EXPECT_EQ(clue("they said: \"Banned here (k7m3f2)\"\nmta7mx.phish.example, server").id, "k7m3f2");
  EXPECT_EQ(clue("a1b2c3 is no token of theirs, but quote kxmpfs is").id, "kxmpfs");
  const Clue bounce = clue("<joe@box.example> (reason: 550 5.7.1 Banned here, quote =\nk7m3f2)\n");
  EXPECT_EQ(bounce.kind, Kind::bounce);
  EXPECT_EQ(bounce.id, "k7m3f2");
  EXPECT_EQ(clue("NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 550 5.7.1 <a@b.example>: "
                 "Recipient address rejected: Banned here, quote k7m3f2; from=<> to=<a@b.example> "
                 "proto=SMTP helo=<i>\n")
                .id,
            "k7m3f2");
  const std::string header =
      "Received: from a (b.example [203.0.113.9]) by c id 4F2\nFrom: <a@b.example>\n\n";
  EXPECT_EQ(clue(header + "My mail was refused, quote k7m3f2\n").id, "k7m3f2");
  EXPECT_EQ(clue(header + "Please quote server and k7m3f2\n").kind, Kind::message);
  const LogCalendar calendar{kNow, {}};
  for (const char* none : {"the server is closed", "mta7mx.phish.example said no", "4QbJ1x 0k7m3f2",
                           "quote k7m3f", "write to k7m3f2@box.example please"}) {
    EXPECT_FALSE(clues_of(none, calendar)) << none;
  }
}

TEST(Clues, QuotedPrintableIsPutTogether) {
  const Clue found = clue("joe@box.example: 550 5.7.1 Sender domain ba=\r\nnned here\r\n");
  EXPECT_THAT(found.said, HasSubstr("Sender domain banned here"));
}

TEST(Clues, AMail) {
  const Clue found = clue(
      "Return-Path: <news@phish.example>\n"
      "X-Original-To: joe@box.example\n"
      "Received: from localhost (localhost [127.0.0.1])\n"
      "\tby mx.box.example (Postfix) with ESMTP id 4F2AAAAAAA\n"
      "\tfor <joe@box.example>; Sat, 21 Nov 2026 13:40:03 +0000 (UTC)\n"
      "Received: from mta7.phish.example (mta7.phish.example [203.0.113.9])\n"
      "\t(using TLSv1.3)\n"
      "\tby mx.box.example (Postfix) with ESMTPS id 4F2BBBBBBB\n"
      "\tfor <joe@box.example>; Sat, 21 Nov 2026 13:40:02 +0000 (UTC)\n"
      "Received: from inside (inside [198.51.100.1]) by mta7.phish.example id 1\n"
      "Subject: Your\n account\n"
      "\nHello\n");
  EXPECT_EQ(found.kind, Kind::message);
  EXPECT_EQ(found.client->to_string(), "203.0.113.9");
  EXPECT_EQ(found.client_name, "mta7.phish.example");
  EXPECT_EQ(found.helo, "mta7.phish.example");
  EXPECT_EQ(found.id, "4F2BBBBBBB");
  EXPECT_THAT(found.senders, ElementsAre("news@phish.example"));
  EXPECT_THAT(found.recipients, ElementsAre("joe@box.example"));
  EXPECT_THAT(found.headers, Contains("subject: Your\n account"));
}

TEST(Clues, AMailThroughSendmail) {
  const Clue found = clue(
      "From ann@a.example Sat Nov 21 13:40:02 2026\n"
      "Return-Path: <>\n"
      "Received: from h.example (unknown.a.example [203.0.113.9] (may be forged))\n"
      "\tby mx.box.example (8.17.1.9/8.17.1.9/Debian-2) with ESMTPS id 6ALDe2Hj004711\n"
      "\tfor <joe@box.example>; Sat, 21 Nov 2026 13:40:02 GMT\n"
      "From: Ann <ann@a.example>\n\nHello\n");
  EXPECT_EQ(found.client->to_string(), "203.0.113.9");
  EXPECT_EQ(found.client_name, "");
  EXPECT_EQ(found.id, "6ALDe2Hj004711");
  EXPECT_THAT(found.senders, ElementsAre(""));
}

TEST(Clues, AreBounded) {
  std::string text;
  for (std::size_t i = 0; i < 2 * kMaxClues; ++i) {
    text +=
        "NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 550 5.7.1 no; from=<> "
        "to=<a@b.example> proto=SMTP helo=<i>\n";
  }
  EXPECT_EQ(clues(text).size(), kMaxClues);
}

}  // namespace
}  // namespace postern::ctl::clues_test
