#include "server/service/waiting_decision.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/execution.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "server/service/cached_facts.h"
#include "tests/support/asked_store.h"
#include "tests/support/rules_from.h"
#include "tests/support/stopwatch.h"
#include "tests/support/transaction_builder.h"
#include "tests/unit/common/resolver/resolver_fixture.h"

namespace postern::service::waiting_decision_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
namespace asio = boost::asio;

constexpr const char* kZone = R"(
zone:
  good.example:    { MX: [10 mail.good.example] }
  mail.good.example: { A: [198.51.100.1] }
  silent.example:  { fault: timeout }
  half.example:    { MX: [10 mail.good.example, 20 silent.example] }
  broken.example:  { fault: servfail }
)";

constexpr const char* kRules = R"(
version: 1
rules:
  - name: mx
    check: sender_mx
    on:
      mx: reject 550 5.0.0 "mx"
      missing: reject 550 5.1.8 "missing"
      unknown: defer 451 4.4.3 "unknown"
)";

class WaitingDecision : public testing::Test {
 protected:
  static resolver::DnsSettings patient() {
    resolver::DnsSettings settings = resolver::ResolverFixture::quick();
    settings.attempt_timeout = 60s;
    settings.query_timeout = 60s;
    return settings;
  }

  Verdict decide(const std::string& sender, std::chrono::milliseconds patience) {
    const auto transaction = TransactionBuilder(Stage::mail).sender(sender).transaction;
    Decision decision(rules_, transaction, &facts_, std::chrono::system_clock::now());
    if (decision.step() == Decision::Step::need_facts) {
      wait_for_verdict(decision, *fixture_.resolver, fixture_.io.get_executor(),
                       steady_clock::now() + patience);
    }
    return decision.verdict();
  }

  std::shared_ptr<const Snapshot> rules_ = rules_from(kRules);
  resolver::ResolverFixture fixture_{resolver::zone(kZone), patient()};
  CachedFacts facts_{fixture_.cache};
};

TEST_F(WaitingDecision, WaitsRoundAfterRound) {
  EXPECT_EQ(decide("a@good.example", 15s).reply.text, "mx");
  EXPECT_EQ(fixture_.servers[0]->count("mail.good.example", dns::DnsType::a), 1)
      << "of the second round";
  EXPECT_EQ(decide("a@nowhere.example", 15s).reply.text, "missing");
}

constexpr const char* kListRules = R"(
version: 1
rules:
  - { name: mx, check: sender_mx, on: { unknown: log } }
  - { name: list, check: dnsbl, zones: bl.example, on: { listed: reject 550 5.7.1 "listed", unknown: defer 450 4.0.0 "evaded" } }
  - { name: name, check: rdns, on: { mismatch: reject 550 5.0.0 "mismatch", none: reject 550 5.7.25 "no name" } }
)";

// Silent name servers of a sender use up its share of the questions, not that of the lists.
TEST(WaitingDecisionInAFlood, OfASenderIsAListAskedAllTheSame) {
  auto settings = resolver::ResolverFixture::quick();
  settings.attempt_timeout = 60s;
  settings.query_timeout = 60s;
  settings.max_in_flight = 90;
  std::string zone = "zone:\n  2.0.0.127.bl.example: { A: [127.0.0.2] }\n";
  zone += "  7.113.0.203.bl.example: { A: [127.0.0.4] }\n  evil.example: { fault: timeout }\n";
  constexpr int kFlood = 60;
  const auto silent = [](int i) { return "h" + std::to_string(i) + ".evil.example"; };
  for (int i = 0; i < kFlood; ++i) zone += "  " + silent(i) + ": { fault: timeout }\n";
  resolver::ResolverFixture fixture(resolver::zone(zone), settings);
  const auto evil = DomainName::parse("evil.example").value();
  for (int i = 0; i < kFlood; ++i) {
    fixture.resolver->ask({DomainName::parse(silent(i)).value(), dns::DnsType::a}, evil,
                          [](const dns::DnsFact&) {});
  }
  fixture.on_thread([] { return 0; });
  ASSERT_GT(fixture.resolver->not_asked(), 0U) << "the sender has used up its share";
  CachedFacts facts{fixture.cache};
  const auto decide = [&](const std::string& client) {
    const auto transaction =
        TransactionBuilder(Stage::mail).client(client).sender("a@evil.example").transaction;
    Decision decision(rules_from(kListRules), transaction, &facts,
                      std::chrono::system_clock::now());
    EXPECT_EQ(decision.step(), Decision::Step::need_facts);
    wait_for_verdict(decision, *fixture.resolver, fixture.io.get_executor(),
                     steady_clock::now() + 30s);
    return decision.verdict().reply.text;
  };
  EXPECT_EQ(decide("203.0.113.7"), "listed");
  EXPECT_EQ(decide("203.0.113.8"), "no name") << "the reverse name is the client's";
}

TEST_F(WaitingDecision, WaitsForTheStoreBesideDns) {
  class NothingAtHand : public FactSource {
   public:
    std::optional<dns::DnsFact> find(const dns::DnsQuestion& /*question*/) override { return {}; }
    std::optional<StateFact> find_state(const StateKey& /*key*/) override { return {}; }
  } at_hand;
  constexpr const char* kBoth = R"(
version: 1
rules:
  - { name: few, check: rate, key: sender, limit: 2/1h, on: { over: reject 550 5.0.0 "over", unknown: hold } }
  - { name: mx, check: sender_mx, on: { mx: reject 550 5.0.0 "mx", missing: log, unknown: log } }
)";
  StateFact full{StateFact::Status::found, {}};
  full.record.debt = std::chrono::hours(2);
  for (const bool is_full : {false, true}) {
    postern::AskedStore store;
    const auto transaction = TransactionBuilder(Stage::rcpt)
                                 .sender("a@good.example")
                                 .recipient("r@d.example")
                                 .transaction;
    const MessageEffects effects;
    MessageFacts facts(at_hand, effects, transaction);
    Decision decision(rules_from(kBoth), transaction, &facts, std::chrono::system_clock::now());
    decision.ask_for_records();
    ASSERT_EQ(decision.step(), Decision::Step::need_facts);
    std::atomic<bool> is_over{false};
    // When DNS has further questions the record is asked for again.
    std::thread server([&] {
      for (; !is_over; std::this_thread::yield())
        store.answer(is_full ? full : StateFact{StateFact::Status::absent, {}});
    });
    const AskedStore asked{store, facts};
    wait_for_verdict(decision, *fixture_.resolver, fixture_.io.get_executor(),
                     steady_clock::now() + 60s, &asked);
    is_over = true;
    server.join();
    EXPECT_EQ(decision.verdict().reply.text, is_full ? "over" : "mx");
  }
}

TEST_F(WaitingDecision, AServerThatFailsIsAVerdictToo) {
  EXPECT_EQ(decide("a@broken.example", 15s).reply.text, "unknown");
}

TEST_F(WaitingDecision, EndsAtTheDeadline) {
  const Stopwatch watch;
  EXPECT_EQ(decide("a@silent.example", 300ms).reply.text, "unknown");
  EXPECT_GE(watch.took(), 290ms);
  EXPECT_LT(watch.own(), 5s);
}

TEST_F(WaitingDecision, ADeadlineInThePastAsksNobody) {
  EXPECT_EQ(decide("a@good.example", -1s).reply.text, "unknown");
  EXPECT_TRUE(fixture_.servers[0]->queries().empty());
}

TEST_F(WaitingDecision, DoesNotWaitForWhatChangesNothing) {
  const Stopwatch watch;
  EXPECT_EQ(decide("a@half.example", 30s).reply.text, "mx");
  EXPECT_LT(watch.own(), 15s);
}

TEST_F(WaitingDecision, AStoppedResolverIsATemporaryFailure) {
  fixture_.resolver->stop();
  EXPECT_EQ(decide("a@good.example", 15s).reply.text, "unknown");
}

TEST_F(WaitingDecision, AnExecutorThatRunsNoMoreCannotHoldItUp) {
  fixture_.io.stop();
  const Stopwatch watch;
  EXPECT_EQ(decide("a@good.example", 200ms).reply.text, "unknown");
  EXPECT_GE(watch.took(), 190ms);
  EXPECT_LT(watch.own(), 10s);
}

TEST_F(WaitingDecision, AnExecutorThatStopsMeanwhileCannotHoldItUp) {
  std::thread stops([this] {
    while (fixture_.servers[0]->queries().empty()) std::this_thread::sleep_for(1ms);
    fixture_.io.stop();
  });
  EXPECT_EQ(decide("a@silent.example", 500ms).reply.text, "unknown");
  stops.join();
}

// An executor that has no memory left for what one thread gives it.
class ShortOfMemory {
 public:
  ShortOfMemory(asio::io_context::executor_type inner, std::thread::id whose)
      : inner_(inner), whose_(whose) {}

  asio::execution_context& query(asio::execution::context_t) const noexcept {
    return inner_.context();
  }
  static constexpr asio::execution::blocking_t query(asio::execution::blocking_t) noexcept {
    return asio::execution::blocking.never;
  }
  [[nodiscard]] ShortOfMemory require(asio::execution::blocking_t::never_t) const { return *this; }
  template <class Task>
  void execute(Task task) const {
    if (std::this_thread::get_id() == whose_) throw std::bad_alloc();
    asio::post(inner_, std::move(task));
  }
  friend bool operator==(const ShortOfMemory&, const ShortOfMemory&) = default;

 private:
  asio::io_context::executor_type inner_;
  std::thread::id whose_;
};

// The questions are asked when it turns out that there is no memory to wait for them.
TEST_F(WaitingDecision, WhatCannotBeWaitedForIsNotTouchedLater) {
  const auto transaction = TransactionBuilder(Stage::mail).sender("a@nowhere.example").transaction;
  Decision decision(rules_, transaction, nullptr, std::chrono::system_clock::now());
  ASSERT_EQ(decision.step(), Decision::Step::need_facts);
  const ShortOfMemory executor(fixture_.io.get_executor(), std::this_thread::get_id());
  std::promise<void> given_up;  // until then the executor is busy, so that no answer is earlier
  asio::post(fixture_.io, [busy = given_up.get_future()] { busy.wait(); });
  EXPECT_THROW(wait_for_verdict(decision, *fixture_.resolver, executor, steady_clock::now() + 15s),
               std::bad_alloc);
  given_up.set_value();
  fixture_.ask("nowhere.example", dns::DnsType::mx);  // by now the first has its answer, too
  fixture_.on_thread([] { return 0; });
  fixture_.on_thread([] { return 0; });  // and what it has posted with it has run
  EXPECT_EQ(decision.step(), Decision::Step::need_facts) << "nobody has told it the answer";
}

// Each on its own thread; some end by an answer, some by the deadline, some early.
TEST_F(WaitingDecision, ManyThreadsAtOnce) {
  const std::vector<std::pair<std::string, std::string>> senders = {
      {"a@good.example", "mx"},
      {"a@nowhere.example", "missing"},
      {"a@silent.example", "unknown"},
      {"a@half.example", "mx"}};
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 40; ++i) {
    threads.emplace_back([&, i] {
      const auto& [sender, text] = senders[i % senders.size()];
      // A deadline that races with the answers of a fifth of them, and one for those without any.
      const auto patience = i % 5 == 0 ? 5ms : text == "unknown" ? 1000ms : 60'000ms;
      const std::string said = decide(sender, patience).reply.text;
      if (said == text || (i % 5 == 0 && said == "unknown")) ++right;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 40);
}

}  // namespace
}  // namespace postern::service::waiting_decision_test
