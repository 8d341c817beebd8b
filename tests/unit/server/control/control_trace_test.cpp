#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/service/decision_log.h"
#include "tests/support/transaction_builder.h"
#include "tests/unit/server/control/control_fixture.h"

namespace postern::control::control_trace_test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kTracedRules =
    "version: 1\nrules: [{ name: campaign, when: { client: 192.0.2.7 }, then: reject }]\n";

class ControlTrace : public testing::Test {
 protected:
  ControlFixture::Answer ask(const std::string& method, const std::string& target,
                             const std::string& body = {}) {
    ControlFixture::Answer answer;
    fixture_.control->answer({method, target, body}, [&](const http::HttpResponse& got) {
      answer = {got.status, json::parse_json(got.body).value()};
    });
    return answer;
  }

  // A decision about that client, as a door makes it.
  std::string decide(const std::string& client) {
    service::DecisionLog decisions(*fixture_.state);
    const Transaction transaction =
        TransactionBuilder(Stage::rcpt).client(client).sender("s@a.example").transaction;
    Decision decision(fixture_.state->snapshots.current(), transaction, nullptr,
                      std::chrono::system_clock::now());
    EXPECT_EQ(decision.step(), Decision::Step::done);
    decisions.trace("policy", decision, transaction);
    fixture_.log->flush();
    std::ifstream log(fixture_.folder.path("log"));
    return {std::istreambuf_iterator<char>(log), {}};
  }

  ControlFixture fixture_{kTracedRules, "zone: {}\n"};
};

TEST_F(ControlTrace, SetsListsAndStops) {
  const auto set = ask("POST", "/v1/trace", R"({"client": "192.0.2.0/24", "seconds": 600})");
  ASSERT_EQ(set.status, 200U) << set.error();
  EXPECT_EQ(set.json.at("client").as_string(), "192.0.2.0/24");
  EXPECT_EQ(set.json.at("seconds_left").as_int64(), 600);
  const auto list = ask("GET", "/v1/trace").json;
  ASSERT_EQ(list.at("traces").as_array().size(), 1U);
  EXPECT_EQ(list.at("traces").at(0).at("id"), set.json.at("id"));
  EXPECT_EQ(ask("DELETE", "/v1/trace?id=1").json.at("stopped").to_number<int>(), 1);
  EXPECT_EQ(ask("DELETE", "/v1/trace").json.at("stopped").to_number<int>(), 0);
}

TEST_F(ControlTrace, TellsWhatIsFollowedInTheLogAndToThoseWhoAsk) {
  EXPECT_EQ(decide("192.0.2.7"), "");
  ask("POST", "/v1/trace", R"({"client": "192.0.2.7", "seconds": 600})");
  EXPECT_EQ(decide("192.0.2.8"), "");
  const std::string log = decide("192.0.2.7");
  EXPECT_THAT(log, HasSubstr(" info trace id=1 n=1 door=policy stage=rcpt action=reject "));
  EXPECT_THAT(log, HasSubstr("trace id=1 n=1 rule=campaign "));
  const auto lines = ask("GET", "/v1/trace/lines?after=1").json.at("lines").as_array();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].at("number").to_number<int>(), 2);
  EXPECT_THAT(std::string(lines[0].at("text").as_string()),
              StartsWith("trace id=1 n=1 rule=campaign "));
}

TEST_F(ControlTrace, SaysWhatIsWrong) {
  for (const char* body :
       {"", "{}", "[]", R"({"seconds": 10})", R"({"client": "192.0.2.7"})",
        R"({"client": "192.0.2.7", "seconds": 0})", R"({"client": "192.0.2.7", "seconds": 86401})",
        R"({"client": "192.0.2.7", "seconds": "10"})", R"({"client": 7, "seconds": 10})",
        R"({"client": "x", "seconds": 10})", R"({"helo": "x", "seconds": 10})"}) {
    EXPECT_EQ(ask("POST", "/v1/trace", body).status, 400U) << body;
  }
  EXPECT_EQ(ask("DELETE", "/v1/trace?id=x").status, 400U);
  EXPECT_EQ(ask("GET", "/v1/trace/lines?after=-1").status, 400U);
  EXPECT_FALSE(fixture_.state->traces.any());
}

TEST_F(ControlTrace, ThereAreOnlySoMany) {
  const std::string body = R"({"instance": "x", "seconds": 10})";
  for (std::size_t i = 0; i < service::Traces::kMaxTraces; ++i) {
    EXPECT_EQ(ask("POST", "/v1/trace", body).status, 200U);
  }
  EXPECT_EQ(ask("POST", "/v1/trace", body).status, 409U);
}

}  // namespace
}  // namespace postern::control::control_trace_test
