// What an explanation says of the bytes of the milter door is what libmilter sends.
#include <gtest/gtest.h>

#include "ctl/explain/door_replies.h"
#include "tests/support/transaction_builder.h"
#include "tests/unit/milter/served_milter.h"

namespace postern::exact_bytes_test {
namespace {

class EndOfServer : public testing::Environment {
 public:
  void TearDown() override { milter::ServedMilter::end_if_started(); }
};

// NOLINTNEXTLINE(cert-err58-cpp): GoogleTest wants it before main()
[[maybe_unused]] const auto* const kEndOfServer =
    testing::AddGlobalTestEnvironment(new EndOfServer);

constexpr const char* kRules = R"(
rules:
  - { name: no, when: { sender: no@ }, then: 'reject 553 5.1.8 "100% no: %s \\ %%"' }
  - { name: long, when: { sender: long@ },
      then: 'reject "................................................................................"' }
  - { name: later, when: { sender: later@ }, then: 'defer 451 4.7.1 "later, {sender_domain}"' }
  - { name: drop, when: { sender: drop@ }, then: 'discard "quietly"' }
  - { name: mark, when: { sender: mark@ },
      then: [{ prepend: 'X-Mark: 100% {client}' }, { prepend: 'X-Second: %s' }] }
  - { name: aside, when: { sender: aside@ }, then: 'hold "100% odd"' }
  - { name: words, when: { header.subject: '~words' }, then: 'reject 554 5.7.1 "words"' }
)";

std::string unescaped(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
    } else if (text[++i] == 'x') {
      bytes += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      bytes += text[i] == 'n' ? '\n' : text[i];
    }
  }
  return bytes;
}

std::string explained_bytes(const std::string& sender, Stage stage) {
  const auto snapshot = milter::generation(1, kRules);
  TransactionBuilder builder(stage);
  builder.client("192.0.2.1").helo("client.example").sender(sender);
  const MailAddress recipient = MailAddress::from_envelope("r@d.example");
  if (stage >= Stage::rcpt) builder.recipient("r@d.example");
  if (stage == Stage::eom) {
    builder.transaction.header.emplace();
    builder.transaction.header->fields = {{"subject", sender == "w@b.example" ? "words" : "hello"}};
  }
  const auto source = ctl::no_facts();
  ctl::Evaluator evaluator(*source, std::chrono::system_clock::now());
  const ctl::DoorReplies replies =
      ctl::milter_replies(snapshot, {}, builder.transaction, {recipient}, evaluator);
  std::string bytes;
  for (const ctl::SentBytes& sent : replies.sent) bytes += unescaped(sent.bytes);
  return bytes;
}

// All that the filter says until it has answered.
std::string heard(MilterClient& mta) {
  std::string bytes;
  while (const auto packet = mta.hear()) {
    bytes += milter_frame(packet->letter, packet->payload);
    if (packet->letter != 'q' && packet->letter != 'i') break;
  }
  return bytes;
}

class ExactBytes : public milter::WithServedMilter {
 protected:
  ExactBytes() { served_.use_rules(kRules); }

  // An MTA that tells all and waits for each answer.
  static void open(MilterClient& mta) {
    // Not negotiate(): libmilter says back a step or two that was not offered.
    mta.say(milter_negotiation(6, MilterClient::kAllActions, 0));
    const auto agreed = mta.hear();
    ASSERT_TRUE(agreed && agreed->letter == 'O');
    ASSERT_EQ(mta.connect("192.0.2.1"), "continue");
    ASSERT_EQ(mta.helo(), "continue");
  }
};

TEST_F(ExactBytes, InAnswerToMail) {
  MilterClient mta = client();
  open(mta);
  for (const char* sender :
       {"no@b.example", "long@b.example", "later@b.example", "drop@b.example"}) {
    mta.say(milter_frame('M', milter_strings({"<" + std::string(sender) + ">"})));
    EXPECT_EQ(heard(mta), explained_bytes(sender, Stage::mail)) << sender;
    mta.abort();
  }
  mta.quit();
}

TEST_F(ExactBytes, AtTheEndOfTheMessage) {
  MilterClient mta = client();
  open(mta);
  for (const char* sender :
       {"good@b.example", "mark@b.example", "aside@b.example", "w@b.example"}) {
    ASSERT_EQ(mta.mail(sender), "continue");
    ASSERT_EQ(mta.rcpt("r@d.example"), "continue");
    mta.data();
    mta.header("Subject", sender == std::string("w@b.example") ? "words" : "hello");
    mta.end_of_header();
    mta.say(milter_frame('E'));
    EXPECT_EQ(heard(mta), explained_bytes(sender, Stage::eom)) << sender;
    mta.abort();
  }
  mta.quit();
}

}  // namespace
}  // namespace postern::exact_bytes_test
