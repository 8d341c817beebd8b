#include "policyd/loop_decision.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <memory>
#include <new>
#include <string>
#include <thread>

#include "tests/support/asked_store.h"
#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::policyd::loop_decision_test {
namespace {

// More than a loop may begin.
const std::string kCostlyHelo(500, 'w');

constexpr const char* kRules = R"(version: 1
rules:
  - { name: costly, when: { helo: '~w.{0,900}x' }, then: reject }
  - { name: cheap, when: { sender_domain: bad.example }, then: reject }
)";

constexpr const char* kRulesOnDns = R"(version: 1
rules:
  - { name: costly, when: { helo: '~w.{0,900}x' }, then: reject }
  - { name: mx, check: sender_mx, preset: standard }
)";

constexpr const char* kRulesOnState = R"(version: 1
rules:
  - { name: few, check: rate, key: sender, limit: 2/1h, on: { over: reject, unknown: hold } }
)";

class NoFacts : public FactSource {
 public:
  std::optional<StateFact> find_state(const StateKey& /*key*/) override { return std::nullopt; }
  std::optional<dns::DnsFact> find(const dns::DnsQuestion& /*question*/) override {
    if (fails) throw std::bad_alloc();
    return std::nullopt;
  }
  bool fails = false;
};

// What a session is to its decision.
class Owner : public DecisionOwner {
 public:
  Owner(const DecisionServices& services, boost::asio::io_context& loop,
        const std::shared_ptr<const Snapshot>& rules)
      : dialogue([rules] { return rules; }),
        deciding(services, loop.get_executor(), dialogue, *this) {}

  void decided() override { ++times_decided; }
  void fail(const char* what) noexcept override { failed = what; }

  Dialogue dialogue;
  LoopDecision deciding;
  int times_decided = 0;
  std::string failed;
};

class LoopDecisionTest : public testing::Test {
 protected:
  std::shared_ptr<Owner> ask(const std::string& helo, const std::string& sender,
                             const char* rules = kRules,
                             std::chrono::seconds patience = std::chrono::minutes{1}) {
    auto owner = std::make_shared<Owner>(services_, loop_,
                                         rules_from(rules, {}, {Door::policy, DoorSet::all()}));
    owner->deciding.attach(std::shared_ptr<LoopDecision>(owner, &owner->deciding));
    owner->dialogue.ask(TransactionBuilder(Stage::rcpt).helo(helo).sender(sender).transaction);
    owner->deciding.begin(LoopDecision::Clock::now() + patience, std::chrono::minutes{1});
    return owner;
  }

  // Until something of another thread has come back.
  void run() {
    const auto work = boost::asio::make_work_guard(loop_);
    loop_.restart();
    loop_.run_one();
  }

  static resolver::DnsSettings asks_nobody() {
    resolver::DnsSettings settings;
    settings.upstreams = {{{IpAddress::from_v4(INADDR_LOOPBACK), 1}}};
    return settings;
  }

  boost::asio::io_context loop_{1};
  resolver::DnsCache cache_{{}};
  resolver::Resolver resolver_{loop_.get_executor(), asks_nobody(), cache_,
                               [](const std::string&) {}};
  NoFacts facts_;
  CostlyDecisions costly_;  // makes none before it is started
  DecisionServices services_{facts_, resolver_, costly_};
};

TEST_F(LoopDecisionTest, ACheapOneIsMadeAtOnce) {
  const auto owner = ask("client.example", "s@bad.example");
  EXPECT_EQ(owner->times_decided, 1);
  EXPECT_EQ(owner->deciding.decision().verdict().rule, "cheap");
}

TEST_F(LoopDecisionTest, GoesOnWhenTheStoreHasAnswered) {
  AskedStore store;
  services_.store = &store;
  StateFact full{StateFact::Status::found, {}};
  full.record.debt = std::chrono::hours(2);
  for (const bool is_full : {false, true}) {
    const auto owner = ask("client.example", "s@good.example", kRulesOnState);
    EXPECT_EQ(store.asked(), 1U);
    EXPECT_EQ(owner->times_decided, 0);
    std::thread([&] {
      store.answer(is_full ? full : StateFact{StateFact::Status::absent, {}});
    }).join();
    loop_.restart();
    while (owner->times_decided == 0 && loop_.run_one() > 0) {
    }
    EXPECT_EQ(owner->times_decided, 1);
    EXPECT_EQ(owner->deciding.decision().verdict().rule, is_full ? "few" : "");
  }
}

TEST_F(LoopDecisionTest, AStoreThatDoesNotAnswerDelaysNoDecisionBeyondItsDeadline) {
  AskedStore store;
  services_.store = &store;
  const auto owner =
      ask("client.example", "s@good.example", kRulesOnState, std::chrono::seconds{1});
  loop_.restart();
  while (owner->times_decided == 0 && loop_.run_one() > 0) {
  }
  EXPECT_EQ(owner->deciding.decision().verdict().found[0].finding, "unknown");
  store.answer({});  // late
  loop_.restart();
  loop_.poll();
  EXPECT_EQ(owner->times_decided, 1);
}

TEST_F(LoopDecisionTest, ACostlyOneLeavesTheLoopToOthers) {
  const auto costly = ask(kCostlyHelo + "x", "s@good.example");
  const auto cheap = ask("client.example", "s@bad.example");
  EXPECT_EQ(cheap->times_decided, 1);
  EXPECT_EQ(costly->times_decided, 0);
  costly_.start();
  run();
  EXPECT_EQ(costly->times_decided, 1);
  EXPECT_EQ(costly->deciding.decision().verdict().rule, "costly");
}

TEST_F(LoopDecisionTest, WhatIsAbandonedMeanwhileIsNotDecided) {
  auto costly = ask(kCostlyHelo, "s@good.example");
  costly->deciding.abandon();
  costly_.start();
  run();
  EXPECT_EQ(costly->times_decided, 0);
  EXPECT_EQ(costly.use_count(), 1) << "nobody holds on to it";
}

TEST_F(LoopDecisionTest, AFailureElsewhereIsTheOwners) {
  facts_.fails = true;
  const auto costly = ask(kCostlyHelo, "s@good.example", kRulesOnDns);
  EXPECT_EQ(costly->failed, "");
  costly_.start();
  run();
  EXPECT_EQ(costly->times_decided, 0);
  EXPECT_NE(costly->failed, "");
}

}  // namespace
}  // namespace postern::policyd::loop_decision_test
