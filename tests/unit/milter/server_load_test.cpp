// Many at once, and many one after the other.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <mutex>
#include <thread>

#include "tests/support/stopwatch.h"
#include "tests/unit/milter/served_milter.h"

namespace postern::milter::server_load_test {
namespace {

using namespace std::chrono_literals;
using Clock = Stopwatch::Clock;

std::string rules_that_say(const std::string& word) {
  return "rules:\n"
         "  - { name: no, when: { sender: no@ }, then: 'reject 550 5.7.1 " +
         word +
         "' }\n"
         "  - { name: mark, when: { sender: mark@ }, then: { prepend: 'X-Mark: " +
         word +
         "' } }\n"
         "  - { name: trap, when: { recipient: trap@ }, then: 'reject 550 5.1.1 trap' }\n";
}

class BusyMilter : public WithServedMilter {};

TEST_F(BusyMilter, ThousandsOfMessagesOnOneConnection) {
  served_.use_rules(rules_that_say("no"));
  MilterClient mta = client();
  mta.open();
  for (int number = 0; number < 2000; ++number) {
    const std::string name = number % 3 == 0 ? "no" : number % 3 == 1 ? "mark" : "good";
    const std::string said = name == "no"     ? "mail: 550 5.7.1 no"
                             : name == "mark" ? "insheader 0 X-Mark: no; continue"
                                              : "continue";
    ASSERT_EQ(mta.message(name + "@b.example", {"a@d.example", "b@d.example"}), said) << number;
    if (name == "no") mta.abort();
  }
  EXPECT_EQ(served_.open_sessions(), 1U);
}

TEST_F(BusyMilter, ManyConnectionsWhileRulesChange) {
  constexpr int kThreads = 8;
  constexpr int kConnections = 25;
  served_.use_rules(rules_that_say("odd"));
  std::atomic<int> running{kThreads};
  std::mutex mutex;
  std::vector<std::string> wrong;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const auto expect = [&](const std::string& said, const std::string& one,
                              const std::string& other) {
        if (said == one || said == other) return;
        const std::lock_guard lock(mutex);
        wrong.push_back(said);
      };
      std::vector<MilterClient> mtas;
      for (int n = 0; n < kConnections; ++n) mtas.push_back(client());
      for (MilterClient& mta : mtas) mta.open();
      for (int round = 0; round < 4; ++round) {
        for (MilterClient& mta : mtas) {
          expect(mta.message("no@b.example", {"r@d.example"}), "mail: 550 5.7.1 odd",
                 "mail: 550 5.7.1 even");
          mta.abort();
          expect(mta.message("mark@b.example", {"r@d.example"}),
                 "insheader 0 X-Mark: odd; continue", "insheader 0 X-Mark: even; continue");
          expect(mta.message("good@b.example", {"trap@d.example"}), "rcpt: 550 5.1.1 trap",
                 "rcpt: 550 5.1.1 trap");
          mta.abort();
        }
      }
      --running;
    });
  }
  for (int i = 0; running > 0; ++i) {
    served_.use_rules(rules_that_say(i % 2 == 0 ? "even" : "odd"));
    std::this_thread::sleep_for(1ms);
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<std::string>{});
  served_.use_rules(rules_that_say("last"));
  MilterClient mta = client();
  EXPECT_EQ(mta.open().mail("no@b.example"), "550 5.7.1 last");
}

// Lets all go at once, each on a thread of its own; how long it is until the slowest is through, as
// Stopwatch has it.
struct Slowest {
  Clock::duration took;
  Clock::duration own;
};
template <class Step>
Slowest slowest_of(std::size_t many, Step step) {
  std::latch ready(static_cast<std::ptrdiff_t>(many) + 1);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < many; ++i) {
    threads.emplace_back([&, i] {
      ready.arrive_and_wait();
      step(i);
    });
  }
  const Stopwatch watch;
  ready.arrive_and_wait();
  for (std::thread& thread : threads) thread.join();
  return {watch.took(), watch.own()};
}

// Who has to wait waits for its own sake only. Those of a burst whom libmilter leaves without a
// thread until another one's wait is over (milter/worker_wakeup.h) would wait twice as long at
// least.
TEST_F(BusyMilter, ManyWaitForDnsSideBySide) {
  constexpr std::size_t kSessions = 50;
  static int round = 0;
  ++round;
  const auto domain = [](std::size_t i) {
    return "cold" + std::to_string(i) + ".round" + std::to_string(round) + ".example";
  };
  std::string zone = "zone:\n";
  for (std::size_t i = 0; i < kSessions; ++i) {
    zone += "  " + domain(i) + ": { delay: 2s, MX: [0 .] }\n";
  }
  served_.use_zone(zone);
  served_.use_rules(
      "rules: [{ name: mx, check: sender_mx, on: { null_mx: 'reject 550 5.7.27 {sender_domain}',"
      " unknown: 'defer 451 4.4.3 unknown' } }]\n");
  std::vector<MilterClient> mtas;
  for (std::size_t i = 0; i < kSessions; ++i) mtas.push_back(client());
  std::vector<std::string> said(kSessions);
  const auto slowest = slowest_of(
      kSessions, [&](std::size_t i) { said[i] = mtas[i].open().mail("a@" + domain(i)); });
  EXPECT_GE(slowest.took, 2s);
  EXPECT_LT(slowest.own, 3900ms) << "one behind another";
  for (std::size_t i = 0; i < kSessions; ++i) EXPECT_EQ(said[i], "550 5.7.27 " + domain(i));
}

TEST_F(BusyMilter, ManyGreetingsAreHeldBackSideBySide) {
  constexpr std::size_t kSessions = 200;
  served_.use_rules("rules: [{ name: slow, when: { client: 192.0.2.0/24 }, then: delay 2s }]\n");
  std::vector<MilterClient> mtas;
  for (std::size_t i = 0; i < kSessions; ++i) {
    mtas.push_back(client());
    ASSERT_TRUE(mtas.back().negotiate());
  }
  const auto slowest = slowest_of(kSessions, [&](std::size_t i) {
    EXPECT_EQ(mtas[i].connect("192.0.2." + std::to_string(i + 1)), "continue");
  });
  EXPECT_GE(slowest.took, 2s);
  EXPECT_LT(slowest.own, 3900ms) << "one behind another";
}

TEST_F(BusyMilter, NoMoreThanMaxConnections) {
  served_.use_rules(rules_that_say("no"));
  std::vector<MilterClient> mtas;
  for (std::size_t i = 0; i < ServedMilter::kMaxConnections; ++i) {
    mtas.push_back(client());
    mtas.back().open();
  }
  EXPECT_FALSE(client().negotiate());
  EXPECT_EQ(mtas.front().mail("no@b.example"), "550 5.7.1 no");
  mtas.pop_back();
  while (served_.open_sessions() == ServedMilter::kMaxConnections) {
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_TRUE(client().negotiate());
}

TEST_F(BusyMilter, LimitsChangeWhileItServes) {
  served_.use_rules(
      "rules:\n"
      "  - { name: no, when: { sender: no@ }, then: 'reject 550 5.7.1 no' }\n"
      "  - { name: slow, when: { client: 192.0.2.1 }, then: delay 20s }\n"
      "  - { name: mx, check: sender_mx, on: { unknown: 'defer 451 4.4.3 unknown' } }\n");
  const service::ServerStatus before = served_.status();
  served_.change_settings([](config::Settings& settings) {
    settings.milter.max_connections = 2;
    settings.milter.max_waiting = 0;
    settings.decision.max_delayed = 0;
  });
  {
    MilterClient mta = client();
    mta.open();  // not held back: twenty seconds would be more than the client waits
    MilterClient second = client();
    EXPECT_TRUE(second.negotiate());
    EXPECT_FALSE(client().negotiate());
    EXPECT_EQ(mta.mail("no@b.example"), "550 5.7.1 no");
    EXPECT_EQ(mta.mail("a@not-asked.example"), "451 4.4.3 unknown") << "nobody may wait";
  }
  const service::ServerStatus after = served_.status();
  EXPECT_EQ(after.refused_connections, before.refused_connections + 1);
  EXPECT_EQ(after.delays.held, before.delays.held);
  EXPECT_EQ(after.delays.skipped_full, before.delays.skipped_full + 1);
  served_.restore_settings();
  std::vector<MilterClient> more;
  for (int i = 0; i < 3; ++i) {
    more.push_back(client());
    EXPECT_TRUE(more.back().negotiate());
  }
}

// For the thread sanitizer, and that nobody is answered by half of a setting.
TEST_F(BusyMilter, SettingsChangeUnderLoad) {
  constexpr int kThreads = 4;
  served_.use_rules(rules_that_say("no"));
  std::atomic<int> running{kThreads};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 30; ++round) {
        MilterClient mta = client();
        EXPECT_EQ(mta.open().mail("no@b.example"), "550 5.7.1 no");
      }
      --running;
    });
  }
  for (int i = 0; running > 0; ++i) {
    served_.change_settings([i](config::Settings& settings) {
      settings.milter.refuse_clients =
          i % 2 == 0 ? config::RefuseClients::at_greeting : config::RefuseClients::at_mail;
      settings.dns.passes = 1 + i % 2;
      settings.dns.cache.max_bytes >>= i % 3;
    });
    EXPECT_EQ(served_.status().upstreams.size(), 1U);
    std::this_thread::sleep_for(1ms);
  }
  for (std::thread& thread : threads) thread.join();
  served_.restore_settings();
}

}  // namespace
}  // namespace postern::milter::server_load_test
