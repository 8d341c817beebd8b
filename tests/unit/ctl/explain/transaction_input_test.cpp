#include "ctl/explain/transaction_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "rules/explain/decision_line.h"

namespace postern::ctl::transaction_input_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using StageFrom = TransactionInput::StageFrom;

TransactionInput from_options(const ExplainOptions& options) {
  auto input = transaction_from_options(options);
  if (!input) throw std::runtime_error(input.error().text);
  return *input;
}

template <class Input>
std::string why_not(const Result<Input>& input) {
  return input ? "" : input.error().text;
}

TEST(TransactionFromOptions, AddressesInBracketsAreThoseOfSmtp) {
  ExplainOptions options;
  options.told[Attribute::sender] = "< a@(c)banned.example >";
  options.recipients = {"closed.example!x", R"(q uo"ted@b.example)"};
  const TransactionInput input = from_options(options);
  EXPECT_EQ(input.transaction.sender->text(), "a@banned.example");
  EXPECT_EQ(input.transaction.sender->given(), " a@(c)banned.example ");
  EXPECT_EQ(input.recipients[0].text(), "x@closed.example");
  EXPECT_EQ(input.recipients[1].text(), R"(q uo"ted@b.example)");
}

TEST(TransactionFromLog, KnowsWhatWasGiven) {
  const auto input = transaction_from_log(
      "decision door=milter stage=rcpt client=- sender=a@banned.example "
      "sender_given=\" a@banned.example \" recipient=\"prvs=0123abcdef=x@b.example\" "
      "recipient_untagged=x@b.example");
  ASSERT_TRUE(input);
  EXPECT_EQ(input->transaction.sender->text(), "a@banned.example");
  EXPECT_EQ(input->transaction.sender->given(), " a@banned.example ");
  EXPECT_EQ(input->transaction.recipient->untagged(), "x@b.example");
  EXPECT_EQ(input->transaction.recipient->given(), "");
  // A local part that was in quotes.
  const auto quoted = transaction_from_log("decision door=milter stage=mail client=- sender=a!b");
  ASSERT_TRUE(quoted);
  EXPECT_EQ(quoted->transaction.sender->text(), "a!b");
}

TEST(TransactionFromLog, TakesTheObjectOffThatHoldsTheLine) {
  const auto docker = transaction_from_log(
      R"({"log":"2026-11-21T13:40:02.118+00:00 info decision door=policy stage=rcpt )"
      R"(client=- helo=\"a b\" sender=a@b.example\n","stream":"stderr","time":"x"})");
  ASSERT_TRUE(docker) << docker.error().text;
  EXPECT_EQ(docker->transaction.sender->text(), "a@b.example");
  EXPECT_EQ(docker->transaction.helo, "a b");
  const auto journal = transaction_from_log(
      R"({"SYSLOG_IDENTIFIER":"postern-policyd","MESSAGE":"decision door=policy stage=mail )"
      R"(client=- sender=a@b.example"})");
  ASSERT_TRUE(journal) << journal.error().text;
  EXPECT_EQ(journal->transaction.stage, Stage::mail);
}

TEST(TransactionFromOptions, HasWhatWasTold) {
  ExplainOptions options;
  options.told[Attribute::client] = "192.0.2.1";
  options.told[Attribute::client_name] = "mail.a.example";
  options.told[Attribute::reverse_client_name] = "ptr.a.example";
  options.told[Attribute::helo] = "helo.example";
  options.told[Attribute::sender] = "<Joe@A.example>";
  options.recipients = {"ann@b.example", "bob@b.example"};
  options.told[Attribute::sasl_username] = "joe";
  options.told[Attribute::tls] = "no";
  const TransactionInput input = from_options(options);
  const Transaction& t = input.transaction;
  EXPECT_EQ(t.stage, Stage::rcpt);
  EXPECT_EQ(input.stage_from, StageFrom::told);
  EXPECT_EQ(t.client->to_string(), "192.0.2.1");
  EXPECT_EQ(t.client_name, "mail.a.example");
  EXPECT_EQ(t.reverse_client_name, "ptr.a.example");
  EXPECT_EQ(t.helo, "helo.example");
  EXPECT_EQ(t.sender->text(), "Joe@a.example");
  EXPECT_EQ(t.recipient->text(), "ann@b.example");
  EXPECT_EQ(input.recipients.size(), 2U);
  EXPECT_EQ(t.sasl_username, "joe");
  EXPECT_EQ(t.tls, TlsState::plain);
  EXPECT_FALSE(t.header);
  EXPECT_FALSE(input.door);
  EXPECT_THAT(input.untold, IsEmpty());
}

TEST(TransactionFromOptions, TheStageIsTheLastOfWhichSomethingIsTold) {
  ExplainOptions options;
  EXPECT_EQ(from_options(options).transaction.stage, Stage::connect);
  options.told[Attribute::helo] = "h.example";
  EXPECT_EQ(from_options(options).transaction.stage, Stage::helo);
  options.told[Attribute::sasl_username] = "joe";
  EXPECT_EQ(from_options(options).transaction.stage, Stage::mail);
  options.told[Attribute::sender] = "<>";
  EXPECT_TRUE(from_options(options).transaction.sender->is_null());
  EXPECT_EQ(from_options(options).transaction.stage, Stage::rcpt) << "any recipient is told of";
  EXPECT_TRUE(from_options(options).any_recipient);
  options.recipients = {"r@b.example"};
  EXPECT_EQ(from_options(options).transaction.stage, Stage::rcpt);
  options.headers = {"Subject: hello"};
  EXPECT_EQ(from_options(options).transaction.stage, Stage::eom);
  options.stage = "mail";
  EXPECT_EQ(from_options(options).transaction.stage, Stage::mail);
  EXPECT_EQ(from_options(options).stage_from, StageFrom::asked);
  EXPECT_FALSE(from_options(options).transaction.recipient) << "not known at MAIL";
}

TEST(TransactionFromOptions, SaysWhatAnMtaWouldHaveTold) {
  ExplainOptions options;
  options.told[Attribute::sender] = "s@a.example";
  EXPECT_THAT(from_options(options).untold,
              ElementsAre(Attribute::client, Attribute::client_country, Attribute::client_asn,
                          Attribute::client_name, Attribute::reverse_client_name, Attribute::helo,
                          Attribute::sasl_username, Attribute::tls));
}

TEST(TransactionFromOptions, HeadersAreReadAsTheMilterDoes) {
  ExplainOptions options;
  options.headers = {"Subject: =?utf-8?q?Angebot_f=C3=BCr?=", "from: Joe <joe@A.example>",
                     "Subject:again"};
  const Transaction t = from_options(options).transaction;
  ASSERT_TRUE(t.header);
  ASSERT_EQ(t.header->fields.size(), 3U);
  EXPECT_EQ(t.header->fields[0].name, "subject");
  EXPECT_EQ(t.header->fields[0].text, "Angebot f\xc3\xbcr");
  EXPECT_EQ(t.header->fields[2].text, "again");
  ASSERT_EQ(t.header->from.size(), 1U);
  EXPECT_EQ(t.header->from[0].text(), "joe@a.example");
}

TEST(TransactionFromOptions, SaysWhatIsWrong) {
  ExplainOptions client;
  client.told[Attribute::client] = "mail.a.example\n";
  EXPECT_EQ(why_not(transaction_from_options(client)),
            "client: \"mail.a.example\\x0a\" is not an IP address");
  ExplainOptions stage;
  stage.stage = "rctp";
  EXPECT_EQ(why_not(transaction_from_options(stage)),
            "stage: rctp is none; want connect, helo, mail, rcpt, data or eom");
  for (const char* text : {"Subject", ": x", "two words: x", ""}) {
    ExplainOptions header;
    header.headers = {text};
    EXPECT_THAT(why_not(transaction_from_options(header)), HasSubstr("want 'Subject: text'"));
  }
}

constexpr std::string_view kRequest =
    "request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=192.0.2.1\n"
    "client_name=unknown\nhelo_name=h.example\nsender=s@a.example\nrecipient=r@b.example\n"
    "encryption_protocol=\ninstance=1.2.3\n";

TEST(TransactionFromRequest, IsWhatThePolicyDoorSees) {
  for (const char* end : {"\n", ""}) {
    const auto input = transaction_from_request(std::string(kRequest) + end);
    ASSERT_TRUE(input) << input.error().text;
    EXPECT_EQ(input->door, Door::policy);
    EXPECT_EQ(input->stage_from, StageFrom::asked);
    EXPECT_EQ(input->transaction.stage, Stage::rcpt);
    EXPECT_EQ(input->transaction.client_name, "");
    EXPECT_EQ(input->transaction.tls, TlsState::plain);
    EXPECT_THAT(input->untold, IsEmpty());
    ASSERT_EQ(input->recipients.size(), 1U);
    EXPECT_EQ(input->recipients[0].text(), "r@b.example");
  }
}

TEST(TransactionFromRequest, TheLastLineMayHaveNoEnd) {
  EXPECT_TRUE(transaction_from_request(kRequest.substr(0, kRequest.size() - 1)));
}

TEST(TransactionFromRequest, SaysWhatIsWrong) {
  EXPECT_THAT(why_not(transaction_from_request("hello\n\n")), HasSubstr("policy request: "));
  EXPECT_THAT(why_not(transaction_from_request("")), HasSubstr("policy request: "));
  EXPECT_EQ(
      why_not(transaction_from_request("request=smtpd_access_policy\nprotocol_state=VRFY\n\n")),
      "policy request: protocol_state=VRFY, about which Postern decides nothing: the answer "
      "is DUNNO");
}

TEST(TransactionFromLog, TakesTheFirstDecision) {
  const auto input = transaction_from_log(
      "2026-11-21T13:40:02+00:00 info reload done generation=12\n"
      "2026-11-21T13:40:02+00:00 info decision door=policy stage=rcpt rule=campaign action=reject "
      "reply=\"550 5.7.1 No\" client=192.0.2.1 sender=s@a.example recipient=r@b.example "
      "generation=12 us=53\n"
      "2026-11-21T13:40:03+00:00 info decision door=policy stage=mail rule=- action=pass\n");
  ASSERT_TRUE(input) << input.error().text;
  EXPECT_EQ(input->door, Door::policy);
  EXPECT_EQ(input->transaction.stage, Stage::rcpt);
  EXPECT_EQ(input->transaction.client->to_string(), "192.0.2.1");
  EXPECT_EQ(input->transaction.sender->text(), "s@a.example");
  ASSERT_TRUE(input->logged);
  EXPECT_EQ(input->logged->generation, 12U);
  EXPECT_EQ(input->logged->rule, "campaign");
  EXPECT_EQ(input->logged->action, "reject");
  EXPECT_THAT(input->untold, ElementsAre(Attribute::tls)) << "the line does not say";
  EXPECT_THAT(input->cut, IsEmpty());
}

TEST(TransactionFromLog, SaysWhatTheLogDoesNotHold) {
  const auto input =
      transaction_from_log("decision door=milter stage=eom rule=- action=pass client=- helo=\"" +
                           std::string(256, 'h') + "...\" tls=yes generation=1");
  ASSERT_TRUE(input) << input.error().text;
  EXPECT_THAT(input->cut, ElementsAre("helo"));
  EXPECT_FALSE(input->transaction.client);
  EXPECT_THAT(input->untold, ElementsAre(Attribute::header, Attribute::header_from_address,
                                         Attribute::header_from_domain,
                                         Attribute::header_from_differs, Attribute::headers_cut));
}

TEST(TransactionFromLog, SaysWhatIsWrong) {
  EXPECT_THAT(why_not(transaction_from_log("nothing\nof\nthe kind")), HasSubstr("no decision"));
  EXPECT_THAT(why_not(transaction_from_log("decision door=window stage=rcpt")),
              HasSubstr("no door or no stage"));
  EXPECT_THAT(why_not(transaction_from_log("decision door=policy stage=later")),
              HasSubstr("no door or no stage"));
  EXPECT_THAT(why_not(transaction_from_log("decision door=policy stage=rcpt client=here")),
              HasSubstr("client: here is not an IP address"));
}

TEST(TransactionsFromLog, EveryDecisionAndEveryFault) {
  const auto logged = transactions_from_log(
      "decision door=policy stage=mail rule=- action=pass sender=a@a.example generation=1\n"
      "something else\n"
      "decision door=policy stage=rcpt client=here\n"
      "decision door=milter stage=mail rule=- action=pass sender=b@b.example generation=1\n");
  ASSERT_TRUE(logged) << logged.error().text;
  ASSERT_EQ(logged->inputs.size(), 2U);
  EXPECT_EQ(logged->inputs[0].transaction.sender->text(), "a@a.example");
  EXPECT_EQ(logged->inputs[1].door, Door::milter);
  EXPECT_THAT(logged->faults, ElementsAre("line 3: client: here is not an IP address"));
}

TEST(TransactionsFromLog, NoneAndTooMany) {
  EXPECT_THAT(why_not(transactions_from_log("nothing\n")), HasSubstr("no decision"));
  std::string text;
  for (std::size_t i = 0; i < kMaxDecisions; ++i) text += "decision door=policy stage=mail\n";
  EXPECT_TRUE(transactions_from_log(text));
  EXPECT_THAT(why_not(transactions_from_log(text + "decision door=policy stage=mail\n")),
              HasSubstr("more than 100 decisions"));
}

TEST(TransactionFromOptions, WithoutARecipientItIsAnyThatNoRuleNames) {
  ExplainOptions options;
  options.told[Attribute::sender] = "a@a.example";
  const auto any = transaction_from_options(options);
  ASSERT_TRUE(any);
  EXPECT_TRUE(any->any_recipient);
  EXPECT_EQ(any->transaction.stage, Stage::rcpt);
  EXPECT_EQ(any->transaction.recipient->text(), "anyone@recipient.invalid");
  options.stage = "mail";
  const auto asked = transaction_from_options(options);
  EXPECT_FALSE(asked->any_recipient);
  EXPECT_EQ(asked->transaction.stage, Stage::mail);
  EXPECT_FALSE(asked->transaction.recipient);
  options.stage.clear();
  options.recipients = {"b@b.example"};
  EXPECT_FALSE(transaction_from_options(options)->any_recipient);
  ExplainOptions client;
  client.told[Attribute::client] = "192.0.2.1";
  EXPECT_EQ(transaction_from_options(client)->transaction.stage, Stage::connect);
}

std::string any_text(std::mt19937& random, std::size_t longest) {
  std::string text(random() % longest, '\0');
  for (char& c : text) {
    c = random() % 8 == 0 ? static_cast<char>(random()) : "abz.-_ =\"\\"[random() % 10];
  }
  return text;
}

Transaction any_transaction(std::mt19937& random) {
  Transaction t;
  t.stage = static_cast<Stage>(random() % 5);
  if (random() % 4 != 0) t.client = IpAddress::from_v4(static_cast<std::uint32_t>(random()));
  if (random() % 2 == 0) t.client_name = any_text(random, 40);
  t.reverse_client_name = t.client_name.empty() ? any_text(random, 40) : t.client_name;
  if (t.stage >= Stage::helo) t.helo = any_text(random, 200);
  if (t.stage >= Stage::mail) {
    t.sender = MailAddress::from_envelope(
        random() % 4 == 0 ? ""
                          : any_text(random, 20) + "@" + (random() % 2 == 0 ? "a.example" : "B"));
    if (random() % 2 == 0) t.sasl_username = any_text(random, 20);
    t.tls = static_cast<TlsState>(random() % 3);
    t.queue_id = random() % 2 == 0 ? "" : "4F2";
    t.token = random() % 2 == 0 ? "" : "k7m3f2";
  }
  if (t.stage >= Stage::rcpt) {
    t.recipient = MailAddress::from_envelope("r" + std::to_string(random() % 10) + "@b.example");
    t.instance = "1a.2b.0";
    if (random() % 4 == 0) t.recipient_state = RecipientState::refused;
  }
  if (t.stage == Stage::data) t.recipient_count = 2 + random() % 5;
  return t;
}

std::string text_or_none(const std::optional<MailAddress>& address) {
  return address ? "<" + address->text() + ">" : "none";
}

// What was judged can be judged again from its line in the log.
TEST(TransactionFromLog, ReadsBackWhatTheLogSays) {
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    const Transaction t = any_transaction(random);
    Verdict verdict;
    verdict.rule = "some-rule";
    verdict.generation = random();
    const std::vector<DnsEvidence> evidence;
    const std::string line =
        explain::decision_line({"milter", t, verdict, evidence, any_text(random, 60), {}});
    const auto read = transaction_from_log("Nov 21 13:40:02 mx postern-milter[1]: " + line + "\n");
    ASSERT_TRUE(read) << read.error().text << "\n" << line;
    const Transaction& back = read->transaction;
    EXPECT_EQ(read->logged->generation, verdict.generation);
    EXPECT_EQ(back.stage, t.stage);
    EXPECT_EQ(back.client, t.client) << line;
    EXPECT_EQ(back.client_name, t.client_name) << line;
    EXPECT_EQ(back.reverse_client_name, t.reverse_client_name) << line;
    EXPECT_EQ(back.helo, t.helo) << line;
    EXPECT_EQ(text_or_none(back.sender), text_or_none(t.sender)) << line;
    EXPECT_EQ(text_or_none(back.recipient), text_or_none(t.recipient)) << line;
    EXPECT_EQ(back.recipient_state, t.recipient_state) << line;
    EXPECT_EQ(back.recipient_count, t.recipient_count) << line;
    EXPECT_EQ(back.sasl_username, t.sasl_username) << line;
    EXPECT_EQ(back.tls, t.tls) << line;
    EXPECT_EQ(back.queue_id, t.queue_id) << line;
    EXPECT_EQ(back.instance, t.instance) << line;
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace postern::ctl::transaction_input_test
