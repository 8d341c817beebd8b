#include "rules/model/transaction.h"

#include <gtest/gtest.h>

#include "tests/support/transaction_builder.h"

namespace postern::transaction_test {
namespace {

TEST(Transaction, ClearForgetsEverything) {
  Transaction t = TransactionBuilder(Stage::eom)
                      .client("192.0.2.1")
                      .client_name("a.example")
                      .reverse_client_name("b.example")
                      .helo("c.example")
                      .sender("s@d.example")
                      .recipient("r@e.example")
                      .user("u")
                      .tls(TlsState::encrypted)
                      .transaction;
  t.recipient_state = RecipientState::refused;
  t.recipient_count = 2;
  t.header.emplace();
  t.queue_id = "q";
  t.instance = "i";
  t.clear();
  EXPECT_EQ(t.stage, Stage::connect);
  EXPECT_EQ(t.client, std::nullopt);
  EXPECT_EQ(t.sender, std::nullopt);
  EXPECT_EQ(t.recipient, std::nullopt);
  EXPECT_EQ(t.tls, TlsState::unknown);
  EXPECT_EQ(t.recipient_state, RecipientState::accepted);
  EXPECT_EQ(t.recipient_count, 0U);
  EXPECT_FALSE(t.header);
  for (const std::string* text : {&t.client_name, &t.reverse_client_name, &t.helo, &t.sasl_username,
                                  &t.queue_id, &t.instance}) {
    EXPECT_EQ(*text, "");
  }
}

}  // namespace
}  // namespace postern::transaction_test
