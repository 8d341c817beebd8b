// Messages to recipients for whom different rules count at the end: one transaction for each group
// of them, or the mildest verdict for all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "milter/session.h"
#include "tests/unit/milter/session_fixture.h"

namespace postern::milter::session_split_test {
namespace {

using testing::HasSubstr;
using testing::Not;
using Texts = std::vector<std::string>;

constexpr const char* kMixed =
    "452 4.5.3 Recipients under different rules: please send them in separate transactions";

constexpr const char* kRules = R"(
rules:
  - { name: users, when: { authenticated: yes }, then: pass }
  - { name: trap, when: { recipient: trap@ }, then: 'reject 550 5.7.1 "trap"' }
  - { name: grey, when: { recipient: grey@ }, then: 'defer 451 4.7.1 "later"' }
  - { name: swallow, when: { recipient: swallow@ }, then: discard }
  - { name: aside, when: { recipient: aside@ }, then: hold }
  - { name: postmaster, when: { recipient: [postmaster@, abuse@] }, then: pass }
  - { name: tried, mode: log, when: { recipient: tried@ }, then: pass }
  - { name: subject, when: { header.subject: '~win' }, then: 'reject 550 5.7.1 "subject"' }
  - { name: drop, when: { recipient: [drop@], header.subject: '~lure' }, then: discard }
  - { name: quiet, when: { recipient: [quiet@], header.subject: '~lure' }, then: hold }
)";

config::Settings with(MixedRecipients mixed) {
  config::Settings settings;
  settings.milter.mixed_recipients = mixed;
  return settings;
}

// What is said to each recipient, then at the end; nothing at the end when none is taken.
Texts message(MilterSession& session, const Texts& recipients, const std::string& subject,
              const MailMacros& macros = {}) {
  session.end_message();
  session.mail("<a@b.example>", macros);
  Texts said_to;
  bool taken = false;
  for (const std::string& recipient : recipients) {
    const MilterReply reply =
        session.rcpt("<" + recipient + "@d.example>", RecipientState::accepted, "Q1");
    taken = taken || reply.status == MilterReply::Status::proceed;
    said_to.push_back(said(reply));
  }
  if (!taken) return said_to;
  session.data("Q1");
  session.header("Subject", subject);
  said_to.push_back(said(session.end_of_message("Q1")));
  return said_to;
}

class Split : public testing::Test {
 protected:
  explicit Split(MixedRecipients mixed = MixedRecipients::split)
      : fixture_(kRules, with(mixed)), session_(fixture_.open()) {
    session_->connect("[192.0.2.1]", kClient, "");
  }

  Texts message_to(const Texts& recipients, const std::string& subject = "win",
                   const MailMacros& macros = {}) {
    return message(*session_, recipients, subject, macros);
  }

  SessionFixture fixture_;
  std::unique_ptr<MilterSession> session_;
};

class Mildest : public Split {
 protected:
  Mildest() : Split(MixedRecipients::mildest) {}
};

TEST_F(Split, OneMoreRecipientDoesNotLetAMessageIn) {
  EXPECT_EQ(message_to({"joe"}), (Texts{"-", "550 5.7.1 subject"}));
  EXPECT_EQ(message_to({"joe", "postmaster"}), (Texts{"-", kMixed, "550 5.7.1 subject"}));
  EXPECT_EQ(message_to({"postmaster", "joe"}), (Texts{"-", kMixed, "-"}));
  EXPECT_EQ(message_to({"joe", "postmaster", "ann", "abuse"}),
            (Texts{"-", kMixed, "-", kMixed, "550 5.7.1 subject"}));
}

TEST_F(Mildest, OneMoreRecipientLetsAMessageInToAll) {
  EXPECT_EQ(message_to({"joe", "postmaster"}), (Texts{"-", "-", "-"}));
  EXPECT_THAT(fixture_.logged(), HasSubstr("mixed_recipients=mildest"));
  EXPECT_THAT(fixture_.logged(), Not(HasSubstr("mixed_recipients=split")));
}

TEST_F(Split, TheLogSaysWhy) {
  message_to({"joe", "postmaster"});
  EXPECT_THAT(fixture_.logged(), HasSubstr("stage=rcpt rule=- action=defer reply=\"" +
                                           std::string(kMixed) + "\" mixed_recipients=split"));
}

TEST_F(Split, RecipientsOfOneGroupComeTogether) {
  EXPECT_EQ(message_to({"joe", "ann", "tried"}), (Texts{"-", "-", "-", "550 5.7.1 subject"}))
      << "a pass in mode log passes nobody";
  EXPECT_EQ(message_to({"postmaster", "abuse"}), (Texts{"-", "-", "-"}));
  EXPECT_EQ(message_to({"joe", "ann"}, "hello"), (Texts{"-", "-", "-"}));
  EXPECT_THAT(fixture_.logged(), Not(HasSubstr("mixed_recipients")));
}

TEST_F(Split, WhoIsRefusedIsNotTheFirst) {
  EXPECT_EQ(message_to({"trap", "grey", "postmaster", "joe"}),
            (Texts{"550 5.7.1 trap", "451 4.7.1 later", "-", kMixed, "-"}));
  EXPECT_EQ(message_to({"joe", "trap", "grey", "postmaster"}),
            (Texts{"-", "550 5.7.1 trap", "451 4.7.1 later", kMixed, "550 5.7.1 subject"}))
      << "a rule's own refusal comes before";
}

TEST_F(Split, WhoTheMtaRefusesIsNotTheFirst) {
  session_->mail("<a@b.example>", {});
  EXPECT_EQ(said(session_->rcpt("<joe@d.example>", RecipientState::refused, "")), "-");
  EXPECT_EQ(said(session_->rcpt("<abuse@d.example>", RecipientState::accepted, "")), "-");
  EXPECT_EQ(said(session_->rcpt("<joe@d.example>", RecipientState::accepted, "")), kMixed);
}

TEST_F(Split, EachMessageBeginsAnew) {
  EXPECT_EQ(message_to({"joe", "postmaster"}).front(), "-");
  EXPECT_EQ(message_to({"postmaster"}), (Texts{"-", "-"}));
  session_->helo("h.example");
  EXPECT_EQ(message_to({"joe"}), (Texts{"-", "550 5.7.1 subject"}));
}

TEST_F(Split, WhoPassesAnywayIsNotSplit) {
  EXPECT_EQ(message_to({"joe", "postmaster", "drop"}, "win", {.texts = {"ann"}}),
            (Texts{"-", "-", "-", "-"}));
  EXPECT_THAT(fixture_.logged(), Not(HasSubstr("mixed_recipients")));
}

TEST_F(Split, ADiscardOrHoldAtTheEndIsForItsRecipientsAlone) {
  EXPECT_EQ(message_to({"drop"}, "lure"), (Texts{"-", "discard"}));
  EXPECT_EQ(message_to({"drop", "joe"}, "lure"), (Texts{"-", kMixed, "discard"}));
  EXPECT_EQ(message_to({"joe", "drop", "quiet"}, "lure"), (Texts{"-", kMixed, kMixed, "-"}));
  EXPECT_FALSE(session_->dialogue().actions().hold_reason());
  EXPECT_EQ(message_to({"quiet"}, "lure"), (Texts{"-", "-"}));
  EXPECT_TRUE(session_->dialogue().actions().hold_reason());
}

// What is known at RCPT of discard and hold has always been about the whole message.
TEST_F(Split, ADiscardOrHoldAtRcptIsForAll) {
  EXPECT_EQ(message_to({"joe", "swallow"}), (Texts{"-", "discard", "550 5.7.1 subject"}));
  EXPECT_EQ(message_to({"postmaster", "aside"}, "hello"), (Texts{"-", "-", "-"}));
  EXPECT_TRUE(session_->dialogue().actions().hold_reason());
  EXPECT_EQ(message_to({"joe", "aside"}), (Texts{"-", kMixed, "550 5.7.1 subject"}))
      << "held it would come past the rule";
}

Texts repeated(std::size_t times, const std::string& text) {
  return Texts(times, text);
}

Texts followed_by(Texts texts, const Texts& more) {
  texts.insert(texts.end(), more.begin(), more.end());
  return texts;
}

// Postfix closes the connection at twenty errors.
TEST_F(Split, ManyOfAnotherGroupComeInUnlessItMatters) {
  const auto most = MessageGroup::kMaxDeferred;
  const Texts recipients = followed_by({"joe"}, repeated(50, "postmaster"));
  const Texts at_rcpt =
      followed_by(followed_by({"-"}, repeated(most, kMixed)), repeated(50 - most, "-"));
  EXPECT_EQ(message_to(recipients, "hello"), followed_by(at_rcpt, {"-"}));
  EXPECT_EQ(message_to(recipients, "win"), followed_by(at_rcpt, {kMixed})) << "nobody gets it";
  EXPECT_THAT(fixture_.logged(), HasSubstr("stage=eom rule=- action=defer reply=\"" +
                                           std::string(kMixed) + "\" mixed_recipients=split"));
  EXPECT_EQ(message_to({"joe", "postmaster"}), (Texts{"-", kMixed, "550 5.7.1 subject"}));
}

// As many as nobody remembers are judged all the same, unlike where they are not split.
TEST_F(Split, RecipientsWithoutNumber) {
  std::string all;
  for (int i = 0; i < 1200; ++i) all += "r" + std::to_string(i) + "@, ";
  fixture_.snapshots.replace(generation(2, "rules:\n  - { name: many, when: { recipient: [" + all +
                                               "], header.subject: '~win' }, then: reject }\n"));
  Texts recipients;
  for (int i = 0; i < 1200; ++i) recipients.push_back("r" + std::to_string(i));
  EXPECT_THAT(message_to(recipients).back(), HasSubstr("550 5.7.1"));
  Texts with_another = recipients;
  for (int i = 0; i < 20; ++i) with_another.push_back("joe");
  const Texts heard = message_to(with_another);
  EXPECT_THAT(heard.back(), HasSubstr("550 5.7.1"));
  EXPECT_EQ(std::count(heard.begin(), heard.end(), kMixed), 20) << "there is no room for more";
}

// A message is judged to its end by the rules that it began with.
TEST_F(Split, NewRulesInBetweenMakeNoOtherGroups) {
  session_->mail("<a@b.example>", {});
  EXPECT_EQ(said(session_->rcpt("<joe@d.example>", RecipientState::accepted, "")), "-");
  fixture_.snapshots.replace(
      generation(2, "rules: [{ name: a, when: { header.subject: '~win' }, then: reject }]\n"));
  EXPECT_EQ(said(session_->rcpt("<abuse@d.example>", RecipientState::accepted, "")), kMixed);
  EXPECT_EQ(message_to({"joe", "abuse"}), (Texts{"-", "-", "550 5.7.1 Rejected by local policy"}));
}

// The MTA waits for an answer to RCPT where there can be one, and nowhere else.
TEST_F(Split, TheAnswerToRcptIsAskedForWhereItIsNeeded) {
  const auto answers = [](const std::string& rules) {
    SessionFixture fixture("rules: [" + rules + "]\n");
    return fixture.open()->dialogue().answers(Stage::rcpt);
  };
  EXPECT_TRUE(answers("{ name: a, when: { header.subject: x, recipient: y@ }, then: reject }"));
  EXPECT_TRUE(answers("{ name: a, stage: data, when: { recipient: y@ }, then: reject }"));
  EXPECT_FALSE(answers("{ name: a, when: { header.subject: x }, then: reject }"));
  EXPECT_FALSE(
      answers("{ name: a, mode: log, when: { header.subject: x, recipient: y@ }, then: reject }"));
}

TEST_F(Split, RulesThatNameRecipientsAtTheEndAlone) {
  fixture_.snapshots.replace(generation(
      2,
      "rules: [{ name: a, when: { header.subject: '~win', not: { recipient: joe@ } }, then: "
      "'reject 550 5.7.1 all' }]\n"));
  EXPECT_EQ(message_to({"ann", "joe", "bob"}), (Texts{"-", kMixed, "-", "550 5.7.1 all"}));
  EXPECT_EQ(message_to({"joe"}), (Texts{"-", "-"}));
}

}  // namespace
}  // namespace postern::milter::session_split_test
