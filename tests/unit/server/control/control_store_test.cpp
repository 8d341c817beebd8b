// Records of the store over the control protocol.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/state/lmdb_store.h"
#include "server/state/memory_store.h"
#include "tests/support/state_effects.h"
#include "tests/unit/server/control/control_fixture.h"

namespace postern::control::control_store_test {
namespace {

using testing::HasSubstr;

constexpr const char* kRules = "version: 1\nrules: [{ name: all, then: pass }]\n";
constexpr const char* kAlice = "/v1/store?key=%5B%22rate%22%2C%22people%22%2C%22alice%22%5D";

class ControlStore : public testing::Test {
 protected:
  ControlStore() {
    fixture_.state->store = std::make_unique<state::MemoryStore>();
    apply(*fixture_.state->store, effect_on("alice", Take{2, std::chrono::hours(1)}));
  }
  ControlFixture fixture_{kRules, "zone: {}\n"};
};

TEST_F(ControlStore, ARecordIsShownAndForgotten) {
  const auto found = fixture_.ask("GET", kAlice);
  EXPECT_EQ(found.status, 200U);
  EXPECT_EQ(found.json.at("status"), "found");
  EXPECT_GT(found.json.at("debt_seconds").as_double(), 7100);
  EXPECT_EQ(found.json.at("marked"), false);
  EXPECT_EQ(fixture_.ask("DELETE", kAlice).json.at("forgotten"), true);
  EXPECT_EQ(fixture_.ask("GET", kAlice).json.at("status"), "absent");
  EXPECT_EQ(fixture_.ask("DELETE", kAlice).json.at("forgotten"), false);
}

TEST_F(ControlStore, AKeyThatIsNoneIsRefused) {
  for (const char* key : {"", "?key=", "?key=rate", "?key=%5B%5D", "?key=%5B%22rate%22%5D",
                          "?key=%5B%22other%22%2C%22people%22%5D", "?key=%5B%22rate%22%2C7%5D"}) {
    const auto answer = fixture_.ask("GET", std::string("/v1/store") + key);
    EXPECT_EQ(answer.status, 400U) << key;
  }
}

TEST_F(ControlStore, IsSweptAndTellsHowItIs) {
  EXPECT_EQ(fixture_.ask("POST", "/v1/store/sweep").status, 200U);
  EXPECT_EQ(fixture_.ask("GET", "/v1/status").json.at("store").at("records"), 1);
}

TEST_F(ControlStore, NothingIsForgottenWhereNothingCanBeKnown) {
  state::LmdbStore::Parts nowhere;
  nowhere.folder = "/dev/null/store";
  nowhere.warn = [](const std::string&) {};
  fixture_.state->store = std::make_unique<state::LmdbStore>(nowhere);
  EXPECT_EQ(fixture_.ask("GET", kAlice).json.at("status"), "unavailable");
  const auto forgotten = fixture_.ask("DELETE", kAlice);
  EXPECT_EQ(forgotten.status, 503U);
  EXPECT_THAT(forgotten.error(), HasSubstr("the store is not in use: cannot make the folder"));
  EXPECT_EQ(fixture_.ask("POST", "/v1/store/sweep").status, 503U);
}

TEST_F(ControlStore, WithoutAStoreThereIsNone) {
  fixture_.state->store.reset();
  EXPECT_EQ(fixture_.ask("GET", kAlice).status, 404U);
  EXPECT_EQ(fixture_.ask("DELETE", kAlice).status, 404U);
  EXPECT_EQ(fixture_.ask("POST", "/v1/store/sweep").status, 404U);
  EXPECT_TRUE(fixture_.ask("GET", "/v1/status").json.at("store").is_null());
}

}  // namespace
}  // namespace postern::control::control_store_test
