// What redirect and copy do to a verdict, and that a message does not come back for ever.
#include <gtest/gtest.h>

#include "rules/engine.h"
#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::capture_test {
namespace {

constexpr const char* kRules = R"(version: 1
capture_domains: [cap.example, other.example]
rules:
  - { name: copied, when: { sender_domain: [both.example, copied.example] }, then: copy Copies@cap.example }
  - { name: taken, when: { sender_domain: [both.example, taken.example] }, then: redirect taken@cap.example }
  - { name: onward, when: { recipient: [taken@, copies@] }, then: redirect last@other.example }
  - { name: back, when: { recipient: last@ }, then: redirect taken@cap.example }
  - { name: below, then: reject }
)";

class Capture : public testing::Test {
 protected:
  Verdict verdict(const std::string& sender, const std::string& recipient,
                  Stage stage = Stage::rcpt, std::size_t count = 0) {
    TransactionBuilder builder(stage);
    builder.client("192.0.2.1").helo("h.example").sender(sender);
    if (!recipient.empty()) builder.recipient(recipient);
    builder.transaction.recipient_count = count;
    FactView facts(nullptr);
    return *evaluate(*rules_, builder.transaction, facts, {});
  }

  std::shared_ptr<const Snapshot> rules_ = rules_from(kRules);
};

TEST_F(Capture, ARedirectDecides) {
  const Verdict taken = verdict("x@taken.example", "ann@d.example");
  EXPECT_EQ(taken.action, Disposition::redirect);
  EXPECT_EQ(taken.rule, "taken");
  EXPECT_EQ(taken.redirect, "taken@cap.example");
}

TEST_F(Capture, ACopyGoesOn) {
  const Verdict copied = verdict("x@copied.example", "ann@d.example");
  EXPECT_EQ(copied.action, Disposition::reject);
  EXPECT_EQ(copied.copies, std::vector<std::string>{"Copies@cap.example"});
  EXPECT_EQ(verdict("x@both.example", "ann@d.example").redirect, "taken@cap.example");
}

TEST_F(Capture, BothWaitForTheFirstRecipient) {
  const Verdict at_mail = verdict("x@both.example", "", Stage::mail);
  EXPECT_EQ(at_mail.action, Disposition::pass);
  EXPECT_EQ(at_mail.pending_rule, "taken") << "what stands below must not come first";
  EXPECT_TRUE(at_mail.copies.empty());
}

// Otherwise a server that hands the message on to us again would never be rid of it.
TEST_F(Capture, WhatIsForACaptureAddressStaysThere) {
  for (const char* recipient :
       {"taken@cap.example", "TAKEN@Cap.Example", "copies@cap.example", "last@other.example"}) {
    for (const char* sender : {"x@taken.example", "x@both.example", "x@a.example"}) {
      const Verdict back = verdict(sender, recipient);
      EXPECT_EQ(back.action, Disposition::pass) << sender << " " << recipient;
      EXPECT_EQ(back.redirect, "");
      EXPECT_TRUE(back.copies.empty());
      EXPECT_FALSE(back.rule.empty()) << "a rule below must not refuse it instead";
    }
  }
}

TEST_F(Capture, OneOfSeveralRecipientsDoesNotSpeakForTheOthers) {
  EXPECT_EQ(verdict("x@taken.example", "taken@cap.example", Stage::data, 1).action,
            Disposition::pass);
  EXPECT_EQ(verdict("x@taken.example", "taken@cap.example", Stage::data, 2).action,
            Disposition::redirect);
  EXPECT_EQ(verdict("x@taken.example", "", Stage::data, 2).action, Disposition::redirect);
}

TEST_F(Capture, TheRulesKnowTheirCaptureAddresses) {
  EXPECT_TRUE(rules_->is_capture(MailAddress::from_envelope("cOpies@CAP.example")));
  EXPECT_FALSE(rules_->is_capture(MailAddress::from_envelope("ann@cap.example")));
  EXPECT_FALSE(rules_->is_capture(MailAddress()));
}

}  // namespace
}  // namespace postern::capture_test
