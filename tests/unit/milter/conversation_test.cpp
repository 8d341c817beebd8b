#include "milter/conversation.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/milter/conversation_rig.h"

namespace postern::milter {
namespace {

using Tls = Conversation::Tls;

TEST_F(Conversations, TakeEverythingOver) {
  up_to_mail();
  EXPECT_EQ(now().stage, Stage::mail);
  EXPECT_EQ(now().client, kClient);
  EXPECT_EQ(now().client_name, "mail.example.org");
  EXPECT_EQ(now().reverse_client_name, "rev.example.org");
  EXPECT_EQ(now().helo, "h.example");
  EXPECT_EQ(now().sender->text(), "a@b.example");
  EXPECT_EQ(now().sasl_username, "alice");
  EXPECT_EQ(now().tls, TlsState::encrypted);
  EXPECT_EQ(now().queue_id, "Q1");
  EXPECT_FALSE(now().recipient);
  EXPECT_FALSE(now().header);
}

TEST_F(Conversations, AddressesAreWhatTheMtaTakesThemFor) {
  up_to_mail();
  conversation_.mail("<Ann <a@banned.example", {.sender = "a@banned.example"});
  EXPECT_EQ(now().sender->text(), "a@banned.example");
  EXPECT_EQ(now().sender->given(), "<Ann <a@banned.example");
  conversation_.rcpt("<x@closed..example>", RecipientState::accepted, "x@closed.example");
  EXPECT_EQ(now().recipient->text(), "x@closed.example");
  // That of a refused one is the reason.
  conversation_.rcpt("<x@closed..example>", RecipientState::refused, "User unknown");
  EXPECT_EQ(now().recipient->text(), "x@closed..example");
  conversation_.mail("< >", {.sender = "<>"});
  EXPECT_TRUE(now().sender->is_null());
}

TEST_F(Conversations, StagesInTheirOrder) {
  conversation_.connect("x", kClient, "");
  EXPECT_EQ(now().stage, Stage::connect);
  conversation_.helo("h");
  EXPECT_EQ(now().stage, Stage::helo);
  conversation_.mail("<>", {});
  EXPECT_EQ(now().stage, Stage::mail);
  take("<r@d.example>");
  EXPECT_EQ(now().stage, Stage::rcpt);
  conversation_.data();
  EXPECT_EQ(now().stage, Stage::data);
  conversation_.end_of_message();
  EXPECT_EQ(now().stage, Stage::eom);
}

TEST_F(Conversations, NamesOfClientsThatHaveNone) {
  struct Case {
    const char* said;
    const char* known;
  };
  const std::vector<Case> cases = {
      {"mail.example.org", "mail.example.org"},
      {"[192.0.2.1]", ""},
      {"[IPv6:2001:db8::1]", ""},
      {"unknown", ""},
      {"", ""},
      {"unknown.example", "unknown.example"},
  };
  for (const Case& one : cases) {
    conversation_.connect(one.said, kClient, one.said);
    EXPECT_EQ(now().client_name, one.known) << one.said;
    EXPECT_EQ(now().reverse_client_name, one.known) << one.said;
  }
}

TEST_F(Conversations, NobodyHasNoName) {
  conversation_.connect("localhost", std::nullopt, "localhost");
  EXPECT_FALSE(now().client);
  EXPECT_EQ(now().client_name, "");
  EXPECT_EQ(now().reverse_client_name, "");
}

TEST_F(Conversations, SendersOfEveryForm) {
  const std::vector<std::pair<const char*, const char*>> senders = {
      {"<a@b.example>", "a@b.example"},
      {"a@b.example", "a@b.example"},
      {"<A@B.Example>", "A@b.example"},
      {"<\"q uo\\\"ted\"@b.example>", "q uo\"ted@b.example"},
      {"<@relay.example:a@b.example>", "a@b.example"},
      {"<postmaster>", "postmaster"},
      {"<a@[IPv6:2001:DB8::1]>", "a@[IPv6:2001:db8::1]"},
  };
  for (const auto& [said, text] : senders) {
    conversation_.mail(said, {});
    EXPECT_EQ(now().sender->text(), text) << said;
    EXPECT_FALSE(now().sender->is_null()) << said;
  }
  for (const char* null : {"<>", ""}) {
    conversation_.mail(null, {});
    ASSERT_TRUE(now().sender) << "the null sender is a sender";
    EXPECT_TRUE(now().sender->is_null());
  }
}

TEST_F(Conversations, NoMacrosAreNoUserAndNoQueueId) {
  conversation_.connect("x", kClient, "");
  conversation_.mail("<a@b.example>", {});
  EXPECT_EQ(now().sasl_username, "");
  EXPECT_EQ(now().queue_id, "");
}

TEST_F(Conversations, TlsIsOnlyKnownToBeAbsentWhenItWouldBeTold) {
  conversation_.mail("<>", {});
  EXPECT_EQ(now().tls, TlsState::plain);
  conversation_.mail("<>", {"", "", "TLSv1.2"});
  EXPECT_EQ(now().tls, TlsState::encrypted);
  conversation_.begin(Tls::not_told, {});
  conversation_.mail("<>", {});
  EXPECT_EQ(now().tls, TlsState::unknown);
  conversation_.mail("<>", {"", "", "TLSv1.2"});
  EXPECT_EQ(now().tls, TlsState::encrypted);
}

// Authenticated for one message, and not for the next.
TEST_F(Conversations, EachMailSaysAnewWhoItIs) {
  up_to_mail();
  conversation_.end();
  conversation_.mail("<c@d.example>", {});
  EXPECT_EQ(now().sasl_username, "");
  EXPECT_EQ(now().tls, TlsState::plain);
  EXPECT_EQ(now().queue_id, "");
}

TEST_F(Conversations, AQueueIdMayComeLate) {
  conversation_.mail("<a@b.example>", {});
  conversation_.queue_id("");
  EXPECT_EQ(now().queue_id, "");
  conversation_.queue_id("Q1");
  conversation_.queue_id("");
  EXPECT_EQ(now().queue_id, "Q1");
  conversation_.end();
  EXPECT_EQ(now().queue_id, "");
}

TEST_F(Conversations, TheRecipientIsTheOneOrNone) {
  up_to_mail();
  take("<one@d.example>");
  EXPECT_EQ(now().recipient->text(), "one@d.example");
  conversation_.data();
  EXPECT_EQ(now().recipient->text(), "one@d.example") << "the only one";

  up_to_mail();
  take("<one@d.example>");
  take("<two@d.example>");
  EXPECT_EQ(now().recipient->text(), "two@d.example");
  conversation_.data();
  EXPECT_FALSE(now().recipient);
  conversation_.end_of_message();
  EXPECT_FALSE(now().recipient);
  conversation_.look_at_recipient(1);
  EXPECT_EQ(now().recipient->text(), "two@d.example");
  conversation_.look_at_recipient(0);
  EXPECT_EQ(now().recipient->text(), "one@d.example");
}

TEST_F(Conversations, OnlyRecipientsThatAreTakenCount) {
  up_to_mail();
  take("<one@d.example>");
  conversation_.rcpt("<refused@d.example>", RecipientState::refused);
  EXPECT_EQ(now().recipient_state, RecipientState::refused);
  EXPECT_EQ(now().recipient->text(), "refused@d.example");
  conversation_.data();
  EXPECT_EQ(now().recipient_state, RecipientState::accepted);
  EXPECT_EQ(now().recipient->text(), "one@d.example");
  EXPECT_EQ(now().recipient_count, 1U);
}

TEST_F(Conversations, ARecipientNamedTwiceIsOneToJudge) {
  up_to_mail();
  take("<one@d.example>");
  take("<two@d.example>");
  take("one@D.EXAMPLE");
  EXPECT_EQ(texts(conversation_.recipients()), (Texts{"one@d.example", "two@d.example"}));
  EXPECT_EQ(now().recipient_count, 3U) << "as the MTA counts";
}

TEST_F(Conversations, NoRecipientIsNoneTaken) {
  up_to_mail();
  conversation_.recipient_taken({});
  EXPECT_EQ(now().recipient_count, 0U);
  EXPECT_TRUE(conversation_.recipients().empty());
  conversation_.data();
  EXPECT_FALSE(now().recipient);
}

TEST_F(Conversations, TooManyRecipientsAreNotRemembered) {
  up_to_mail();
  for (std::size_t i = 0; i < Conversation::kMaxRecipients; ++i) {
    take("<r" + std::to_string(i) + "@d.example>");
  }
  EXPECT_EQ(conversation_.recipients().size(), Conversation::kMaxRecipients);
  take("<one-more@d.example>");
  EXPECT_TRUE(conversation_.recipients().empty());
  take("<another@d.example>");
  EXPECT_TRUE(conversation_.recipients().empty()) << "the last one is not the only one";
  conversation_.data();
  EXPECT_FALSE(now().recipient);
  EXPECT_EQ(now().recipient_count, Conversation::kMaxRecipients + 2);
  conversation_.mail("<a@b.example>", {});
  take("<r@d.example>");
  EXPECT_EQ(texts(conversation_.recipients()), Texts{"r@d.example"});
}

void expect_no_message(const Conversation& conversation) {
  const Transaction& now = conversation.transaction();
  EXPECT_FALSE(now.sender);
  EXPECT_FALSE(now.recipient);
  EXPECT_FALSE(now.header);
  EXPECT_EQ(now.recipient_count, 0U);
  EXPECT_EQ(now.recipient_state, RecipientState::accepted);
  EXPECT_EQ(now.queue_id, "");
  EXPECT_TRUE(conversation.recipients().empty());
}

TEST_F(Conversations, TheEndOfAMessageForgetsItAndNotTheClient) {
  up_to_mail();
  take("<one@d.example>");
  conversation_.header("Subject", "x");
  conversation_.rcpt("<two@d.example>", RecipientState::refused);
  conversation_.end();
  expect_no_message(conversation_);
  EXPECT_EQ(now().client, kClient);
  EXPECT_EQ(now().helo, "h.example");
}

TEST_F(Conversations, ANewHeloForgetsTheMessageAndTheOldName) {
  up_to_mail();
  take("<one@d.example>");
  conversation_.helo("other.example");
  expect_no_message(conversation_);
  EXPECT_EQ(now().stage, Stage::helo);
  EXPECT_EQ(now().helo, "other.example");
  EXPECT_EQ(now().client, kClient);
}

TEST_F(Conversations, ANewConnectForgetsAll) {
  up_to_mail();
  take("<one@d.example>");
  conversation_.connect("unknown", std::nullopt, "");
  expect_no_message(conversation_);
  EXPECT_EQ(now().stage, Stage::connect);
  EXPECT_FALSE(now().client);
  EXPECT_EQ(now().client_name, "");
  EXPECT_EQ(now().helo, "");
  EXPECT_EQ(now().sasl_username, "");
  EXPECT_EQ(now().tls, TlsState::unknown);
}

TEST_F(Conversations, ASecondMailIsAnotherMessage) {
  up_to_mail();
  take("<one@d.example>");
  conversation_.header("Subject", "of the first");
  conversation_.mail("<c@d.example>", {});
  EXPECT_EQ(now().recipient_count, 0U);
  EXPECT_TRUE(conversation_.recipients().empty());
  conversation_.end_of_message();
  EXPECT_TRUE(now().header->fields.empty());
}

TEST_F(Conversations, RecipientsThatRulesCannotTellApartAreOne) {
  up_to_mail();
  for (int i = 0; i < 3000; ++i) {
    conversation_.rcpt("<r" + std::to_string(i) + "@d.example>", RecipientState::accepted);
    conversation_.recipient_taken({});
  }
  conversation_.data();
  EXPECT_EQ(texts(conversation_.recipients()), Texts{"r0@d.example"});
  EXPECT_EQ(now().recipient_count, 3000U);
  EXPECT_EQ(now().recipient->text(), "r0@d.example");
}

// Nothing is known that has not been told, and nothing breaks.
TEST_F(Conversations, CallsInAnyOrder) {
  conversation_.end_of_message();
  EXPECT_EQ(now().stage, Stage::eom);
  EXPECT_FALSE(now().sender);
  conversation_.data();
  conversation_.header("Subject", "before any message");
  conversation_.rcpt("<r@d.example>", RecipientState::accepted);
  EXPECT_FALSE(now().sender);
  conversation_.recipient_taken({});
  conversation_.end_of_message();
  EXPECT_EQ(now().recipient->text(), "r@d.example");
  conversation_.end_of_message();
  EXPECT_TRUE(now().header->fields.empty()) << "told once";
  conversation_.end();
  conversation_.queue_id("Q1");
  conversation_.mail("<>", {});
  EXPECT_EQ(now().queue_id, "") << "of no message";
}

TEST_F(Conversations, BytesOfAnyKind) {
  const std::string bytes("\0\xff\r\n<>@", 7);
  conversation_.connect(bytes, kClient, bytes);
  conversation_.helo(bytes);
  conversation_.mail(bytes, {bytes, bytes, bytes});
  take(bytes);
  conversation_.header("Subject", bytes);
  conversation_.header("From", bytes);
  conversation_.end_of_message();
  EXPECT_EQ(now().helo, bytes);
  EXPECT_EQ(now().queue_id, bytes);
  EXPECT_EQ(conversation_.recipients().size(), 1U);
}

}  // namespace
}  // namespace postern::milter
