#include "milter/session_state.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/milter/session_state_fixture.h"

namespace postern::milter::session_state_test {
namespace {

using Tls = SessionState::Tls;

TEST_F(SessionStates, TakeEverythingOver) {
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

TEST_F(SessionStates, AddressesAreWhatTheMtaTakesThemFor) {
  up_to_mail();
  state_.mail("<Ann <a@banned.example", {.sender = "a@banned.example"});
  EXPECT_EQ(now().sender->text(), "a@banned.example");
  EXPECT_EQ(now().sender->given(), "<Ann <a@banned.example");
  state_.rcpt("<x@closed..example>", RecipientState::accepted, "x@closed.example");
  EXPECT_EQ(now().recipient->text(), "x@closed.example");
  // That of a refused one is the reason.
  state_.rcpt("<x@closed..example>", RecipientState::refused, "User unknown");
  EXPECT_EQ(now().recipient->text(), "x@closed..example");
  state_.mail("< >", {.sender = "<>"});
  EXPECT_TRUE(now().sender->is_null());
}

TEST_F(SessionStates, StagesInTheirOrder) {
  state_.connect("x", kClient, "");
  EXPECT_EQ(now().stage, Stage::connect);
  state_.helo("h");
  EXPECT_EQ(now().stage, Stage::helo);
  state_.mail("<>", {});
  EXPECT_EQ(now().stage, Stage::mail);
  take("<r@d.example>");
  EXPECT_EQ(now().stage, Stage::rcpt);
  state_.data();
  EXPECT_EQ(now().stage, Stage::data);
  state_.end_of_message();
  EXPECT_EQ(now().stage, Stage::eom);
}

TEST_F(SessionStates, NamesOfClientsThatHaveNone) {
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
    state_.connect(one.said, kClient, one.said);
    EXPECT_EQ(now().client_name, one.known) << one.said;
    EXPECT_EQ(now().reverse_client_name, one.known) << one.said;
  }
}

TEST_F(SessionStates, NobodyHasNoName) {
  state_.connect("localhost", std::nullopt, "localhost");
  EXPECT_FALSE(now().client);
  EXPECT_EQ(now().client_name, "");
  EXPECT_EQ(now().reverse_client_name, "");
}

TEST_F(SessionStates, SendersOfEveryForm) {
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
    state_.mail(said, {});
    EXPECT_EQ(now().sender->text(), text) << said;
    EXPECT_FALSE(now().sender->is_null()) << said;
  }
  for (const char* null : {"<>", ""}) {
    state_.mail(null, {});
    ASSERT_TRUE(now().sender) << "the null sender is a sender";
    EXPECT_TRUE(now().sender->is_null());
  }
}

TEST_F(SessionStates, NoMacrosAreNoUserAndNoQueueId) {
  state_.connect("x", kClient, "");
  state_.mail("<a@b.example>", {});
  EXPECT_EQ(now().sasl_username, "");
  EXPECT_EQ(now().queue_id, "");
}

TEST_F(SessionStates, TlsIsOnlyKnownToBeAbsentWhenItWouldBeTold) {
  state_.mail("<>", {});
  EXPECT_EQ(now().tls, TlsState::plain);
  state_.mail("<>", {.tls_version = "TLSv1.2"});
  EXPECT_EQ(now().tls, TlsState::encrypted);
  state_.begin(Tls::not_told, {});
  state_.mail("<>", {});
  EXPECT_EQ(now().tls, TlsState::unknown);
  state_.mail("<>", {.tls_version = "TLSv1.2"});
  EXPECT_EQ(now().tls, TlsState::encrypted);
}

TEST_F(SessionStates, TheTextsOfTheTableAreTaken) {
  MailMacros macros;
  for (std::size_t i = 0; i < macros.texts.size(); ++i) {
    macros.texts[i] = to_string(kTextAttributes[i]);
  }
  state_.mail("<>", macros);
  for (const Attribute text : kTextAttributes) {
    EXPECT_EQ(now().*std::get<TextIn>(info_of(text).value).field, to_string(text));
  }
}

// Authenticated for one message, and not for the next.
TEST_F(SessionStates, EachMailSaysAnewWhoItIs) {
  up_to_mail();
  state_.end();
  state_.mail("<c@d.example>", {});
  EXPECT_EQ(now().sasl_username, "");
  EXPECT_EQ(now().tls, TlsState::plain);
  EXPECT_EQ(now().queue_id, "");
}

TEST_F(SessionStates, AQueueIdMayComeLate) {
  state_.mail("<a@b.example>", {});
  state_.queue_id("");
  EXPECT_EQ(now().queue_id, "");
  state_.queue_id("Q1");
  state_.queue_id("");
  EXPECT_EQ(now().queue_id, "Q1");
  state_.end();
  EXPECT_EQ(now().queue_id, "");
}

TEST_F(SessionStates, TheRecipientIsTheOneOrNone) {
  up_to_mail();
  take("<one@d.example>");
  EXPECT_EQ(now().recipient->text(), "one@d.example");
  state_.data();
  EXPECT_EQ(now().recipient->text(), "one@d.example") << "the only one";

  up_to_mail();
  take("<one@d.example>");
  take("<two@d.example>");
  EXPECT_EQ(now().recipient->text(), "two@d.example");
  state_.data();
  EXPECT_FALSE(now().recipient);
  state_.end_of_message();
  EXPECT_FALSE(now().recipient);
  state_.look_at_recipient(1);
  EXPECT_EQ(now().recipient->text(), "two@d.example");
  state_.look_at_recipient(0);
  EXPECT_EQ(now().recipient->text(), "one@d.example");
}

TEST_F(SessionStates, OnlyRecipientsThatAreTakenCount) {
  up_to_mail();
  take("<one@d.example>");
  state_.rcpt("<refused@d.example>", RecipientState::refused);
  EXPECT_EQ(now().recipient_state, RecipientState::refused);
  EXPECT_EQ(now().recipient->text(), "refused@d.example");
  state_.data();
  EXPECT_EQ(now().recipient_state, RecipientState::accepted);
  EXPECT_EQ(now().recipient->text(), "one@d.example");
  EXPECT_EQ(now().recipient_count, 1U);
}

TEST_F(SessionStates, ARecipientNamedTwiceIsOneToJudge) {
  up_to_mail();
  take("<one@d.example>");
  take("<two@d.example>");
  take("one@D.EXAMPLE");
  EXPECT_EQ(texts(state_.recipients()), (Texts{"one@d.example", "two@d.example"}));
  EXPECT_EQ(now().recipient_count, 3U) << "as the MTA counts";
}

TEST_F(SessionStates, NoRecipientIsNoneTaken) {
  up_to_mail();
  state_.recipient_taken({});
  EXPECT_EQ(now().recipient_count, 0U);
  EXPECT_TRUE(state_.recipients().empty());
  state_.data();
  EXPECT_FALSE(now().recipient);
}

TEST_F(SessionStates, TooManyRecipientsAreNotRemembered) {
  up_to_mail();
  for (std::size_t i = 0; i < SessionState::kMaxRecipients; ++i) {
    take("<r" + std::to_string(i) + "@d.example>");
  }
  EXPECT_EQ(state_.recipients().size(), SessionState::kMaxRecipients);
  take("<one-more@d.example>");
  EXPECT_TRUE(state_.recipients().empty());
  take("<another@d.example>");
  EXPECT_TRUE(state_.recipients().empty()) << "the last one is not the only one";
  state_.data();
  EXPECT_FALSE(now().recipient);
  EXPECT_EQ(now().recipient_count, SessionState::kMaxRecipients + 2);
  state_.mail("<a@b.example>", {});
  take("<r@d.example>");
  EXPECT_EQ(texts(state_.recipients()), Texts{"r@d.example"});
}

void expect_no_message(const SessionState& state) {
  const Transaction& now = state.transaction();
  EXPECT_FALSE(now.sender);
  EXPECT_FALSE(now.recipient);
  EXPECT_FALSE(now.header);
  EXPECT_EQ(now.recipient_count, 0U);
  EXPECT_EQ(now.recipient_state, RecipientState::accepted);
  EXPECT_EQ(now.queue_id, "");
  EXPECT_TRUE(state.recipients().empty());
}

TEST_F(SessionStates, TheEndOfAMessageForgetsItAndNotTheClient) {
  up_to_mail();
  take("<one@d.example>");
  state_.header("Subject", "x");
  state_.rcpt("<two@d.example>", RecipientState::refused);
  state_.end();
  expect_no_message(state_);
  EXPECT_EQ(now().client, kClient);
  EXPECT_EQ(now().helo, "h.example");
}

TEST_F(SessionStates, ANewHeloForgetsTheMessageAndTheOldName) {
  up_to_mail();
  take("<one@d.example>");
  state_.helo("other.example");
  expect_no_message(state_);
  EXPECT_EQ(now().stage, Stage::helo);
  EXPECT_EQ(now().helo, "other.example");
  EXPECT_EQ(now().client, kClient);
}

TEST_F(SessionStates, ANewConnectForgetsAll) {
  up_to_mail();
  take("<one@d.example>");
  state_.connect("unknown", std::nullopt, "");
  expect_no_message(state_);
  EXPECT_EQ(now().stage, Stage::connect);
  EXPECT_FALSE(now().client);
  EXPECT_EQ(now().client_name, "");
  EXPECT_EQ(now().helo, "");
  EXPECT_EQ(now().sasl_username, "");
  EXPECT_EQ(now().tls, TlsState::unknown);
}

TEST_F(SessionStates, ASecondMailIsAnotherMessage) {
  up_to_mail();
  take("<one@d.example>");
  state_.header("Subject", "of the first");
  state_.mail("<c@d.example>", {});
  EXPECT_EQ(now().recipient_count, 0U);
  EXPECT_TRUE(state_.recipients().empty());
  state_.end_of_message();
  EXPECT_TRUE(now().header->fields.empty());
}

TEST_F(SessionStates, RecipientsThatRulesCannotTellApartAreOne) {
  up_to_mail();
  for (int i = 0; i < 3000; ++i) {
    state_.rcpt("<r" + std::to_string(i) + "@d.example>", RecipientState::accepted);
    state_.recipient_taken({});
  }
  state_.data();
  EXPECT_EQ(texts(state_.recipients()), Texts{"r0@d.example"});
  EXPECT_EQ(now().recipient_count, 3000U);
  EXPECT_EQ(now().recipient->text(), "r0@d.example");
}

// Nothing is known that has not been told, and nothing breaks.
TEST_F(SessionStates, CallsInAnyOrder) {
  state_.end_of_message();
  EXPECT_EQ(now().stage, Stage::eom);
  EXPECT_FALSE(now().sender);
  state_.data();
  state_.header("Subject", "before any message");
  state_.rcpt("<r@d.example>", RecipientState::accepted);
  EXPECT_FALSE(now().sender);
  state_.recipient_taken({});
  state_.end_of_message();
  EXPECT_EQ(now().recipient->text(), "r@d.example");
  state_.end_of_message();
  EXPECT_TRUE(now().header->fields.empty()) << "told once";
  state_.end();
  state_.queue_id("Q1");
  state_.mail("<>", {});
  EXPECT_EQ(now().queue_id, "") << "of no message";
}

TEST_F(SessionStates, BytesOfAnyKind) {
  const std::string bytes("\0\xff\r\n<>@", 7);
  state_.connect(bytes, kClient, bytes);
  state_.helo(bytes);
  state_.mail(bytes, {bytes, bytes, {}, {bytes}});
  take(bytes);
  state_.header("Subject", bytes);
  state_.header("From", bytes);
  state_.end_of_message();
  EXPECT_EQ(now().helo, bytes);
  EXPECT_EQ(now().queue_id, bytes);
  EXPECT_EQ(state_.recipients().size(), 1U);
}

}  // namespace
}  // namespace postern::milter::session_state_test
