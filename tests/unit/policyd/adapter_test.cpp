#include "policyd/adapter.h"

#include <gtest/gtest.h>

#include <vector>

namespace postern::policyd::adapter_test {
namespace {

TEST(StageOf, KnowsTheStatesOfPostfix) {
  struct Case {
    const char* state;
    std::optional<Stage> stage;
  };
  const std::vector<Case> cases = {
      {"CONNECT", Stage::connect}, {"XCLIENT", Stage::connect}, {"EHLO", Stage::helo},
      {"HELO", Stage::helo},       {"MAIL", Stage::mail},       {"RCPT", Stage::rcpt},
      {"DATA", Stage::data},       {"BDAT", Stage::data},       {"END-OF-MESSAGE", Stage::eom},
      {"VRFY", std::nullopt},      {"ETRN", std::nullopt},      {"", std::nullopt},
      {"rcpt", std::nullopt},      {"RCPTX", std::nullopt},
  };
  for (const Case& one : cases) EXPECT_EQ(stage_of(one.state), one.stage) << one.state;
}

PolicyRequest full_request() {
  PolicyRequest request;
  request.client_address = "2001:db8::25";
  request.client_name = "mail.example.org";
  request.reverse_client_name = "rev.example.org";
  request.helo_name = "Helo.Example.org";
  request.sender = "Sender@Example.ORG";
  request.recipient = "q uo\"ted@dest.example";
  request.recipient_count = "0";
  static_assert(kTextAttributes[0] == Attribute::sasl_username);
  request.texts[0] = "alice";
  request.queue_id = "4F2";
  request.instance = "1.2.3";
  return request;
}

TEST(FillTransaction, TakesEverythingOver) {
  Transaction transaction;
  fill_transaction(full_request(), Stage::rcpt, transaction);
  EXPECT_EQ(transaction.stage, Stage::rcpt);
  ASSERT_TRUE(transaction.client);
  EXPECT_EQ(transaction.client->to_string(), "2001:db8::25");
  EXPECT_EQ(transaction.client_name, "mail.example.org");
  EXPECT_EQ(transaction.reverse_client_name, "rev.example.org");
  EXPECT_EQ(transaction.helo, "Helo.Example.org");
  ASSERT_TRUE(transaction.sender);
  EXPECT_EQ(transaction.sender->text(), "Sender@example.org");
  ASSERT_TRUE(transaction.recipient);
  EXPECT_EQ(transaction.recipient->local_part(), "q uo\"ted");
  EXPECT_EQ(transaction.sasl_username, "alice");
  EXPECT_EQ(transaction.tls, TlsState::unknown);
  EXPECT_EQ(transaction.queue_id, "4F2");
  EXPECT_EQ(transaction.instance, "1.2.3");
}

TEST(FillTransaction, ForgetsTheRequestBefore) {
  Transaction transaction;
  fill_transaction(full_request(), Stage::rcpt, transaction);
  fill_transaction(PolicyRequest{}, Stage::connect, transaction);
  EXPECT_FALSE(transaction.client);
  EXPECT_FALSE(transaction.sender);
  EXPECT_FALSE(transaction.recipient);
  EXPECT_EQ(transaction.helo, "");
  EXPECT_EQ(transaction.instance, "");
}

TEST(FillTransaction, UnknownNamesAreNone) {
  PolicyRequest request = full_request();
  request.client_name = "unknown";
  request.reverse_client_name = "unknown";
  Transaction transaction;
  fill_transaction(request, Stage::connect, transaction);
  EXPECT_EQ(transaction.client_name, "");
  EXPECT_EQ(transaction.reverse_client_name, "");
}

TEST(FillTransaction, AnAddressThatIsNoneIsAbsent) {
  for (const char* address : {"", "unknown", "300.1.1.1", "192.0.2.1 "}) {
    PolicyRequest request = full_request();
    request.client_address = address;
    Transaction transaction;
    fill_transaction(request, Stage::connect, transaction);
    EXPECT_FALSE(transaction.client) << address;
  }
}

TEST(FillTransaction, TheSenderIsThereFromMailOn) {
  for (const Stage stage :
       {Stage::connect, Stage::helo, Stage::mail, Stage::rcpt, Stage::data, Stage::eom}) {
    PolicyRequest request = full_request();
    request.sender = "";
    Transaction transaction;
    fill_transaction(request, stage, transaction);
    ASSERT_EQ(transaction.sender.has_value(), stage >= Stage::mail);
    EXPECT_TRUE(!transaction.sender || transaction.sender->is_null());
  }
}

TEST(FillTransaction, TheRecipientIsTheOneOrNone) {
  struct Case {
    const char* name;
    Stage stage;
    const char* recipient;
    const char* count;
    bool there;
  };
  const std::vector<Case> cases = {
      {"at MAIL", Stage::mail, "r@example.org", "0", false},
      {"at RCPT", Stage::rcpt, "r@example.org", "0", true},
      {"at RCPT of several", Stage::rcpt, "r@example.org", "5", true},
      {"at DATA, one", Stage::data, "r@example.org", "1", true},
      {"at DATA, several", Stage::data, "", "2", false},
      {"at DATA, several and named", Stage::data, "r@example.org", "2", false},
      {"at DATA, old Postfix", Stage::data, "r@example.org", "", true},
      {"at the end, one", Stage::eom, "r@example.org", "1", true},
      {"at the end, several", Stage::eom, "", "3", false},
  };
  for (const Case& one : cases) {
    PolicyRequest request = full_request();
    request.recipient = one.recipient;
    request.recipient_count = one.count;
    Transaction transaction;
    fill_transaction(request, one.stage, transaction);
    EXPECT_EQ(transaction.recipient.has_value(), one.there) << one.name;
  }
}

TEST(FillTransaction, Tls) {
  PolicyRequest request = full_request();
  Transaction transaction;
  request.has_encryption_protocol = true;
  fill_transaction(request, Stage::mail, transaction);
  EXPECT_EQ(transaction.tls, TlsState::plain);
  request.encryption_protocol = "TLSv1.3";
  fill_transaction(request, Stage::mail, transaction);
  EXPECT_EQ(transaction.tls, TlsState::encrypted);
}

}  // namespace
}  // namespace postern::policyd::adapter_test
