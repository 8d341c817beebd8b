// Messages that are redirected or copied: for whom, at which stage the rule decides, and with an
// MTA that cannot change recipients.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "milter/session.h"
#include "tests/unit/milter/session_fixture.h"

namespace postern::milter::session_capture_test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Texts = std::vector<std::string>;

constexpr const char* kRules = R"(
capture_domains: cap.example
rules:
  - { name: boss, when: { recipient: boss@ }, then: pass }
  - { name: taken, when: { sender_domain: taken.example }, then: redirect c@cap.example }
  - { name: trap, when: { recipient: [trap@, lure@] }, then: redirect trap@cap.example }
  - { name: copied, when: { sender_domain: copied.example }, then: copy copies@cap.example }
  - { name: word, when: { recipient_domain: d.example, header.subject: '~win' }, then: redirect c@cap.example }
  - { name: bad, when: { recipient: ann@, header.subject: '~bad' }, then: 'reject 550 5.7.1 "bad"' }
)";

class SessionCapture : public testing::Test {
 protected:
  void use(const MilterOffer& offer, MixedRecipients mixed = MixedRecipients::split,
           const std::string& rules = kRules) {
    config::Settings settings;
    settings.milter.mixed_recipients = mixed;
    session_.reset();
    fixture_.emplace(rules, settings);
    session_ = fixture_->open(offer);
    session_->connect("[x]", *IpAddress::parse("192.0.2.1"), "");
    session_->helo("h.example");
  }

  // What is said to each recipient, then at the end.
  Texts send(const std::string& sender, const Texts& recipients, const std::string& subject = "") {
    session_->end_message();
    session_->mail("<" + sender + ">", {});
    Texts all;
    for (const std::string& recipient : recipients) {
      all.push_back(said(session_->rcpt("<" + recipient + ">", RecipientState::accepted, "Q1")));
    }
    session_->data("Q1");
    session_->header("Subject", subject);
    all.push_back(said(session_->end_of_message("Q1")));
    return all;
  }

  [[nodiscard]] const RecipientChanges& changes() const {
    return session_->dialogue().actions().recipients();
  }

  void SetUp() override { use(SessionFixture::kOffer); }

  std::optional<SessionFixture> fixture_;
  std::unique_ptr<MilterSession> session_;
};

TEST_F(SessionCapture, BySenderAllRecipientsAreReplaced) {
  EXPECT_EQ(send("x@taken.example", {"ann@d.example", "bob@e.example"}), (Texts{"-", "-", "-"}));
  EXPECT_EQ(changes().removed(), (Texts{"<ann@d.example>", "<bob@e.example>"}));
  EXPECT_EQ(fixture_->hits.not_captured(), 0U);
  EXPECT_EQ(changes().redirects(), Texts{"c@cap.example"});
  EXPECT_THAT(fixture_->logged(), HasSubstr("rule=taken action=redirect "
                                            "reply=\"REDIRECT c@cap.example\""));
  EXPECT_THAT(fixture_->logged(), HasSubstr(" redirect=c@cap.example "));
}

TEST_F(SessionCapture, WhomARuleLetsPassKeepsTheMail) {
  EXPECT_EQ(send("x@taken.example", {"ann@d.example", "boss@d.example"}), (Texts{"-", "-", "-"}));
  EXPECT_EQ(changes().removed(), Texts{"<ann@d.example>"});
}

TEST_F(SessionCapture, ByRecipientOnlyThatOneIsReplaced) {
  send("x@a.example", {"bob@e.example", "Trap@e.example", "lure@e.example"});
  EXPECT_EQ(changes().removed(), (Texts{"<Trap@e.example>", "<lure@e.example>"}));
  EXPECT_EQ(changes().redirects(), Texts{"trap@cap.example"});
}

TEST_F(SessionCapture, ByHeaderThoseWhomTheRuleIsFor) {
  EXPECT_EQ(send("x@a.example", {"bob@d.example", "cat@e.example", "dan@d.example"}, "you win"),
            (Texts{"-", "-", "-", "-"}));
  EXPECT_EQ(changes().removed(), (Texts{"<bob@d.example>", "<dan@d.example>"}));
  EXPECT_THAT(fixture_->logged(), HasSubstr("stage=eom rule=- action=pass"));
  EXPECT_THAT(fixture_->logged(), HasSubstr("redirect=c@cap.example")) << "of the others";
}

TEST_F(SessionCapture, WithTheMildestVerdictWhoWasToBeRefusedGetsNoMore) {
  use(SessionFixture::kOffer, MixedRecipients::mildest);
  send("x@a.example", {"ann@e.example", "trap@e.example"}, "bad");
  EXPECT_EQ(changes().removed(), (Texts{"<ann@e.example>", "<trap@e.example>"}));
}

TEST_F(SessionCapture, ARecipientWhoseMessageIsRefusedAtItsEndComesSeparately) {
  EXPECT_THAT(send("x@a.example", {"trap@e.example", "ann@e.example"}, "bad")[1],
              HasSubstr("452 4.5.3 Recipients under different rules"));
  EXPECT_EQ(changes().removed(), Texts{"<trap@e.example>"});
}

TEST_F(SessionCapture, ACopyIsOneMoreRecipient) {
  send("x@copied.example", {"bob@e.example", "cat@e.example"});
  EXPECT_THAT(changes().removed(), IsEmpty());
  EXPECT_EQ(changes().copies(), Texts{"copies@cap.example"});
  EXPECT_THAT(fixture_->logged(), HasSubstr("copy=copies@cap.example"));
}

TEST_F(SessionCapture, TheNextMessageGoesItsOwnWay) {
  send("x@taken.example", {"ann@d.example"});
  send("x@a.example", {"bob@e.example"});
  EXPECT_TRUE(changes().empty());
}

TEST_F(SessionCapture, WhatComesBackGoesNoFurther) {
  send("x@taken.example", {"c@cap.example"});
  EXPECT_TRUE(changes().empty());
  send("x@taken.example", {"c@cap.example", "bob@e.example"});
  EXPECT_EQ(changes().removed(), Texts{"<bob@e.example>"});
}

// Each has to be named when it is removed.
TEST_F(SessionCapture, RecipientsThatAreTooManyComeInAnotherTransaction) {
  Texts many;
  for (std::size_t i = 0; i < RecipientChanges::kMaxRecipients + 2; ++i) {
    many.push_back("u" + std::to_string(i) + "@e.example");
  }
  const Texts answers = send("x@taken.example", many);
  EXPECT_EQ(answers[RecipientChanges::kMaxRecipients - 1], "-");
  EXPECT_THAT(answers[RecipientChanges::kMaxRecipients], HasSubstr("452 4.5.3 Too many"));
  EXPECT_THAT(answers[RecipientChanges::kMaxRecipients + 1], HasSubstr("452 4.5.3 Too many"));
  EXPECT_EQ(answers.back(), "-");
  EXPECT_EQ(changes().removed().size(), RecipientChanges::kMaxRecipients);
}

TEST_F(SessionCapture, AnMtaThatCannotKeepsItsMail) {
  use({SMFI_CURR_ACTS & ~(SMFIF_ADDRCPT | SMFIF_DELRCPT), SMFI_CURR_PROT});
  EXPECT_FALSE(session_->dialogue().agreed().can_redirect());
  EXPECT_FALSE(session_->dialogue().agreed().can_copy());
  EXPECT_EQ(send("x@taken.example", {"ann@d.example"}), (Texts{"-", "-"}));
  EXPECT_THAT(fixture_->logged(), HasSubstr("does not offer to change recipients"));
  send("x@a.example", {"bob@e.example"});
  EXPECT_EQ(fixture_->hits.not_captured(), 1U);
  send("x@copied.example", {"bob@e.example"});
  EXPECT_EQ(fixture_->hits.not_captured(), 2U);
}

TEST_F(SessionCapture, NobodyWithoutSuchRulesHearsOfIt) {
  use({SMFI_CURR_ACTS & ~(SMFIF_ADDRCPT | SMFIF_DELRCPT), SMFI_CURR_PROT}, MixedRecipients::split,
      "rules: [{ name: r, then: pass }]\n");
  send("x@taken.example", {"ann@d.example"});
  EXPECT_THAT(fixture_->logged(), Not(HasSubstr("change recipients")));
}

}  // namespace
}  // namespace postern::milter::session_capture_test
