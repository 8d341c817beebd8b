#include "ctl/explain/door_replies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::ctl::door_replies_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const auto kNow = std::chrono::system_clock::time_point{};

TransactionBuilder at(Stage stage) {
  TransactionBuilder builder(stage);
  builder.client("192.0.2.1");
  if (stage >= Stage::helo) builder.helo("h.example");
  if (stage >= Stage::mail) builder.sender("s@a.example");
  if (stage >= Stage::rcpt) builder.recipient("r@b.example");
  return builder;
}

// `when what: bytes`, one for each answer; then the notes.
std::vector<std::string> lines(const DoorReplies& replies) {
  std::vector<std::string> all;
  for (const SentBytes& sent : replies.sent) {
    all.push_back(sent.when + (sent.what.empty() ? "" : " " + sent.what) + ": " + sent.bytes);
  }
  all.insert(all.end(), replies.notes.begin(), replies.notes.end());
  return all;
}

std::vector<MailAddress> recipients(const std::vector<std::string>& texts) {
  std::vector<MailAddress> all;
  for (const std::string& text : texts) all.push_back(MailAddress::from_envelope(text));
  return all;
}

std::vector<std::string> policy(const std::string& rules, const Transaction& transaction,
                                const std::vector<std::string>& to = {"r@b.example"}) {
  const auto source = no_facts();
  Evaluator evaluator(*source, kNow);
  const auto snapshot = rules_from("version: 1\nrules:\n" + rules, {}, {Door::policy});
  return lines(policy_replies(snapshot, transaction, recipients(to), evaluator));
}

std::vector<std::string> milter(const std::string& rules, const Transaction& transaction,
                                const std::vector<std::string>& to = {"r@b.example"},
                                config::RefuseClients refuse = config::RefuseClients::at_mail,
                                MixedRecipients mixed = MixedRecipients::split) {
  const auto source = no_facts();
  Evaluator evaluator(*source, kNow);
  const auto snapshot = rules_from("version: 1\nrules:\n" + rules, {}, {Door::milter});
  config::MilterSettings settings;
  settings.refuse_clients = refuse;
  settings.mixed_recipients = mixed;
  return lines(milter_replies(snapshot, settings, transaction, recipients(to), evaluator));
}

constexpr const char* kRefuseClient =
    "  - { name: a, when: { client: 192.0.2.1 }, then: 'reject 550 5.7.1 \"No\"' }\n";
constexpr const char* kNo = ": \\x00\\x00\\x00\\x0ey550 5.7.1 No\\x00";

TEST(EscapedBytes, AreExact) {
  EXPECT_EQ(escaped_bytes(std::string("a\\b\r\n\n\t\0\x7f\xff z", 12)),
            "a\\\\b\\x0d\\n\\n\\x09\\x00\\x7f\\xff z");
}

TEST(PolicyReplies, AreTheBytesOfOneReply) {
  EXPECT_THAT(policy(kRefuseClient, at(Stage::connect).transaction),
              ElementsAre("asked at CONNECT: action=550 5.7.1 No\\n\\n"));
  EXPECT_THAT(policy("  - { name: a, when: { client: 192.0.2.2 }, then: reject }\n",
                     at(Stage::rcpt).transaction),
              ElementsAre("asked at RCPT: action=DUNNO\\n\\n"));
}

TEST(PolicyReplies, OneHeaderGoesWithOneReply) {
  const std::string rules =
      "  - { name: a, when: { client: 192.0.2.1 }, then: [{ prepend: 'X-A: 1' }, { prepend: 'X-B: "
      "2' }] }\n";
  const auto said = policy(rules, at(Stage::rcpt).transaction);
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[0], "asked at RCPT: action=PREPEND X-A: 1\\n\\n");
  EXPECT_THAT(said[1], HasSubstr("one header or copy"));
  const auto two = policy(rules, at(Stage::rcpt).transaction, {"r@b.example", "q@b.example"});
  EXPECT_EQ(two[0], "asked at RCPT <r@b.example>: action=PREPEND X-A: 1\\n\\n");
  EXPECT_EQ(two[1], "asked at RCPT <q@b.example>: action=PREPEND X-B: 2\\n\\n");
}

TEST(PolicyReplies, ADelayIsNoted) {
  EXPECT_THAT(policy("  - { name: a, when: { client: 192.0.2.1 }, then: delay 2s }\n",
                     at(Stage::connect).transaction),
              ElementsAre("asked at CONNECT: action=DUNNO\\n\\n", "the reply is held back for 2s"));
}

TEST(MilterReplies, AClientIsRefusedInAnswerToMail) {
  EXPECT_THAT(milter(kRefuseClient, at(Stage::rcpt).transaction),
              ElementsAre("in answer to MAIL SMFIR_REPLYCODE" + std::string(kNo)));
  EXPECT_THAT(milter(kRefuseClient, at(Stage::connect).transaction),
              ElementsAre("in answer to CONNECT SMFIR_CONTINUE: \\x00\\x00\\x00\\x01c",
                          "in answer to MAIL SMFIR_REPLYCODE" + std::string(kNo)));
}

TEST(MilterReplies, AClientIsRefusedAtTheGreetingWhereThatIsWanted) {
  EXPECT_THAT(
      milter(kRefuseClient, at(Stage::rcpt).transaction, {}, config::RefuseClients::at_greeting),
      ElementsAre("in answer to CONNECT SMFIR_REPLYCODE" + std::string(kNo)));
  EXPECT_THAT(
      milter("  - { name: a, when: { client: 192.0.2.1 }, then: 'defer 451 4.7.1 \"No\"' }\n",
             at(Stage::mail).transaction, {}, config::RefuseClients::at_greeting),
      ElementsAre(HasSubstr("in answer to MAIL SMFIR_REPLYCODE")))
      << "a defer would not get through there";
}

TEST(MilterReplies, NobodyWaitsWhereNothingIsDecided) {
  EXPECT_THAT(milter("  - { name: a, when: { recipient: x@ }, then: reject }\n",
                     at(Stage::mail).transaction),
              ElementsAre("in answer to MAIL the MTA is told not to wait for one: "));
  EXPECT_THAT(milter("  - { name: a, when: { recipient: x@ }, then: reject }\n",
                     at(Stage::rcpt).transaction),
              ElementsAre("in answer to RCPT SMFIR_CONTINUE: \\x00\\x00\\x00\\x01c"));
}

TEST(MilterReplies, EachRecipientHasAnAnswer) {
  EXPECT_THAT(milter("  - { name: a, when: { recipient: x@ }, then: 'reject 550 5.7.1 \"No\"' }\n",
                     at(Stage::rcpt).transaction, {"r@b.example", "x@b.example"}),
              ElementsAre("in answer to RCPT <r@b.example> SMFIR_CONTINUE: \\x00\\x00\\x00\\x01c",
                          "in answer to RCPT <x@b.example> SMFIR_REPLYCODE" + std::string(kNo)));
}

TEST(MilterReplies, AMessageGoesToRecipientsOfOneKind) {
  const std::string rules =
      "  - { name: a, stage: data, when: { recipient: x@ }, then: 'reject 550 5.7.1 \"No\"' }\n";
  const std::vector<std::string> recipients = {"r@b.example", "x@b.example"};
  const auto split = milter(rules, at(Stage::data).transaction, recipients);
  ASSERT_EQ(split.size(), 3U);
  EXPECT_THAT(split[0], HasSubstr("in answer to RCPT <x@b.example> SMFIR_REPLYCODE"));
  EXPECT_THAT(split[0], HasSubstr("452 4.5.3 "));
  EXPECT_EQ(split[1], "in answer to DATA SMFIR_CONTINUE: \\x00\\x00\\x00\\x01c");
  EXPECT_THAT(split[2], HasSubstr("for x@b.example other rules"));
  const auto mixed = milter(rules, at(Stage::data).transaction, recipients,
                            config::RefuseClients::at_mail, MixedRecipients::mildest);
  ASSERT_EQ(mixed.size(), 2U);
  EXPECT_EQ(mixed[0], "in answer to DATA SMFIR_CONTINUE: \\x00\\x00\\x00\\x01c");
  EXPECT_THAT(mixed[1], HasSubstr("do not all get the same (mixed_recipients: mildest)"));
  EXPECT_THAT(milter(rules, at(Stage::data).recipient("x@b.example").transaction, {"x@b.example"}),
              ElementsAre("in answer to DATA SMFIR_REPLYCODE" + std::string(kNo)));
}

TEST(MilterReplies, RecipientsAreReplacedAndAddedAtTheEndOfTheMessage) {
  EXPECT_THAT(
      milter("  - { name: a, when: { sender: s@ }, then: [ copy c@x.y, redirect r@x.y ] }\n"
             "capture_domains: x.y\n",
             at(Stage::eom).transaction, {"r@b.example", "r@x.y"}),
      ElementsAre("at the end of the message SMFIR_ADDRCPT: \\x00\\x00\\x00\\x07+c@x.y\\x00",
                  "at the end of the message SMFIR_ADDRCPT: \\x00\\x00\\x00\\x07+r@x.y\\x00",
                  "at the end of the message SMFIR_DELRCPT: "
                  "\\x00\\x00\\x00\\x0f-<r@b.example>\\x00",
                  "at the end of the message SMFIR_CONTINUE: \\x00\\x00\\x00\\x01c"));
}

TEST(MilterReplies, ATokenIsThatOfTheLogLine) {
  const std::string rules =
      "  - { name: a, when: { sender: s@ }, then: 'reject 550 5.7.1 \"{token}\"' }\n";
  Transaction known = at(Stage::rcpt).transaction;
  EXPECT_THAT(milter(rules, known), ElementsAre(HasSubstr("550 5.7.1 -")));
  known.token = "k7m3f2";
  EXPECT_THAT(milter(rules, known), ElementsAre(HasSubstr("550 5.7.1 k7m3f2")));
  EXPECT_THAT(policy(rules, known), ElementsAre(HasSubstr("550 5.7.1 k7m3f2")));
}

TEST(MilterReplies, HeadersAndHoldComeAtTheEndOfTheMessage) {
  EXPECT_THAT(
      milter("  - { name: a, when: { sender: s@ }, then: [{ prepend: 'X-A: 1' }, hold why] }\n",
             at(Stage::eom).transaction),
      ElementsAre("at the end of the message SMFIR_INSHEADER: "
                  "\\x00\\x00\\x00\\x0bi\\x00\\x00\\x00\\x00X-A\\x001\\x00",
                  "at the end of the message SMFIR_QUARANTINE: "
                  "\\x00\\x00\\x00\\x05qwhy\\x00",
                  "at the end of the message SMFIR_CONTINUE: \\x00\\x00\\x00\\x01c"));
}

TEST(MilterReplies, ADelayIsNoted) {
  EXPECT_THAT(milter("  - { name: a, when: { client: 192.0.2.1 }, then: delay 2s }\n",
                     at(Stage::connect).transaction),
              ElementsAre("in answer to CONNECT SMFIR_CONTINUE: \\x00\\x00\\x00\\x01c",
                          "the answer to CONNECT is held back for 2s"));
}

}  // namespace
}  // namespace postern::ctl::door_replies_test
