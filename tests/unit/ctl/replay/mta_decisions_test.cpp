// Logs of Postfix and sendmail as decisions: what is told, and what is left untold.
#include "ctl/replay/mta_decisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctl/maillog/mail_line.h"
#include "rules/attribute.h"

namespace postern::ctl::mta_decisions_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Decisions : public testing::Test {
 protected:
  void add(const std::string& text, const std::string& time = "04:11:00") {
    const LogCalendar calendar{parse_expiry("2026-11-22T00:00:00Z").value(),
                               [](LocalTime local) { return UtcTime(local.time_since_epoch()); }};
    if (const auto event = read_mail_line("Nov 21 " + time + " mx " + text, calendar)) {
      decisions_.add(*event);
    }
  }
  // A message of Postfix that is delivered.
  void deliver(const std::string& id, const std::string& client, const std::string& more = "") {
    add("postfix/smtpd[1]: " + id + ": client=" + client + more);
    add("postfix/qmgr[2]: " + id + ": from=<ann@a.example>, size=9, nrcpt=1 (queue active)");
    add("postfix/local[3]: " + id +
        ": to=<joe@here.example>, relay=local, delay=0, dsn=2.0.0, status=sent (ok)");
    add("postfix/qmgr[2]: " + id + ": removed");
  }
  static bool untold(const replay::Past& past, Attribute attribute) {
    return is_untold(attribute, past.transaction);
  }
  std::vector<std::string> texts() {
    std::vector<std::string> all;
    for (const replay::Past& past : told_) {
      const Transaction& t = past.transaction;
      all.push_back((t.sender ? t.sender->text() : "?") + " " +
                    (t.recipient ? t.recipient->text() : "?") + " " + to_string(past.outcome));
    }
    return all;
  }

  std::vector<replay::Past> told_;
  std::vector<std::string> written_to_;
  MtaDecisions decisions_{
      {[this](const replay::Past& past, MailEvent::Mta) { told_.push_back(past); },
       [this](const DomainName& to) { written_to_.push_back(to.text()); }}};
};

TEST_F(Decisions, WhatPostfixTookIsToldWithoutHelo) {
  deliver("4QbJ1x0ghqz1", "mx.a.example[192.0.2.7]");
  ASSERT_THAT(texts(), ElementsAre("ann@a.example joe@here.example pass"));
  const replay::Past& past = told_.front();
  EXPECT_EQ(past.transaction.client->to_string(), "192.0.2.7");
  EXPECT_EQ(past.transaction.reverse_client_name, "mx.a.example");
  EXPECT_TRUE(untold(past, Attribute::helo));
  EXPECT_TRUE(untold(past, Attribute::tls));
  EXPECT_FALSE(untold(past, Attribute::sasl_username)) << "Postfix logs who has authenticated";
  EXPECT_FALSE(untold(past, Attribute::client_name));
  EXPECT_EQ(past.transaction.stage, Stage::eom);
  EXPECT_EQ(format_utc(past.time), "2026-11-21T04:11:00Z");
}

TEST_F(Decisions, ANameThatIsNotConfirmedLeavesThePtrUntold) {
  deliver("4QbJ1x0ghqz1", "unknown[192.0.2.7]");
  EXPECT_EQ(told_.front().transaction.client_name, "");
  EXPECT_FALSE(untold(told_.front(), Attribute::client_name));
  EXPECT_TRUE(untold(told_.front(), Attribute::reverse_client_name));
}

TEST_F(Decisions, EachRecipientCountsOnceUnderTheNameThatTheClientSaid) {
  add("postfix/smtpd[1]: 4QbJ1x0ghqz1: client=mx.a.example[192.0.2.7]");
  add("postfix/qmgr[2]: 4QbJ1x0ghqz1: from=<ann@a.example>, size=9, nrcpt=3 (queue active)");
  for (const char* status : {"deferred (later)", "sent (ok)"}) {
    for (const char* to : {"<joe@in.example>, orig_to=<all@here.example>",
                           "<eve@in.example>, orig_to=<all@here.example>", "<max@here.example>"}) {
      add("postfix/local[3]: 4QbJ1x0ghqz1: to=" + std::string(to) +
          ", relay=local, delay=0, dsn=2.0.0, status=" + status);
    }
  }
  EXPECT_THAT(texts(), ElementsAre("ann@a.example all@here.example pass",
                                   "ann@a.example max@here.example pass"));
  EXPECT_EQ(told_[0].message, told_[1].message);
}

TEST_F(Decisions, ARefusalHasItsCodeAndHelo) {
  const std::string rest =
      "; from=<ann@a.example> to=<joe@here.example> proto=ESMTP helo=<mx.a.example>";
  const std::string front = "postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: ";
  add(front + "554 5.7.1 Service unavailable" + rest);
  add(front + "450 4.2.0 Greylisted" + rest);
  add("postfix/smtpd[1]: NOQUEUE: discard: RCPT from unknown[192.0.2.7]: <joe@here.example>: "
      "dropped" +
      rest);
  EXPECT_THAT(texts(), ElementsAre("ann@a.example joe@here.example reject 554",
                                   "ann@a.example joe@here.example defer 450",
                                   "ann@a.example joe@here.example discard"));
  EXPECT_EQ(told_.front().transaction.helo, "mx.a.example");
  EXPECT_FALSE(untold(told_.front(), Attribute::helo));
  EXPECT_TRUE(untold(told_.front(), Attribute::sasl_username));
}

TEST_F(Decisions, AWarningLetsItIn) {
  add("postfix/smtpd[1]: NOQUEUE: reject_warning: RCPT from unknown[192.0.2.7]: 554 5.7.1 x; "
      "from=<ann@a.example> to=<joe@here.example> proto=ESMTP helo=<a>");
  EXPECT_THAT(texts(), IsEmpty());
}

TEST_F(Decisions, PostscreenAsksForNoName) {
  add("postfix/postscreen[1]: NOQUEUE: reject: RCPT from [192.0.2.7]:4711: 550 5.7.1 Service "
      "unavailable; client [192.0.2.7] blocked using x; from=<ann@a.example>, "
      "to=<joe@here.example>, proto=ESMTP, helo=<a>");
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_TRUE(untold(told_.front(), Attribute::client_name));
}

TEST_F(Decisions, AMilterThatRefusesTheMessageRefusesItForTheRecipientOfTheLine) {
  add("postfix/smtpd[1]: 4QbJ1x0ghqz1: client=mx.a.example[192.0.2.7]");
  add("postfix/cleanup[1]: 4QbJ1x0ghqz1: milter-reject: END-OF-MESSAGE from "
      "mx.a.example[192.0.2.7]: 5.7.1 Banned; from=<ann@a.example> to=<joe@here.example> "
      "proto=ESMTP helo=<mx.a.example>");
  EXPECT_THAT(texts(), ElementsAre("ann@a.example joe@here.example reject"));
}

TEST_F(Decisions, OursAreLeftOutAndTellWhomWeKnow) {
  deliver("4QbJ1x0ghqz1", "localhost[127.0.0.1]");
  deliver("4QbJ1x0ghqz2", "laptop.example[198.51.100.9]", ", sasl_method=PLAIN, sasl_username=joe");
  EXPECT_THAT(texts(), IsEmpty());
  EXPECT_EQ(decisions_.own(), 2U);
  EXPECT_THAT(written_to_, ElementsAre("here.example"));
}

TEST_F(Decisions, AQueueIdComesAgain) {
  deliver("4QbJ1x0ghqz1", "mx.a.example[192.0.2.7]");
  deliver("4QbJ1x0ghqz1", "mx.a.example[192.0.2.8]");
  ASSERT_EQ(told_.size(), 2U);
  EXPECT_EQ(told_[1].transaction.client->to_string(), "192.0.2.8");
}

TEST_F(Decisions, AMessageThatBeganBeforeTheLogIsCounted) {
  add("postfix/local[3]: 4QbJ1x0ghqz1: to=<joe@here.example>, relay=local, delay=0, dsn=2.0.0, "
      "status=sent (ok)");
  decisions_.end();
  EXPECT_THAT(texts(), IsEmpty());
  EXPECT_EQ(decisions_.without_beginning(), 1U);
}

const std::string kSendmail = "sm-mta[1]: uALDe2x10001: ";

TEST_F(Decisions, SendmailSaysInTheProtocolWhatTheSessionWas) {
  add(kSendmail +
      "from=<ann@a.example>, size=9, class=0, nrcpts=1, msgid=<x@y>, proto=ESMTPS, "
      "daemon=MTA, relay=mx.a.example [192.0.2.7]");
  add(kSendmail +
      "to=<joe@here.example>,<eve@here.example>, delay=00:00:00, mailer=local, pri=1, "
      "dsn=2.0.0, stat=Sent");
  ASSERT_THAT(texts(), ElementsAre("ann@a.example joe@here.example pass",
                                   "ann@a.example eve@here.example pass"));
  EXPECT_EQ(told_.front().transaction.tls, TlsState::encrypted);
  EXPECT_FALSE(untold(told_.front(), Attribute::sasl_username));
  EXPECT_TRUE(untold(told_.front(), Attribute::helo));
}

TEST_F(Decisions, SendmailNamesTheSenderBehindTheRefusal) {
  add(kSendmail +
      "ruleset=check_rcpt, arg1=<joe@here.example>, relay=mx.a.example [192.0.2.7], "
      "reject=550 5.7.1 <joe@here.example>... Banned");
  EXPECT_THAT(texts(), IsEmpty()) << "the sender comes yet";
  add(kSendmail +
      "from=<ann@a.example>, size=0, class=0, nrcpts=0, proto=ESMTP, daemon=MTA, "
      "relay=mx.a.example [192.0.2.7]");
  EXPECT_THAT(texts(), ElementsAre("ann@a.example joe@here.example reject 550"));
}

TEST_F(Decisions, WithoutASenderThereIsNoDecision) {
  add(kSendmail +
      "ruleset=check_rcpt, arg1=<joe@here.example>, relay=mx.a.example [192.0.2.7], "
      "reject=550 5.7.1 <joe@here.example>... Banned");
  decisions_.end();
  EXPECT_THAT(texts(), IsEmpty());
  EXPECT_EQ(decisions_.without_beginning(), 1U);
}

TEST_F(Decisions, AClientThatIsRefusedHasSaidNothing) {
  add("sm-mta[1]: uALDe2x10001: ruleset=check_relay, arg1=[192.0.2.7], arg2=192.0.2.7, "
      "relay=[192.0.2.7], reject=553 5.3.0 Banned");
  decisions_.end();
  ASSERT_THAT(texts(), ElementsAre("? ? reject 553"));
  EXPECT_EQ(told_.front().transaction.stage, Stage::connect);
}

TEST_F(Decisions, MemoryIsBounded) {
  for (std::size_t i = 0; i < MailAssembler::kMaxOpen / 2 + 10; ++i) {  // each with a recipient
    add("sm-mta[1]: uALDe2x1" + std::to_string(100'000 + i) +
        ": ruleset=check_rcpt, arg1=<joe@here.example>, relay=[192.0.2.7], reject=550 5.7.1 x");
  }
  EXPECT_EQ(decisions_.without_beginning(), 10U) << "the oldest have been given up";
}

}  // namespace
}  // namespace postern::ctl::mta_decisions_test
