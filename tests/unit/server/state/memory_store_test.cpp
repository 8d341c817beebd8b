#include "server/state/memory_store.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace postern::state::memory_store_test {
namespace {

using namespace std::chrono_literals;
using Status = StateFact::Status;

StateKey key_of(const std::string& name) {
  return {StateKind::rate, "people", {name}};
}

Effect effect(const std::string& name, decltype(Effect::what) what,
              std::chrono::seconds keep = 1h) {
  Effect effect{key_of(name), what};
  effect.keep = keep;
  return effect;
}

void apply(StateStore& store, const Effect& effect) {
  store.apply(std::span(&effect, 1));
}

TEST(MemoryStore, KnowsWhatWasApplied) {
  MemoryStore store;
  EXPECT_EQ(store.find(key_of("a")).status, Status::absent);
  apply(store, effect("a", Mark{}));
  EXPECT_TRUE(store.find(key_of("a")).record.is_marked);
  EXPECT_EQ(store.find(key_of("b")).status, Status::absent);
}

TEST(MemoryStore, ForgetsOneRecord) {
  MemoryStore store;
  apply(store, effect("a", Mark{}));
  apply(store, effect("b", Mark{}));
  store.forget(key_of("a"));
  EXPECT_EQ(store.find(key_of("a")).status, Status::absent);
  EXPECT_EQ(store.find(key_of("b")).status, Status::found);
}

TEST(MemoryStore, SweepsWhatIsOver) {
  StoreTime now{1'000'000s};
  MemoryStore store({[&] { return now.time_since_epoch(); }, [&] { return now; }});
  apply(store, effect("a", Mark{}, 10s));
  apply(store, effect("b", Mark{}, 30s));
  now += 20s;
  store.sweep();
  EXPECT_EQ(store.status().records, 1U);
  EXPECT_EQ(store.status().swept, 1U);
  EXPECT_EQ(store.find(key_of("b")).status, Status::found);
}

TEST(MemoryStore, HasNoMoreRecordsThanItMay) {
  StoreTime now{1'000'000s};
  MemoryStore store({[&] { return now.time_since_epoch(); }, [&] { return now; }}, 100);
  for (int i = 0; i < 1000; ++i) {
    now += 1s;
    apply(store, effect(std::to_string(i), Touch{}));
  }
  EXPECT_EQ(store.status().records, 100U);
  EXPECT_EQ(store.status().evicted, 900U);
  EXPECT_EQ(store.find(key_of("999")).status, Status::found);
}

TEST(MemoryStore, CountsExactlyWhateverComesAtOnce) {
  MemoryStore store;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) apply(store, effect("a", Take{1, 1h}, 24h * 365));
    });
  }
  for (std::thread& thread : threads) thread.join();
  // 8000 hours, less what has gone by.
  const auto debt = store.find(key_of("a")).record.debt;
  EXPECT_LE(debt, 8000h);
  EXPECT_GT(debt, 7999h);
}

}  // namespace
}  // namespace postern::state::memory_store_test
