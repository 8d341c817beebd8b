// A shadow beside made-up rules and sessions: the MTA hears the same with it and without it, and
// the rules in force beside themselves differ nowhere.
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "server/service/shadow.h"
#include "tests/scenarios/chance.h"
#include "tests/unit/milter/session_fixture.h"

namespace postern::milter::session_shadow_test {
namespace {

constexpr int kFiles = 150;
constexpr int kSessionsEach = 4;

class Beside {
 public:
  explicit Beside(MixedRecipients mixed)
      : fixture_("rules: []\n", settings(mixed), kZoneOfChance) {}

  // Rules of chance that load, in force from now on.
  std::shared_ptr<const Snapshot> next_rules() {
    for (;;) {
      Diagnostics ignored;
      auto snapshot = load::load_rules(chance_.rule_file(), "r", reader_of({}), ++number_,
                                       {Door::milter, {Door::milter}}, ignored);
      if (snapshot) return snapshot;
    }
  }
  Session next_session() { return chance_.session(); }

  // What the MTA hears of all messages of the session.
  Words heard(const Session& from) {
    Words said_so;
    const auto hear = [&](const MilterReply& reply) { said_so.push_back(said(reply)); };
    auto session = fixture_.open();
    hear(session->connect("[x]", *IpAddress::parse(from.client), ""));
    hear(session->helo(from.helo));
    for (const Message& message : from.messages) {
      hear(session->mail("<" + message.sender + ">", {.texts = {message.user}}));
      for (const std::string& recipient : message.recipients) {
        hear(session->rcpt("<" + recipient + ">", RecipientState::accepted, ""));
      }
      hear(session->data(""));
      session->header("From", message.from);
      session->header("Subject", message.subject);
      hear(session->end_of_message(""));
      session->end_message();
    }
    return said_so;
  }

  void start(std::shared_ptr<const Snapshot> candidate) {
    fixture_.state.shadow.exchange(std::make_unique<service::Shadow>(
        service::Shadow::Parts{.file = "candidate.yaml",
                               .rules = std::move(candidate),
                               .live = fixture_.snapshots,
                               .settings = fixture_.settings,
                               .log = fixture_.service.log(),
                               .gather = std::chrono::milliseconds{0}}));
  }

  // Once all that it was offered is compared.
  service::Shadow::Status status() {
    const service::Shadow& shadow = *fixture_.state.shadow.running();
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    for (auto sums = shadow.sums();
         decisions_in(sums.counts) + sums.dropped + sums.failed < sums.offered;
         sums = shadow.sums()) {
      if (std::chrono::steady_clock::now() > patience) throw std::runtime_error("still waiting");
      std::this_thread::yield();
    }
    return shadow.status();
  }
  void drop() { fixture_.state.shadow.exchange(nullptr); }

  SessionFixture& fixture() { return fixture_; }

 private:
  static config::Settings settings(MixedRecipients mixed) {
    config::Settings settings;
    settings.milter.mixed_recipients = mixed;
    return settings;
  }

  SessionFixture fixture_;
  Chance chance_{20261130};
  std::uint64_t number_ = 1;
};

class ShadowOfChance : public testing::TestWithParam<MixedRecipients> {
 protected:
  Beside beside_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Mixed, ShadowOfChance,
                         testing::Values(MixedRecipients::split, MixedRecipients::mildest),
                         [](const auto& mixed) { return std::string(to_string(mixed.param)); });

TEST_P(ShadowOfChance, TheRulesInForceDifferNowhereFromThemselves) {
  std::uint64_t compared = 0;
  std::uint64_t undecided = 0;
  for (int i = 0; i < kFiles; ++i) {
    const auto rules = beside_.next_rules();
    beside_.fixture().snapshots.replace(rules);
    beside_.start(rules);
    for (int j = 0; j < kSessionsEach; ++j) beside_.heard(beside_.next_session());
    const auto status = beside_.status();
    ASSERT_EQ(differences_in(status.sums.counts), 0U) << i << ": " << [&] {
      const shadow::Row row = status.findings.examples().front().row;
      return std::string(to_string(row.kind)) + " " + to_string(row.live) + " by " + row.live_rule +
             " -> " + to_string(row.candidate) + " by " + row.rule;
    }();
    EXPECT_EQ(status.sums.dropped + status.sums.failed, 0U);
    compared += decisions_in(status.sums.counts);
    undecided += status.sums.counts[static_cast<std::size_t>(shadow::Kind::undecided)].decisions;
    beside_.drop();
  }
  EXPECT_GT(compared, 1500U);
  EXPECT_LT(undecided * 4, compared) << "those of messages whose recipients are judged apart";
}

TEST_P(ShadowOfChance, TheMtaHearsTheSameWithAndWithoutIt) {
  std::uint64_t differences = 0;
  for (int i = 0; i < kFiles; ++i) {
    beside_.fixture().snapshots.replace(beside_.next_rules());
    std::vector<Session> sessions;
    std::vector<Words> without;
    for (int j = 0; j < kSessionsEach; ++j) {
      sessions.push_back(beside_.next_session());
      without.push_back(beside_.heard(sessions.back()));
    }
    beside_.start(beside_.next_rules());
    for (std::size_t j = 0; j < sessions.size(); ++j) {
      ASSERT_EQ(beside_.heard(sessions[j]), without[j]) << i;
    }
    differences += differences_in(beside_.status().sums.counts);
    beside_.drop();
  }
  EXPECT_GT(differences, 200U) << "the candidates are others";
}

}  // namespace
}  // namespace postern::milter::session_shadow_test
