// What has become of messages, by the log of an MTA alone.
#include <gmock/gmock.h>

#include "tests/unit/ctl/who/who_fixture.h"

namespace postern::ctl::who_test::chosen_mails_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

TEST_F(WhoLog, PostfixDelivers) {
  accepted(2, "4QbJ1x0ghqz1x", "bad@phish.example", "joe@box.example");
  const auto all = receipts();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(format_utc(all[0].time.value()), "2026-11-21T13:40:02Z");
  EXPECT_EQ(all[0].queue_id, "4QbJ1x0ghqz1x");
  EXPECT_EQ(all[0].client.address->to_string(), "11.0.0.7");
  EXPECT_EQ(all[0].sender, "bad@phish.example");
  EXPECT_EQ(all[0].part.recipient, "joe@box.example");
  EXPECT_EQ(all[0].part.fate, Fate::delivered);
  EXPECT_EQ(all[0].part.text, "delivered to maildir");
  EXPECT_FALSE(all[0].decision);
}

TEST_F(WhoLog, DeferredAndLaterDeliveredIsDelivered) {
  smtpd(1, "4104E3D0AB: client=a[11.0.0.7]");
  qmgr(1, "4104E3D0AB: from=<a@b.example>, size=9, nrcpt=3 (queue active)");
  for (const char* who : {"joe", "ann", "eve"}) {
    agent(2, std::string("4104E3D0AB: to=<") + who +
                 "@box.example>, relay=none, delay=1, dsn=4.3.0, status=deferred (mailbox full)");
  }
  agent(9, "4104E3D0AB: to=<joe@box.example>, relay=local, delay=9, dsn=2.0.0, status=sent (ok)");
  agent(9, "4104E3D0AB: to=<eve@box.example>, relay=none, delay=9, dsn=5.1.1, status=bounced (no)");
  EXPECT_THAT(fates(), ElementsAre("joe@box.example delivered", "ann@box.example deferred",
                                   "eve@box.example bounced"));
}

TEST_F(WhoLog, WhereItHasGone) {
  smtpd(1, "4104E3D0AB: client=a[11.0.0.7]");
  qmgr(1, "4104E3D0AB: from=<a@b.example>, size=9, nrcpt=5 (queue active)");
  int number = 0;
  for (const char* relay : {"mx.c.example[198.51.100.1]:25", "mx[private/dovecot-lmtp]",
                            "127.0.0.1[127.0.0.1]:24", "dovecot", "none"}) {
    agent(2, "4104E3D0AB: to=<u" + std::to_string(number++) + "@c.example>, relay=" + relay +
                 ", delay=1, dsn=2.0.0, status=sent (fine)");
  }
  agent(3,
        "4104E3D0AB: to=<u9@c.example>, relay=none, delay=1, dsn=2.0.0, status=undeliverable (x)");
  EXPECT_THAT(fates(), ElementsAre("u0@c.example relayed", "u1@c.example delivered",
                                   "u2@c.example delivered", "u3@c.example delivered",
                                   "u4@c.example discarded"));
}

TEST_F(WhoLog, AliasesShowBoth) {
  smtpd(1, "4104E3D0AB: client=a[11.0.0.7]");
  qmgr(1, "4104E3D0AB: from=<a@b.example>, size=9, nrcpt=2 (queue active)");
  for (const char* who : {"joe", "ann"}) {
    agent(2, std::string("4104E3D0AB: to=<") + who +
                 "@box.example>, orig_to=<info@box.example>, "
                 "relay=local, delay=1, dsn=2.0.0, status=sent (delivered to mailbox)");
  }
  const auto all = receipts();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[1].part.recipient, "ann@box.example");
  EXPECT_EQ(all[1].part.original, "info@box.example");
}

// The client of the second pass is the filter; its lines come before the first pass is over.
TEST_F(WhoLog, WhatPassesAContentFilterIsOneMessage) {
  choose(&MailPatterns::add_client, "11.0.0.0/24");
  smtpd(1, "AAAA1111: client=unknown[11.0.0.7]");
  qmgr(1, "AAAA1111: from=<a@b.example>, size=9, nrcpt=2 (queue active)");
  smtpd(2, "BBBB2222: client=localhost[127.0.0.1]");
  qmgr(2, "BBBB2222: from=<a@b.example>, size=9, nrcpt=2 (queue active)");
  for (const char* who : {"joe", "ann"}) {
    agent(2, std::string("AAAA1111: to=<") + who +
                 "@box.example>, relay=127.0.0.1[127.0.0.1]:10024, delay=2, dsn=2.0.0, "
                 "status=sent (250 2.0.0 from MTA: 250 2.0.0 Ok: queued as BBBB2222)");
  }
  agent(3, "BBBB2222: to=<joe@box.example>, relay=local, delay=1, dsn=2.0.0, status=sent (ok)");
  agent(3, "BBBB2222: to=<ann@box.example>, relay=local, delay=1, dsn=4.0.0, status=deferred (no)");
  EXPECT_THAT(fates(), ElementsAre("joe@box.example delivered", "ann@box.example deferred"));
}

TEST_F(WhoLog, AFilterWhoseSecondPassNoLogHasIsAFinalDelivery) {
  smtpd(1, "AAAA1111: client=unknown[11.0.0.7]");
  qmgr(1, "AAAA1111: from=<a@b.example>, size=9, nrcpt=1 (queue active)");
  agent(2,
        "AAAA1111: to=<joe@box.example>, relay=10.0.0.5[10.0.0.5]:25, delay=2, dsn=2.0.0, "
        "status=sent (250 Ok: queued as BBBB2222)");
  EXPECT_THAT(fates(), ElementsAre("joe@box.example relayed"));
}

// A server elsewhere may say what it likes.
TEST_F(WhoLog, AnIdOfAnotherHostIsNotFollowed) {
  accepted(1, "BBBB2222", "other@c.example", "ann@box.example");
  smtpd(2, "AAAA1111: client=unknown[11.0.0.8]");
  qmgr(2, "AAAA1111: from=<a@b.example>, size=9, nrcpt=1 (queue active)");
  agent(3,
        "AAAA1111: to=<x@d.example>, relay=mx.d.example[198.51.100.1]:25, delay=2, dsn=2.0.0, "
        "status=sent (250 Ok: queued as BBBB2222)");
  EXPECT_THAT(fates(), ElementsAre("ann@box.example delivered", "x@d.example relayed"));
}

TEST_F(WhoLog, MessagesThatGoInACircleEnd) {
  for (const char* id : {"AAAA1111", "BBBB2222"}) {
    smtpd(1, std::string(id) + ": client=localhost[127.0.0.1]");
    qmgr(1, std::string(id) + ": from=<a@b.example>, size=9, nrcpt=1 (queue active)");
  }
  agent(2,
        "AAAA1111: to=<x@d.example>, relay=local, dsn=2.0.0, status=sent (forwarded as BBBB2222)");
  agent(2,
        "BBBB2222: to=<y@d.example>, relay=local, dsn=2.0.0, status=sent (forwarded as AAAA1111)");
  EXPECT_THAT(fates(), SizeIs(1));
}

TEST_F(WhoLog, AForwardIsFollowed) {
  smtpd(1, "AAAA1111: client=unknown[11.0.0.7]");
  qmgr(1, "AAAA1111: from=<a@b.example>, size=9, nrcpt=1 (queue active)");
  agent(2,
        "AAAA1111: to=<joe@box.example>, relay=local, dsn=2.0.0, status=sent "
        "(forwarded as BBBB2222)");
  qmgr(2, "BBBB2222: from=<a@b.example>, size=9, nrcpt=1 (queue active)");
  agent(3,
        "BBBB2222: to=<joe@far.example>, orig_to=<joe@box.example>, relay=mx[198.51.100.9]:25, "
        "dsn=2.0.0, status=sent (ok)");
  const auto all = receipts();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].client.address->to_string(), "11.0.0.7");
  EXPECT_EQ(all[0].part.recipient, "joe@far.example");
  EXPECT_EQ(all[0].part.original, "joe@box.example");
  EXPECT_EQ(all[0].part.fate, Fate::relayed);
}

TEST_F(WhoLog, AnIdThatIsUsedAgainIsAnotherMessage) {
  accepted(1, "4104E3D0AB", "a@b.example", "joe@box.example");
  accepted(9, "4104E3D0AB", "c@d.example", "ann@box.example");
  const auto all = receipts();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].sender, "a@b.example");
  EXPECT_EQ(all[1].sender, "c@d.example");
}

TEST_F(WhoLog, Refusals) {
  smtpd(1,
        "NOQUEUE: reject: RCPT from a[11.0.0.7]: 550 5.7.1 <joe@box.example>: no; "
        "from=<a@b.example> to=<joe@box.example> proto=ESMTP helo=<x>");
  smtpd(2,
        "NOQUEUE: reject: RCPT from a[11.0.0.7]: 451 4.7.1 <ann@box.example>: later; "
        "from=<a@b.example> to=<ann@box.example> proto=ESMTP helo=<x>");
  smtpd(3,
        "NOQUEUE: reject_warning: RCPT from a[11.0.0.7]: 550 5.7.1 no; "
        "from=<a@b.example> to=<eve@box.example> proto=ESMTP helo=<x>");
  EXPECT_THAT(fates(), ElementsAre("joe@box.example refused", "ann@box.example refused_for_now"));
}

TEST_F(WhoLog, RefusedAtItsEndForAll) {
  smtpd(1, "4104E3D0AB: client=a[11.0.0.7]");
  mta(2,
      "postfix/cleanup[9]: 4104E3D0AB: milter-reject: END-OF-MESSAGE from a[11.0.0.7]: 5.7.1 "
      "spam; from=<a@b.example> to=<joe@box.example> proto=ESMTP helo=<x>");
  const auto all = receipts();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].part.fate, Fate::refused);
  EXPECT_EQ(all[0].sender, "a@b.example");
}

// Postfix says that it holds a message before that has an id.
TEST_F(WhoLog, HeldAndReleased) {
  for (const char* id : {"AAAA1111", "BBBB2222"}) {
    smtpd(1,
          "NOQUEUE: hold: RCPT from a[11.0.0.7]: <joe@box.example>: look; from=<a@b.example> "
          "to=<joe@box.example> proto=ESMTP helo=<x>");
    smtpd(2, std::string(id) + ": client=a[11.0.0.7]");
  }
  qmgr(8, "BBBB2222: from=<a@b.example>, size=9, nrcpt=1 (queue active)");
  agent(9, "BBBB2222: to=<joe@box.example>, relay=local, dsn=2.0.0, status=sent (ok)");
  EXPECT_THAT(fates(), UnorderedElementsAre("joe@box.example held", "joe@box.example delivered"));
}

TEST_F(WhoLog, DiscardedByAMilter) {
  smtpd(1,
        "NOQUEUE: milter-discard: MAIL from a[11.0.0.7]: milter triggers DISCARD action; "
        "from=<a@b.example> proto=ESMTP helo=<x>");
  smtpd(1, "AAAA1111: client=a[11.0.0.7]");
  sendmail(2, "u31FFPtp032300: Milter: from=<a@b.example>, discard");
  sendmail(2, "u31FFPtp032300: from=<a@b.example>, size=9, nrcpts=1, relay=[11.0.0.7]");
  sendmail(2, "u31FFPtp032300: to=<joe@box.example>, delay=00:00:00, pri=1, stat=discarded");
  EXPECT_THAT(fates(), ElementsAre(" discarded", "joe@box.example discarded"));
}

TEST_F(WhoLog, SendmailSaysSeveralRecipientsInOneLine) {
  sendmail(1,
           "u31FFPtp032300: from=<a@b.example>, size=5938, class=0, nrcpts=3, msgid=<1@b>, "
           "proto=ESMTP, daemon=MTA, relay=a.b.example [11.0.0.7]");
  sendmail(2,
           "u31FFPtp032300: to=<joe@box.example>,<ann@box.example>, delay=00:00:01, "
           "xdelay=00:00:00, mailer=local, pri=1, dsn=2.0.0, stat=Sent");
  sendmail(2,
           "u31FFPtp032300: to=<x@c.example>, delay=00:00:01, xdelay=00:00:00, mailer=esmtp, "
           "pri=1, relay=mx.c.example. [198.51.100.1], dsn=4.0.0, stat=Deferred: timed out");
  sendmail(9,
           "u31FFPtp032300: to=<x@c.example>, delay=1+00:00:01, xdelay=00:00:00, mailer=esmtp, "
           "pri=1, relay=mx.c.example. [198.51.100.1], dsn=5.1.1, stat=User unknown");
  EXPECT_THAT(fates(), ElementsAre("joe@box.example delivered", "ann@box.example delivered",
                                   "x@c.example bounced"));
}

TEST_F(WhoLog, SendmailSaysWhoseAliasItWas) {
  sendmail(1, "u31FFPtp032300: from=<a@b.example>, size=9, nrcpts=1, relay=[11.0.0.7]");
  sendmail(2,
           "u31FFPtp032300: to=joe, ctladdr=<info@box.example> (8/0), delay=00:00:01, "
           "mailer=local, pri=1, dsn=2.0.0, stat=Sent");
  const auto all = receipts();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].part.recipient, "joe");
  EXPECT_EQ(all[0].part.original, "info@box.example");
}

TEST_F(WhoLog, SendmailRefuses) {
  sendmail(1, "u31FFPtp032300: Milter: to=<joe@box.example>, reject=550 5.7.1 no");
  sendmail(2, "u31FFPtp032300: from=<a@b.example>, size=0, nrcpts=0, relay=[11.0.0.7]");
  const auto all = receipts();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].sender, "a@b.example");
  EXPECT_EQ(all[0].part.fate, Fate::refused);
}

TEST_F(WhoLog, ChosenBySender) {
  choose(&MailPatterns::add_domain, ".phish.example");
  accepted(1, "AAAA1111", "a@www.phish.example", "joe@box.example");
  accepted(2, "BBBB2222", "a@partner.example", "ann@box.example");
  accepted(3, "CCCC3333", "", "eve@box.example");
  EXPECT_THAT(fates(), ElementsAre("joe@box.example delivered"));
}

TEST_F(WhoLog, ChosenByAllThatIsGiven) {
  choose(&MailPatterns::add_sender, "support@");
  choose(&MailPatterns::add_client, "11.0.0.0/24");
  accepted(1, "AAAA1111", "support@a.example", "joe@box.example");
  accepted(2, "BBBB2222", "support@b.example", "ann@box.example", "a[12.0.0.1]");
  accepted(3, "CCCC3333", "other@c.example", "eve@box.example");
  EXPECT_THAT(fates(), ElementsAre("joe@box.example delivered"));
}

TEST_F(WhoLog, ChosenByTime) {
  choice_.since = parse_expiry("2026-11-21T13:40:05Z").value();
  accepted(1, "AAAA1111", "a@b.example", "joe@box.example");
  accepted(5, "BBBB2222", "a@b.example", "ann@box.example");
  EXPECT_THAT(fates(), ElementsAre("ann@box.example delivered"));
}

TEST_F(WhoLog, WhatIsNotKnownDoesNotFit) {
  choose(&MailPatterns::add_helo, "mail.phish.example");
  accepted(1, "AAAA1111", "a@b.example", "joe@box.example");
  EXPECT_THAT(fates(), IsEmpty());
}

}  // namespace
}  // namespace postern::ctl::who_test::chosen_mails_test
