// What lines make of messages: each is told once, whatever stands between its lines.
#include "ctl/maillog/mail_assembler.h"

#include <gmock/gmock.h>

#include "tests/unit/ctl/maillog/mail_assembler_fixture.h"

namespace postern::ctl::maillog_test::mail_assembler_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(Assembled, AMessageOfPostfix) {
  for (const char* text :
       {"4QbJ1x0ghqz1x: client=mx.partner.example[198.51.100.7]:4711, sasl_method=PLAIN",
        "4QbJ1x0ghqz1x: message-id=<1@partner.example>",
        "4QbJ1x0ghqz1x: from=<news@partner.example>, size=1718, nrcpt=2 (queue active)",
        "4QbJ1x0ghqz1x: to=<joe@box.example>, orig_to=<info@box.example>, relay=virtual, "
        "delay=1.2, delays=0.1/0/0/1.1, dsn=2.0.0, status=sent (delivered to mailbox)",
        "4QbJ1x0ghqz1x: to=<ann@box.example>, relay=127.0.0.1[127.0.0.1]:10024, delay=2, "
        "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as DF66E940333)"}) {
    postfix(2, text);
  }
  EXPECT_THAT(ended_, IsEmpty());
  postfix(2, "4QbJ1x0ghqz1x: removed");
  postfix(9, "4104E3D0AB: removed");
  ASSERT_THAT(ended_, SizeIs(1)) << "a moment later";
  const LoggedMail& mail = ended_.front();
  EXPECT_EQ(mail.queue_id, "4QbJ1x0ghqz1x");
  EXPECT_EQ(format_utc(mail.time.value()), "2026-11-21T13:40:02Z");
  EXPECT_EQ(mail.client->name, "mx.partner.example");
  EXPECT_EQ(mail.sender, "news@partner.example");
  EXPECT_EQ(mail.message_id, "1@partner.example");
  EXPECT_EQ(mail.authenticated, true);
  EXPECT_FALSE(mail.helo) << "is in no line of an accepted mail";
  ASSERT_THAT(fates(mail), ElementsAre("joe@box.example delivered", "ann@box.example delivered"));
  EXPECT_EQ(mail.parts[0].original, "info@box.example");
  EXPECT_EQ(mail.parts[1].goes_on_as, "DF66E940333");
  EXPECT_THAT(decided_, ElementsAre("news@partner.example info@box.example delivered",
                                    "news@partner.example ann@box.example delivered"));
}

TEST_F(Assembled, DeferredAndLaterSentIsDecidedOnce) {
  begin(1, "4104E3D0AB");
  for (int hour = 0; hour < 3; ++hour) {
    deliver(3600 * hour + 2, "4104E3D0AB", "joe@box.example", "deferred (mailbox full)");
    EXPECT_THAT(decided_, ElementsAre("ann@a.example joe@box.example deferred"));
  }
  deliver(3 * 3600, "4104E3D0AB", "joe@box.example");
  EXPECT_THAT(decided_, SizeIs(1));
  EXPECT_THAT(fates(mail()), ElementsAre("joe@box.example delivered"));
}

TEST_F(Assembled, OneRecipientWhomAnAliasMakesSeveralIsDecidedOnce) {
  begin(1, "4104E3D0AB");
  for (const char* to : {"joe", "eve", "joe"}) {
    deliver(2, "4104E3D0AB", std::string(to) + "@in.example>, orig_to=<all@box.example");
  }
  EXPECT_THAT(decided_, ElementsAre("ann@a.example all@box.example delivered"));
  EXPECT_THAT(fates(mail()), ElementsAre("joe@in.example delivered", "eve@in.example delivered"));
}

TEST_F(Assembled, AnIdThatComesAgainIsAnotherMessage) {
  for (const int second : {1, 2, 20}) {
    begin(second, "4104E3D0AB", "a[11.0.0." + std::to_string(second) + "]");
    deliver(second, "4104E3D0AB", "joe@box.example");
    if (second != 1) postfix(second, "4104E3D0AB: removed");
  }
  EXPECT_THAT(decided_, SizeIs(3));
  ASSERT_THAT(mails(), SizeIs(3));
  EXPECT_EQ(ended_[2].client->address->to_string(), "11.0.0.20");
}

TEST_F(Assembled, ABounceOfThisHostUnderAnIdThatWasJustGivenBack) {
  begin(1, "4104E3D0AB");
  deliver(1, "4104E3D0AB", "joe@box.example", "bounced (no)");
  postfix(1, "4104E3D0AB: removed");
  postfix(1, "4104E3D0AB: from=<>, size=9, nrcpt=1 (queue active)");
  deliver(1, "4104E3D0AB", "ann@a.example");
  ASSERT_THAT(mails(), SizeIs(2));
  EXPECT_EQ(ended_[0].sender, "ann@a.example");
  EXPECT_EQ(ended_[1].sender, "");
  EXPECT_FALSE(ended_[1].client);
  EXPECT_THAT(decided_, SizeIs(1)) << "no client has brought it";
}

TEST_F(Assembled, ABounceFromOutsideIsAMessage) {
  postfix(1, "4104E3D0AB: client=a[11.0.0.7]");
  postfix(1, "4104E3D0AB: from=<>, size=9, nrcpt=1 (queue active)");
  deliver(1, "4104E3D0AB", "joe@box.example");
  EXPECT_THAT(decided_, ElementsAre(" joe@box.example delivered"));
  EXPECT_EQ(mail().sender, "");
}

TEST_F(Assembled, LinesInAnotherOrder) {
  deliver(1, "4104E3D0AB", "joe@box.example");
  postfix(1, "4104E3D0AB: removed");
  postfix(1, "4104E3D0AB: from=<ann@a.example>, size=9, nrcpt=2 (queue active)");
  EXPECT_THAT(decided_, IsEmpty());
  postfix(1, "4104E3D0AB: client=a[11.0.0.7]");
  deliver(1, "4104E3D0AB", "eve@box.example");
  EXPECT_THAT(decided_, ElementsAre("ann@a.example joe@box.example delivered",
                                    "ann@a.example eve@box.example delivered"));
  EXPECT_THAT(fates(mail()), SizeIs(2));
}

TEST_F(Assembled, HalfAMessageAtTheBeginAndAtTheEnd) {
  deliver(1, "4104E3D0AB", "joe@box.example", "deferred (later)");
  begin(30, "4104E3D0AB");  // the end of the first is not in the log either
  postfix(31, "AAAA1111: client=a[11.0.0.8]");
  ASSERT_THAT(mails(), SizeIs(3));
  EXPECT_THAT(decided_, IsEmpty());
  EXPECT_EQ(mails_.without_beginning(), 1U);
  EXPECT_FALSE(ended_[0].sender);
  EXPECT_THAT(fates(ended_[0]), ElementsAre("joe@box.example deferred"));
  EXPECT_EQ(ended_[1].sender, "ann@a.example");
  EXPECT_THAT(ended_[1].parts, IsEmpty());
  EXPECT_EQ(ended_[2].client->address->to_string(), "11.0.0.8");
  EXPECT_FALSE(ended_[2].sender);
}

const std::string kEnvelope =
    "from=<ann@a.example> to=<joe@box.example> proto=ESMTP helo=<mx.a.example>";

TEST_F(Assembled, EachAttemptWithoutAnIdIsOne) {
  for (int i = 0; i < 2; ++i) {
    postfix(1, "NOQUEUE: reject: RCPT from a[11.0.0.7]: 450 4.7.1 later; " + kEnvelope);
  }
  postfix(1, "NOQUEUE: reject_warning: RCPT from a[11.0.0.7]: 550 5.7.1 no; " + kEnvelope);
  postfix(1, "NOQUEUE: reject: CONNECT from a[11.0.0.7]: 554 5.7.1 no; proto=SMTP");
  postfix(1,
          "NOQUEUE: reject: RCPT from [11.0.0.7]:41234: 550 5.7.1 Service unavailable; "
          "from=<ann@a.example>, to=<joe@box.example>, proto=ESMTP, helo=<h.example>");
  EXPECT_THAT(decided_, ElementsAre("ann@a.example joe@box.example refused_for_now",
                                    "ann@a.example joe@box.example refused_for_now", "?  refused",
                                    "ann@a.example joe@box.example refused"));
  ASSERT_THAT(ended_, SizeIs(5));
  EXPECT_EQ(ended_[0].helo, "mx.a.example");
  EXPECT_THAT(ended_[2].parts, IsEmpty());
  EXPECT_EQ(ended_[2].verdict->action, "reject_warning");
  EXPECT_FALSE(ended_[4].client->name_asked) << "postscreen";
}

TEST_F(Assembled, ALineThatStandsForSeveralIsSoManyAttempts) {
  postfix(1, "NOQUEUE: reject: RCPT from a[11.0.0.7]: 550 5.7.1 no; " + kEnvelope);
  postfix(9, "message repeated 3 times: [ NOQUEUE: reject: RCPT from a[11.0.0.7]: 550 5.7.1 no; " +
                 kEnvelope + "]");
  EXPECT_THAT(decided_, SizeIs(4));
  ASSERT_THAT(ended_, SizeIs(4));
  EXPECT_LT(ended_[2].first_event, ended_[3].first_event);
  begin(10, "AAAA1111");
  deliver(11, "AAAA1111", "joe@box.example");
  postfix(12, "message repeated 2 times: [ AAAA1111: removed]");
  EXPECT_THAT(mails(), SizeIs(5)) << "what has an id is one message";
}

TEST_F(Assembled, HeldBeforeItHasAnIdAndReleased) {
  postfix(1, "NOQUEUE: hold: RCPT from a[11.0.0.7]: <joe@box.example>: look; " + kEnvelope);
  begin(2, "4104E3D0AB");
  deliver(900, "4104E3D0AB", "joe@box.example");
  EXPECT_THAT(decided_, ElementsAre("ann@a.example joe@box.example held"));
  EXPECT_THAT(fates(mail()), ElementsAre("joe@box.example delivered"));
  EXPECT_EQ(mail().helo, "mx.a.example");
}

TEST_F(Assembled, HeldOfASessionLongAgoIsAnother) {
  postfix(1, "NOQUEUE: hold: RCPT from a[11.0.0.7]: <joe@box.example>: look; " + kEnvelope);
  begin(9, "4104E3D0AB");
  EXPECT_THAT(mails(), SizeIs(2));
}

TEST_F(Assembled, RefusedAsAWholeIsDecidedOnce) {
  begin(1, "4104E3D0AB");
  postfix(1,
          "4104E3D0AB: milter-reject: END-OF-MESSAGE from a[11.0.0.7]: 5.7.1 spam; " + kEnvelope);
  sendmail(2, "u31FFPtp032300: Milter: from=<ann@a.example>, discard");
  sendmail(2, "u31FFPtp032300: from=<ann@a.example>, size=9, nrcpts=1, relay=[11.0.0.7]");
  sendmail(2, "u31FFPtp032300: to=<joe@box.example>, delay=00:00:00, pri=1, stat=discarded");
  EXPECT_THAT(decided_,
              ElementsAre("ann@a.example joe@box.example refused", "ann@a.example  discarded"));
}

TEST_F(Assembled, AFilterBringsItBackUnderAnotherId) {
  begin(1, "AAAA1111");
  begin(2, "BBBB2222", "localhost[127.0.0.1], orig_queue_id=AAAA1111, orig_client=a[11.0.0.7]");
  deliver(2, "AAAA1111", "joe@box.example", "sent (250 2.0.0 Ok: queued as BBBB2222)");
  deliver(2, "BBBB2222", "joe@box.example");
  ASSERT_THAT(mails(), SizeIs(2));
  for (const LoggedMail& one : ended_) {
    const bool is_first = one.queue_id == "AAAA1111";
    EXPECT_EQ(one.client->is_inside(), !is_first);
    EXPECT_EQ(one.parts.front().goes_on_as, is_first ? "BBBB2222" : "");
  }
}

// The first pass has no id, or is in the log of another host.
TEST_F(Assembled, AProxySaysWhoseClientItIs) {
  begin(1, "BBBB2222", "localhost[127.0.0.1], orig_client=mx.a.example[11.0.0.7]");
  begin(1, "CCCC3333",
        "gate.box.example[10.0.0.5], orig_queue_id=DDDD4444, orig_client=unknown[11.0.0.8]");
  ASSERT_THAT(mails(), SizeIs(2));
  EXPECT_EQ(ended_[0].client->name, "mx.a.example");
  EXPECT_EQ(ended_[1].client->address->to_string(), "11.0.0.8");
  EXPECT_FALSE(ended_[0].authenticated) << "XFORWARD does not say it";
}

TEST_F(Assembled, WhoHasAuthenticatedBeforeTheProxy) {
  postfix(1, "NOQUEUE: client=laptop[11.0.0.7], sasl_method=PLAIN, sasl_username=joe");
  begin(1, "BBBB2222", "localhost[127.0.0.1], orig_client=laptop[11.0.0.7]");
  EXPECT_EQ(mail().authenticated, true);
}

TEST_F(Assembled, SendmailRefusesBeforeItNamesTheSender) {
  sendmail(1, "u31FFPtp032300: <joe@box.example>... User unknown");
  sendmail(40,
           "u31FFPtp032300: ruleset=check_rcpt, arg1=<eve@box.example>, relay=a.example "
           "[11.0.0.7], reject=550 5.7.1 <eve@box.example>... Banned");
  EXPECT_THAT(decided_, IsEmpty());
  sendmail(50, "u31FFPtp032300: lost input channel from a.example [11.0.0.7] to MTA after rcpt");
  sendmail(50,
           "u31FFPtp032300: from=<ann@a.example>, size=0, class=0, nrcpts=0, proto=ESMTP, "
           "daemon=MTA, relay=a.example [11.0.0.7]");
  EXPECT_THAT(decided_, ElementsAre("ann@a.example joe@box.example refused",
                                    "ann@a.example eve@box.example refused"));
  EXPECT_EQ(mail().parts[0].text, "<joe@box.example>... User unknown");
}

TEST_F(Assembled, ASessionOfSendmailInWhichNothingWasSent) {
  sendmail(1,
           "u31FFPtp032300: a.example [11.0.0.7] did not issue MAIL/EXPN/VRFY/ETRN during "
           "connection to MTA-v4");
  EXPECT_THAT(decided_, IsEmpty());
  EXPECT_EQ(mail().client->name, "a.example");
}

TEST_F(Assembled, ThoseThatWaitForNothingAreGivenUpFirst) {
  begin(1, "AAAA1111");
  deliver(1, "AAAA1111", "joe@box.example", "deferred (later)");
  for (std::size_t i = 0; i < MailAssembler::kMaxOpen; ++i) {
    MailEvent event;
    event.queue_id = "u31FFP" + std::to_string(i);
    event.kind = MailEvent::Kind::delivery;
    event.delivery = LoggedDelivery{};
    event.delivery->status = "sent";
    event.recipients.emplace_back("joe@box.example");
    mails_.add(event);
  }
  EXPECT_THAT(ended_, SizeIs(MailAssembler::kMaxOpen / 2 + 1)) << "each with a recipient";
  deliver(3600, "AAAA1111", "joe@box.example");
  mails_.end();
  EXPECT_THAT(decided_, ElementsAre("ann@a.example joe@box.example deferred"));
  EXPECT_THAT(fates(ended_.back()), ElementsAre("joe@box.example delivered"));
}

}  // namespace
}  // namespace postern::ctl::maillog_test::mail_assembler_test
