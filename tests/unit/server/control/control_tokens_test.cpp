// The tokens of the newest refusals, for who completes one.
#include <gtest/gtest.h>

#include "server/service/decision_log.h"
#include "tests/support/transaction_builder.h"
#include "tests/unit/server/control/control_fixture.h"

namespace postern::control::control_tokens_test {
namespace {

constexpr const char* kRulesWithTokens = R"(version: 1
rules:
  - { name: friends, when: { client: 192.0.2.1 }, then: pass }
  - { name: plain, when: { client: 192.0.2.2 }, then: reject 550 5.7.1 "No" }
  - { name: later, when: { client: 192.0.2.3 }, then: 'defer 450 4.7.1 "Later, quote {token}"' }
  - { name: others, then: 'reject 550 5.7.1 "No, quote {token}"' }
)";

class ControlTokens : public testing::Test {
 protected:
  // A decision about that client, as a door makes and records it.
  void decide(const std::string& client, const std::string& sender, const std::string& token) {
    service::DecisionLog decisions(*fixture_.state);
    Transaction transaction =
        TransactionBuilder(Stage::rcpt).client(client).sender(sender).transaction;
    transaction.token = token;
    Decision decision(fixture_.state->snapshots.current(), transaction, nullptr,
                      std::chrono::system_clock::now());
    ASSERT_EQ(decision.step(), Decision::Step::done);
    decisions.record({.door = "policy",
                      .transaction = transaction,
                      .verdict = decision.verdict(),
                      .evidence = decision.evidence(),
                      .reply = "",
                      .took = std::chrono::microseconds(20),
                      .began = decision.now()});
  }
  std::string told() {
    std::string body;
    fixture_.control->answer({"GET", "/v1/tokens", ""},
                             [&](const http::HttpResponse& got) { body = got.body; });
    return body;
  }

  ControlFixture fixture_{kRulesWithTokens, "zone: {}\n"};
};

TEST_F(ControlTokens, AreThoseThatClientsWereTold) {
  EXPECT_EQ(told(), R"({"tokens":[]})");
  decide("192.0.2.1", "a@a.example", "aaaaaa");
  decide("192.0.2.2", "a@a.example", "bbbbbb");
  decide("192.0.2.3", "a@Later.Example", "cccccc");
  decide("192.0.2.4", "<>", "dddddd");
  EXPECT_EQ(told(), R"({"tokens":[{"token":"dddddd","action":"reject","sender_domain":""},)"
                    R"({"token":"cccccc","action":"defer","sender_domain":"later.example"}]})");
}

TEST_F(ControlTokens, AreTheNewestOnes) {
  const auto count = static_cast<int>(service::RecentTokens::kKept) + 3;
  for (int i = 0; i < count; ++i) decide("192.0.2.4", "a@a.example", "t" + std::to_string(i));
  const auto tokens = json::parse_json(told()).value().at("tokens").as_array();
  ASSERT_EQ(tokens.size(), service::RecentTokens::kKept);
  EXPECT_EQ(tokens.front().at("token").as_string(), "t" + std::to_string(count - 1));
  EXPECT_EQ(tokens.back().at("token").as_string(), "t3");
}

}  // namespace
}  // namespace postern::control::control_tokens_test
