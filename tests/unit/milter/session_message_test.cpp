// Messages: several recipients, and what is done at the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "milter/session.h"
#include "tests/unit/milter/session_fixture.h"

namespace postern::milter::session_message_test {
namespace {

using testing::HasSubstr;
using Headers = std::vector<Header>;

constexpr auto kTaken = RecipientState::accepted;

constexpr const char* kRules = R"(
rules:
  - { name: trap, when: { recipient: trap@ }, then: 'reject 550 5.7.1 "trap"' }
  - { name: aside, when: { recipient: aside@ }, then: 'hold "put aside"' }
  - { name: one, when: { recipient: one@, header.subject: '~tag' },
      then: { prepend: 'X-For: one' } }
  - { name: two, when: { recipient: two@, header.subject: '~tag' },
      then: { prepend: 'X-For: two' } }
  - { name: strict-tag, when: { recipient: strict@, header.subject: ['~tag', '~bad'] },
      then: { prepend: 'X-For: strict' } }
  - { name: strict, when: { recipient: strict@, header.subject: '~bad' },
      then: 'reject 550 5.7.1 "strict"' }
  - { name: later, when: { recipient: later@, header.subject: '~bad' },
      then: 'defer 450 4.7.1 "later"' }
  - { name: drop, when: { recipient: drop@, header.subject: '~bad' }, then: discard }
  - { name: held, when: { recipient: held@, header.subject: '~bad' }, then: 'hold "bad subject"' }
  - { name: on-trial, when: { recipient: tried@, header.subject: '~bad' }, then: reject, mode: log }
)";

// What is said at the end of a message to these local parts.
std::string message(MilterSession& session, const std::vector<std::string>& recipients,
                    const std::string& subject) {
  session.mail("<a@b.example>", {});
  for (const std::string& recipient : recipients) {
    session.rcpt("<" + recipient + "@d.example>", kTaken, "Q1");
  }
  session.data("Q1");
  session.header("Subject", subject);
  return said(session.end_of_message("Q1"));
}

class MilterMessage : public testing::Test {
 protected:
  std::string message_to(const std::vector<std::string>& recipients, const std::string& subject) {
    session_->end_message();
    return message(*session_, recipients, subject);
  }

  [[nodiscard]] const EndOfMessageActions& actions() const {
    return session_->dialogue().actions();
  }

  static config::Settings settings() {
    config::Settings settings;
    settings.milter.mixed_recipients = MixedRecipients::mildest;
    return settings;
  }

  SessionFixture fixture_{kRules, settings()};
  std::unique_ptr<MilterSession> session_ = fixture_.open();
};

TEST_F(MilterMessage, OneRecipientIsJudgedByTheWholeMessage) {
  EXPECT_EQ(message_to({"strict"}, "bad"), "550 5.7.1 strict");
  EXPECT_EQ(message_to({"strict"}, "good"), "-");
  EXPECT_EQ(message_to({"later"}, "bad"), "450 4.7.1 later");
  EXPECT_EQ(message_to({"drop"}, "bad"), "discard");
  EXPECT_EQ(message_to({"held"}, "bad"), "-");
  EXPECT_EQ(actions().hold_reason(), "bad subject");
}

TEST_F(MilterMessage, OfSeveralRecipientsTheMildestWins) {
  EXPECT_EQ(message_to({"strict", "anybody"}, "bad"), "-");
  EXPECT_EQ(message_to({"anybody", "strict"}, "bad"), "-");
  EXPECT_EQ(message_to({"strict", "later"}, "bad"), "450 4.7.1 later");
  EXPECT_EQ(message_to({"drop", "strict"}, "bad"), "550 5.7.1 strict");
  EXPECT_EQ(message_to({"drop", "later", "strict"}, "bad"), "450 4.7.1 later");
  EXPECT_EQ(message_to({"drop", "drop"}, "bad"), "discard");
}

TEST_F(MilterMessage, HeldOnlyWhenThatIsTheMildest) {
  EXPECT_EQ(message_to({"strict", "held"}, "bad"), "-");
  EXPECT_EQ(actions().hold_reason(), "bad subject");
  EXPECT_EQ(message_to({"held", "anybody"}, "bad"), "-");
  EXPECT_FALSE(actions().hold_reason());
}

TEST_F(MilterMessage, TheLineNamesTheRecipientWhoseVerdictItIs) {
  message_to({"drop", "strict", "later"}, "bad");
  EXPECT_THAT(fixture_.logged(), HasSubstr("recipient=later@d.example recipient_count=3"));
}

TEST_F(MilterMessage, TheLineSaysWhatADryRunWouldHaveDoneForAnyRecipient) {
  message_to({"anybody", "tried"}, "bad");
  EXPECT_THAT(fixture_.logged(), HasSubstr("would=on-trial:reject"));
}

TEST_F(MilterMessage, HeadersOfEachRecipientButNotOfThoseThatAreRefused) {
  EXPECT_EQ(message_to({"one", "strict", "two"}, "bad tag"), "-");
  EXPECT_EQ(actions().headers(), (Headers{{"X-For", "one"}, {"X-For", "two"}}));
  EXPECT_EQ(message_to({"strict", "one"}, "tag"), "-");
  EXPECT_EQ(actions().headers(), (Headers{{"X-For", "strict"}, {"X-For", "one"}}));
}

TEST_F(MilterMessage, HeldAtRcptItStaysHeld) {
  EXPECT_EQ(message_to({"aside", "anybody"}, "good"), "-");
  EXPECT_EQ(actions().hold_reason(), "put aside");
  EXPECT_EQ(message_to({"anybody"}, "good"), "-") << "and not the next one";
  EXPECT_TRUE(actions().empty());
}

TEST_F(MilterMessage, ARecipientThatIsRefusedIsNotPartOfIt) {
  EXPECT_EQ(message_to({"trap", "strict"}, "bad"), "550 5.7.1 strict");
  EXPECT_EQ(message_to({"trap", "held"}, "bad"), "-");
  EXPECT_EQ(actions().hold_reason(), "bad subject");
}

TEST_F(MilterMessage, RecipientsRefusedByTheMtaAreNotedAndNotPartOfIt) {
  SessionFixture fixture(R"(
rules:
  - { name: probe, when: { recipient_refused: yes }, then: 'log "probed"' }
  - { name: trap, when: { recipient: trap@ }, then: 'reject 550 5.7.1 "trap"' }
  - { name: strict, when: { recipient: strict@, header.subject: '~bad' },
      then: 'reject 550 5.7.1 "strict"' }
)");
  const auto session = fixture.open();
  session->mail("<a@b.example>", {});
  EXPECT_EQ(said(session->rcpt("<trap@d.example>", RecipientState::refused, "")), "-");
  EXPECT_EQ(said(session->rcpt("<strict@d.example>", kTaken, "")), "-");
  session->header("Subject", "bad");
  EXPECT_EQ(said(session->end_of_message("")), "550 5.7.1 strict");
  EXPECT_THAT(fixture.logged(), HasSubstr("also=probe"));
  EXPECT_THAT(fixture.logged(), HasSubstr("recipient_refused=yes"));
}

TEST_F(MilterMessage, RefusedAtDataItIsJudgedByAllOfThem) {
  SessionFixture fixture(R"(
rules:
  - { name: strict, stage: data, when: { recipient: strict@ }, then: 'reject 550 5.7.1 "strict"' }
)",
                         settings());
  const auto session = fixture.open();
  for (const bool alone : {true, false}) {
    session->mail("<a@b.example>", {});
    session->rcpt("<strict@d.example>", kTaken, "");
    if (!alone) session->rcpt("<anybody@d.example>", kTaken, "");
    EXPECT_EQ(said(session->data("")), alone ? "550 5.7.1 strict" : "-");
    session->end_message();
  }
}

TEST_F(MilterMessage, HeadersComeOnceHoweverOftenTheyAreAskedFor) {
  SessionFixture fixture(R"(
rules:
  - { name: tag, when: { client: 192.0.2.1 },
      then: [{ prepend: 'X-A: 1' }, { prepend: 'X-B: {sender_domain}' }] }
  - { name: trap, when: { recipient: trap@ }, then: reject }
  - { name: subject, when: { header.subject: '~bad' }, then: reject }
)");
  const auto session = fixture.open();
  session->connect("x", kClient, "");
  EXPECT_EQ(message(*session, {"one", "two", "trap", "three"}, "good"), "-");
  EXPECT_EQ(session->dialogue().actions().headers(), (Headers{{"X-A", "1"}, {"X-B", "b.example"}}));
  session->end_message();
  EXPECT_TRUE(session->dialogue().actions().empty());
  EXPECT_EQ(message(*session, {"one"}, "good"), "-");
  EXPECT_EQ(session->dialogue().actions().headers().size(), 2U);
}

TEST_F(MilterMessage, AHeloInBetweenForgetsWhatWasToBeDone) {
  session_->mail("<a@b.example>", {});
  session_->rcpt("<aside@d.example>", kTaken, "");
  session_->helo("again.example");
  EXPECT_TRUE(actions().empty());
  EXPECT_EQ(message(*session_, {"anybody"}, "good"), "-");
  EXPECT_TRUE(actions().empty());
}

TEST_F(MilterMessage, AQueueIdThatComesLateIsInTheLaterLines) {
  session_->mail("<a@b.example>", {});
  session_->rcpt("<anybody@d.example>", kTaken, "");
  session_->data("LATE1");
  session_->end_of_message("");
  EXPECT_THAT(fixture_.logged(), HasSubstr("stage=eom rule=- action=pass reply=CONTINUE"));
  EXPECT_THAT(fixture_.logged(), HasSubstr("queue_id=LATE1"));
}

// However often it is named, and with whom else.
TEST_F(MilterMessage, RecipientsWithoutNumber) {
  const std::vector<std::string> often(1500, "strict");
  EXPECT_EQ(message_to(often, "bad"), "550 5.7.1 strict");
  std::vector<std::string> many;
  for (int i = 0; i < 1500; ++i) many.push_back("r" + std::to_string(i));
  EXPECT_EQ(message_to(many, "bad"), "-");
  many.push_back("trap");
  many.push_back("strict");
  EXPECT_EQ(message_to(many, "bad"), "-") << "it is good mail for all others";
  EXPECT_THAT(fixture_.logged(), HasSubstr("recipient_count=1501"));
}

// As from a sender who hopes that what comes last is not looked at.
TEST_F(MilterMessage, ManyFieldsDoNotHideAnother) {
  session_->end_message();
  session_->mail("<a@b.example>", {});
  session_->rcpt("<strict@d.example>", kTaken, "Q1");
  for (int i = 0; i < 2000; ++i) session_->header("X-Other", "x");
  session_->header("Subject", "bad");
  EXPECT_EQ(said(session_->end_of_message("Q1")), "550 5.7.1 strict");
}

// Cut, it is neither found nor missing; that it was cut is known, logged and counted.
TEST_F(MilterMessage, WhatWasCutIsSaid) {
  SessionFixture fixture(R"(
rules:
  - { name: bad, when: { header.subject: '~bad' }, then: 'reject 550 5.7.1 "bad"' }
  - { name: whole, when: { header.comments: '~.', headers_cut: no }, then: { prepend: 'X-Cut: no' } }
  - { name: long, when: { headers_cut: yes }, then: 'hold "too much"' }
)");
  const auto session = fixture.open();
  const auto end_with = [&](const std::string& field, std::size_t bytes) {
    session->end_message();
    session->mail("<a@b.example>", {});
    session->rcpt("<r@d.example>", kTaken, "");
    session->header("Comments", "x");
    session->header(field, std::string(bytes, 'x') + "bad");
    return said(session->end_of_message(""));
  };
  EXPECT_EQ(end_with("Subject", 100), "550 5.7.1 bad");
  EXPECT_EQ(end_with("X-Other", 100000), "-") << "no rule looks at it";
  EXPECT_EQ(session->dialogue().actions().headers(), (Headers{{"X-Cut", "no"}}));
  EXPECT_EQ(fixture.hits.cut_headers(), 0U);
  EXPECT_THAT(fixture.logged(), testing::Not(HasSubstr("cut=")));
  EXPECT_EQ(end_with("Subject", 100000), "-");
  EXPECT_EQ(session->dialogue().actions().hold_reason(), "too much");
  EXPECT_TRUE(session->dialogue().actions().headers().empty());
  EXPECT_THAT(fixture.logged(), HasSubstr("cut=\"subject 1 field 67299 bytes\""));
  EXPECT_EQ(fixture.hits.cut_headers(), 1U);
}

}  // namespace
}  // namespace postern::milter::session_message_test
