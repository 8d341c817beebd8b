#include "server/state/memory_store.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/state_effects.h"

namespace postern::state::memory_store_test {
namespace {

using namespace std::chrono_literals;
using Status = StateFact::Status;

TEST(MemoryStore, KnowsWhatWasApplied) {
  MemoryStore store;
  EXPECT_EQ(store.find(rate_key("a")).status, Status::absent);
  apply(store, effect_on("a", Mark{}));
  EXPECT_TRUE(store.find(rate_key("a")).record.is_marked);
  EXPECT_EQ(store.find(rate_key("b")).status, Status::absent);
}

TEST(MemoryStore, ForgetsOneRecord) {
  MemoryStore store;
  apply(store, effect_on("a", Mark{}));
  apply(store, effect_on("b", Mark{}));
  store.forget(rate_key("a"));
  EXPECT_EQ(store.find(rate_key("a")).status, Status::absent);
  EXPECT_EQ(store.find(rate_key("b")).status, Status::found);
}

TEST(MemoryStore, SweepsWhatIsOver) {
  StoreTime now{1'000'000s};
  MemoryStore store({[&] { return now.time_since_epoch(); }, [&] { return now; }});
  apply(store, effect_on("a", Mark{}, 10s));
  apply(store, effect_on("b", Mark{}, 30s));
  now += 20s;
  store.sweep();
  EXPECT_EQ(store.status().records, 1U);
  EXPECT_EQ(store.status().swept, 1U);
  EXPECT_EQ(store.find(rate_key("b")).status, Status::found);
}

TEST(MemoryStore, HasNoMoreRecordsThanItMay) {
  StoreTime now{1'000'000s};
  MemoryStore store({[&] { return now.time_since_epoch(); }, [&] { return now; }}, 100);
  for (int i = 0; i < 1000; ++i) {
    now += 1s;
    apply(store, effect_on(std::to_string(i), Touch{}));
  }
  EXPECT_EQ(store.status().records, 100U);
  EXPECT_EQ(store.status().evicted, 900U);
  EXPECT_EQ(store.find(rate_key("999")).status, Status::found);
}

TEST(MemoryStore, KeepsWhatWasUsedAgainInAFlood) {
  StoreTime now{1'000'000s};
  MemoryStore store({[&] { return now.time_since_epoch(); }, [&] { return now; }}, 100);
  for (int i = 0; i < 1000; ++i) {
    apply(store, effect_on(std::to_string(i), Touch{}));
    if (i == 0) apply(store, effect_on("old", Mark{}));
    now += 1s;
  }
  EXPECT_EQ(store.find(rate_key("old")).status, Status::found);
}

TEST(MemoryStore, CountsExactlyWhateverComesAtOnce) {
  MemoryStore store;
  take_hours_at_once(store, "a", 1000);
  // 8000 hours, less what has gone by.
  const auto debt = store.find(rate_key("a")).record.debt;
  EXPECT_LE(debt, 8000h);
  EXPECT_GT(debt, 7999h);
}

}  // namespace
}  // namespace postern::state::memory_store_test
