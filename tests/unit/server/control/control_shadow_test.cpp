#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "server/service/decision_log.h"
#include "server/service/shadow.h"
#include "tests/support/transaction_builder.h"
#include "tests/unit/server/control/control_fixture.h"

namespace postern::control::control_shadow_test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kLive =
    "version: 1\nrules: [{ name: old, when: { sender_domain: old.example }, then: reject }]\n";
constexpr const char* kCandidate =
    "version: 1\nlists: { c: { kind: domain, file: c.txt } }\n"
    "rules: [{ name: new, when: { sender_domain: c }, then: reject 550 5.7.1 No }]\n";

class ControlShadow : public testing::Test {
 protected:
  ControlShadow() { fixture_.folder.write("c.txt", "new.example\n"); }

  ControlFixture::Answer start(const std::string& text, const std::string& more = {}) {
    const std::string file = fixture_.folder.write("candidate.yaml", text);
    return fixture_.ask("POST", "/v1/shadow", R"({"file": ")" + file + "\"" + more + "}");
  }

  void decide(const std::string& sender) {
    service::DecisionLog decisions(*fixture_.state);
    const Transaction transaction =
        TransactionBuilder(Stage::rcpt).client("192.0.2.7").sender(sender).transaction;
    Decision decision(fixture_.state->snapshots.current(), transaction, nullptr,
                      std::chrono::system_clock::now());
    EXPECT_EQ(decision.step(), Decision::Step::done);
    decisions.record(
        {.door = "policy",
         .transaction = transaction,
         .verdict = decision.verdict(),
         .evidence = decision.evidence(),
         .reply = lets_in(decision.verdict()) ? "DUNNO" : decision.verdict().reply.to_string(),
         .began = decision.now()});
  }

  // Once so many decisions are compared.
  json::object compared(std::uint64_t decisions) {
    while (decisions_in(fixture_.state->shadow.running()->sums().counts) < decisions) {
      std::this_thread::yield();
    }
    return fixture_.ask("GET", "/v1/shadow").json.at("shadow").as_object();
  }

  ControlFixture fixture_{kLive, "zone: {}\n"};
};

TEST_F(ControlShadow, StartsTellsAndDrops) {
  EXPECT_TRUE(fixture_.ask("GET", "/v1/shadow").json.at("shadow").is_null());
  const auto started = start(kCandidate);
  ASSERT_EQ(started.status, 200U) << started.error();
  EXPECT_EQ(started.json.at("errors").as_int64(), 0);
  EXPECT_EQ(started.json.at("shadow").at("rules").to_number<int>(), 1);
  EXPECT_FALSE(started.json.at("shadow").at("ask_dns").as_bool());
  decide("s@new.example");
  decide("s@old.example");
  decide("s@other.example");
  const json::object told = compared(3);
  EXPECT_EQ(told.at("differences").to_number<int>(), 2);
  EXPECT_EQ(told.at("counts").at("refused").at("decisions").to_number<int>(), 1);
  EXPECT_EQ(told.at("by_rule").as_array().size(), 2U);
  const json::object& newest = told.at("examples").at(0).as_object();
  EXPECT_EQ(newest.at("kind").as_string(), "let_in");
  EXPECT_EQ(newest.at("live_rule").as_string(), "old");
  EXPECT_TRUE(newest.at("rule").is_null());
  const json::object& older = told.at("examples").at(1).as_object();
  EXPECT_EQ(older.at("entry").as_string(), "new.example");
  EXPECT_EQ(older.at("sender").as_string(), "s@new.example");
  const auto status = fixture_.ask("GET", "/v1/status").json.at("shadow");
  EXPECT_EQ(status.at("differences").to_number<int>(), 2);
  const auto dropped = fixture_.ask("DELETE", "/v1/shadow");
  EXPECT_EQ(dropped.json.at("shadow").at("decisions").to_number<int>(), 3);
  EXPECT_TRUE(fixture_.ask("DELETE", "/v1/shadow").json.at("shadow").is_null());
  EXPECT_TRUE(fixture_.ask("GET", "/v1/status").json.at("shadow").is_null());
}

TEST_F(ControlShadow, RulesWithFaultsStartNoneAndAreSaidAtTheirPlace) {
  const auto refused = start("version: 1\nrules: [{ name: x, then: fly }]\n");
  EXPECT_EQ(refused.status, 200U);
  EXPECT_TRUE(refused.json.at("shadow").is_null());
  EXPECT_EQ(refused.json.at("errors").as_int64(), 1);
  EXPECT_THAT(std::string(refused.json.at("diagnostics").at(0).at("file").as_string()),
              HasSubstr("candidate.yaml"));
}

TEST_F(ControlShadow, OfAFileThatNotEverybodyMayReadNoTextIsTold) {
  namespace fs = std::filesystem;
  const std::string file = fixture_.folder.write("webhook.key", "4f1d-key-of-the-webhook\n");
  const auto diagnostic = [&](fs::perms readers) {
    fs::permissions(file, readers);
    const auto refused = fixture_.ask("POST", "/v1/shadow", R"({"file": ")" + file + "\"}");
    EXPECT_TRUE(refused.json.at("shadow").is_null());
    EXPECT_EQ(refused.json.at("diagnostics").at(0).at("line").as_int64(), 1);
    return json::serialize(refused.json);
  };
  EXPECT_THAT(diagnostic(fs::perms::owner_read | fs::perms::group_read), Not(HasSubstr("4f1d")));
  EXPECT_THAT(diagnostic(fs::perms::owner_read | fs::perms::others_read),
              Not(HasSubstr("posternctl check")));
  const auto none = fixture_.ask("POST", "/v1/shadow", R"({"file": "/nowhere/rules.yaml"})");
  EXPECT_THAT(std::string(none.json.at("diagnostics").at(0).at("message").as_string()),
              HasSubstr("cannot"));
}

TEST_F(ControlShadow, OneRunsAtATime) {
  start(kCandidate);
  const auto second = start(kCandidate);
  EXPECT_EQ(second.status, 409U);
  EXPECT_THAT(second.error(), HasSubstr("a shadow runs already: "));
}

TEST_F(ControlShadow, WhatIsAskedForHasItsForm) {
  for (const char* body : {"", "7", R"({"file": "relative.yaml"})", R"({"file": 7})",
                           R"({"file": "/a", "more": 1})", R"({"file": "/a", "ask_dns": 1})"}) {
    EXPECT_EQ(fixture_.ask("POST", "/v1/shadow", body).status, 400U) << body;
  }
}

TEST_F(ControlShadow, AReloadKeepsIt) {
  start(kCandidate);
  fixture_.folder.write("rules.yaml", kCandidate);
  EXPECT_EQ(fixture_.ask("POST", "/v1/reload").json.at("outcome").as_string(), "done");
  decide("s@new.example");
  EXPECT_EQ(compared(1).at("counts").at("same").at("decisions").to_number<int>(), 1);
}

TEST_F(ControlShadow, TheMetricsCountItsResults) {
  start(kCandidate, R"(, "ask_dns": true)");
  decide("s@new.example");
  compared(1);
  const std::string page = fixture_.respond("GET", "/metrics").body;
  EXPECT_THAT(page, HasSubstr("postern_shadow_running{door=\"policy\"} 1"));
  EXPECT_THAT(page,
              HasSubstr(R"(postern_shadow_decisions_total{door="policy",result="refused"} 1)"));
}

}  // namespace
}  // namespace postern::control::control_shadow_test
