// What was decided, joined with what the MTA did.
#include <gmock/gmock.h>

#include "tests/unit/ctl/who/who_fixture.h"

namespace postern::ctl::who_test::receipts_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kMail = "client=11.0.0.7 helo=x sender=a@b.example ";
const std::string kPass = "stage=rcpt rule=- action=pass reply=DUNNO ";
const std::string kReject = "stage=rcpt rule=adp action=reject reply=\"550 5.7.1 no\" ";

TEST_F(WhoLog, ByClientSenderAndRecipient) {
  decision(1, kPass + kMail + "recipient=joe@box.example instance=i1");
  accepted(2, "4104E3D0AB", "a@B.example", "Joe@box.example");
  const auto all = receipts();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].queue_id, "4104E3D0AB");
  EXPECT_EQ(all[0].part.fate, Fate::delivered);
  EXPECT_EQ(all[0].decision->generation, "11");
  EXPECT_EQ(all[0].helo, "x") << "no MTA's log has it of accepted mail";
}

TEST_F(WhoLog, WhatWasDecidedLongBeforeIsAboutAnotherMessage) {
  decision(1, kPass + kMail + "recipient=joe@box.example instance=i1");
  accepted(9, "4104E3D0AB", "a@b.example", "joe@box.example");
  EXPECT_THAT(fates(), ElementsAre("joe@box.example let_in -", "joe@box.example delivered"));
}

TEST_F(WhoLog, ByInstanceThatHasAnIdLater) {
  decision(1, kPass + kMail + "recipient=joe@box.example instance=i1");
  decision(30, kPass + kMail + "recipient=ann@box.example instance=i1 queue_id=4104E3D0AB");
  smtpd(31, "4104E3D0AB: client=a[11.0.0.7]");
  qmgr(32, "4104E3D0AB: from=<a@b.example>, size=9, nrcpt=2 (queue active)");
  for (const char* who : {"joe", "ann"}) {
    agent(33, std::string("4104E3D0AB: to=<") + who +
                  "@box.example>, relay=local, dsn=2.0.0, status=sent (ok)");
  }
  EXPECT_THAT(fates(), ElementsAre("joe@box.example delivered -", "ann@box.example delivered -"));
}

TEST_F(WhoLog, ARefusalIsOneWithTheLineOfTheMta) {
  decision(1, kReject + kMail + "recipient=joe@box.example instance=i1");
  smtpd(1,
        "NOQUEUE: reject: RCPT from a[11.0.0.7]: 550 5.7.1 <joe@box.example>: Recipient address "
        "rejected: no; from=<a@b.example> to=<joe@box.example> proto=ESMTP helo=<x>");
  EXPECT_THAT(fates(), ElementsAre("joe@box.example refused adp"));
}

TEST_F(WhoLog, TwoAttemptsInOneSecondAreTwo) {
  for (const char* instance : {"i1", "i2"}) {
    decision(1, kReject + kMail + "recipient=joe@box.example instance=" + instance);
    smtpd(1,
          "NOQUEUE: reject: RCPT from a[11.0.0.7]: 550 5.7.1 <joe@box.example>: no; "
          "from=<a@b.example> to=<joe@box.example> proto=ESMTP helo=<x>");
  }
  EXPECT_THAT(fates(), ElementsAre("joe@box.example refused adp", "joe@box.example refused adp"));
}

TEST_F(WhoLog, TwoMessagesInOneSecondHaveADecisionEach) {
  for (const char* id : {"AAAA1111", "BBBB2222"}) {
    decision(2, kPass + kMail + "recipient=joe@box.example");
    accepted(2, id, "a@b.example", "joe@box.example");
  }
  EXPECT_THAT(fates(), ElementsAre("joe@box.example delivered -", "joe@box.example delivered -"));
}

TEST_F(WhoLog, OneAttemptMayBeDecidedTwice) {
  accepted(2, "4104E3D0AB", "a@b.example", "joe@box.example");
  for (int i = 0; i < 2; ++i) decision(2, kPass + kMail + "recipient=joe@box.example instance=i1");
  EXPECT_THAT(fates(), SizeIs(1));
}

TEST_F(WhoLog, AliasesAreFoundByWhatTheClientSaid) {
  decision(1, kPass + kMail + "recipient=info@box.example instance=i1");
  smtpd(1, "4104E3D0AB: client=a[11.0.0.7]");
  qmgr(1, "4104E3D0AB: from=<a@b.example>, size=9, nrcpt=2 (queue active)");
  agent(2,
        "4104E3D0AB: to=<joe@box.example>, orig_to=<info@box.example>, relay=local, dsn=2.0.0, "
        "status=sent (ok)");
  EXPECT_THAT(fates(), ElementsAre("joe@box.example delivered -"));
}

// canonical(5) rewrites before there is an orig_to=.
TEST_F(WhoLog, ARewrittenRecipientHasTheDecisionOfItsMessage) {
  decision(1, kPass + kMail + "recipient=j.doe@box.example instance=i1 queue_id=4104E3D0AB");
  accepted(1, "4104E3D0AB", "a@b.example", "joe@box.example");
  EXPECT_THAT(fates(), ElementsAre("joe@box.example delivered -"));
}

TEST_F(WhoLog, RefusedAtTheEndAreAllWhoWereLetIn) {
  for (const char* who : {"joe", "ann"}) {
    decision(1, kPass + kMail + "queue_id=4104E3D0AB recipient=" + who + "@box.example");
  }
  decision(2, "stage=eom rule=viagra action=reject reply=\"550 5.7.1 no\" " + kMail +
                  "queue_id=4104E3D0AB recipient=joe@box.example recipient_count=2");
  EXPECT_THAT(fates(),
              ElementsAre("joe@box.example refused viagra", "ann@box.example refused viagra"));
}

// Of a milter, before there is a recipient.
TEST_F(WhoLog, RefusedOrDiscardedAtMail) {
  const std::string discard = "stage=mail rule=lost action=discard reply=DISCARD " + kMail;
  decision(1, discard + "queue_id=u31FFPtp032300");
  sendmail(1, "u31FFPtp032300: Milter: from=<a@b.example>, discard");
  sendmail(1, "u31FFPtp032300: from=<a@b.example>, size=9, nrcpts=1, relay=[11.0.0.7]");
  sendmail(1, "u31FFPtp032300: to=<joe@box.example>, delay=00:00:00, pri=1, stat=discarded");
  decision(9, discard + "instance=i2");
  smtpd(9,
        "NOQUEUE: milter-discard: MAIL from a[11.0.0.7]: milter triggers DISCARD action; "
        "from=<a@b.example> proto=ESMTP helo=<x>");
  smtpd(9, "AAAA1111: client=a[11.0.0.7]");
  EXPECT_THAT(fates(), ElementsAre("joe@box.example discarded lost", " discarded lost"));
}

TEST_F(WhoLog, OneOfTwoRecipientsIsRefused) {
  decision(1, kPass + kMail + "queue_id=4104E3D0AB recipient=joe@box.example");
  decision(1, kReject + kMail + "queue_id=4104E3D0AB recipient=ann@box.example");
  accepted(1, "4104E3D0AB", "a@b.example", "joe@box.example");
  EXPECT_THAT(fates(), ElementsAre("joe@box.example delivered -", "ann@box.example refused adp"));
}

TEST_F(WhoLog, ThroughAContentFilterItIsTheDecisionOfTheFirstPass) {
  decision(1, kPass + kMail + "queue_id=AAAA1111 recipient=joe@box.example");
  smtpd(1, "AAAA1111: client=unknown[11.0.0.7]");
  qmgr(1, "AAAA1111: from=<a@b.example>, size=9, nrcpt=1 (queue active)");
  smtpd(2, "BBBB2222: client=localhost[127.0.0.1]");
  qmgr(2, "BBBB2222: from=<a@b.example>, size=9, nrcpt=1 (queue active)");
  agent(2,
        "AAAA1111: to=<joe@box.example>, relay=127.0.0.1[127.0.0.1]:10024, dsn=2.0.0, "
        "status=sent (250 2.0.0 Ok: queued as BBBB2222)");
  agent(3, "BBBB2222: to=<joe@box.example>, relay=local, dsn=2.0.0, status=sent (ok)");
  EXPECT_THAT(fates(), ElementsAre("joe@box.example delivered -"));
}

TEST_F(WhoLog, StagesThatAreAboutNobodyAreNone) {
  decision(1, "stage=connect rule=x action=reject reply=\"550 no\" client=11.0.0.7");
  decision(1, "stage=mail rule=- action=pass reply=CONTINUE " + kMail);
  EXPECT_THAT(fates(), IsEmpty());
  decision(1, "stage=mail rule=x action=reject reply=\"550 no\" " + kMail);
  EXPECT_THAT(fates(), ElementsAre(" refused x"));
}

TEST_F(WhoLog, ChosenByRule) {
  choice_.rule = "adp";
  decision(1, kReject + kMail + "recipient=joe@box.example instance=i1");
  decision(2, kPass + kMail + "recipient=ann@box.example instance=i2");
  decision(3, kPass + kMail + "recipient=eve@box.example instance=i3 would=adp:reject");
  accepted(3, "4104E3D0AB", "a@b.example", "eve@box.example");
  EXPECT_THAT(fates(), ElementsAre("joe@box.example refused adp", "eve@box.example delivered -"));
}

TEST_F(WhoLog, ChosenByEntry) {
  choice_.entry = ".phish.example";
  decision(1, kReject + kMail + "recipient=joe@box.example entry=.phish.example list=campaign");
  decision(2, kReject + kMail + "recipient=ann@box.example entry=.other.example list=campaign");
  EXPECT_THAT(fates(), ElementsAre("joe@box.example refused adp"));
}

}  // namespace
}  // namespace postern::ctl::who_test::receipts_test
