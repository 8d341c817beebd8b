#include "server/state/lmdb_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "server/state/memory_store.h"
#include "tests/support/state_effects.h"
#include "tests/unit/server/state/lmdb_store_fixture.h"

namespace postern::state::lmdb_store_test {
namespace {

using namespace std::chrono_literals;
using Status = StateFact::Status;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(LmdbStoreTest, KnowsWhatWasAppliedBeforeItIsWritten) {
  LmdbStore::Parts slow = parts();
  slow.gather = 10min;
  LmdbStore store(slow);
  EXPECT_EQ(store.find(rate_key("a")).status, Status::absent);
  apply(store, effect_on("a", Take{3, 1h}));
  EXPECT_EQ(store.find(rate_key("a")).record.debt, 3h);
  EXPECT_EQ(store.status().written, 0U);
}

TEST_F(LmdbStoreTest, HasItStillAfterARestart) {
  {
    LmdbStore store(parts());
    apply(store, effect_on("a", Mark{}));
    store.finish();
    EXPECT_EQ(store.status().written, 1U);
  }
  pass(10s);
  LmdbStore store(parts());
  EXPECT_TRUE(store.find(rate_key("a")).record.is_marked);
  EXPECT_EQ(store.find(rate_key("a")).record.since_first, 10s);
  EXPECT_THAT(lines(), IsEmpty());
}

TEST_F(LmdbStoreTest, IsForItsOwnerAloneAndHasNoAddressInIt) {
  {
    LmdbStore store(parts());
    apply(store, effect_on("somebody@partner.example", Mark{}));
  }
  for (const char* name : {kSecretName, kRecordsName}) {
    struct ::stat status {};
    ASSERT_EQ(::stat(file(name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U) << name;
  }
  std::ifstream in(file(kRecordsName), std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  EXPECT_GT(bytes.size(), 4096U);
  EXPECT_EQ(bytes.find("partner"), std::string::npos);
  EXPECT_EQ(bytes.find("people"), std::string::npos);
}

TEST_F(LmdbStoreTest, ForgetsARecordThatIsWrittenAndOneThatIsNot) {
  LmdbStore store(parts());
  apply(store, effect_on("a", Mark{}));
  ASSERT_TRUE(is_written(store, 1));
  apply(store, effect_on("b", Mark{}));
  store.forget(rate_key("a"));
  store.forget(rate_key("b"));
  EXPECT_EQ(store.find(rate_key("a")).status, Status::absent);
  ASSERT_TRUE(is_written(store, 4));
  EXPECT_EQ(store.find(rate_key("a")).status, Status::absent);
  EXPECT_EQ(store.find(rate_key("b")).status, Status::absent);
}

TEST_F(LmdbStoreTest, CountsExactlyWhateverComesAtOnce) {
  LmdbStore store(parts());
  take_hours_at_once(store, "a", 1000);
  EXPECT_EQ(store.find(rate_key("a")).record.debt, 8000h);
  store.finish();
  EXPECT_EQ(store.find(rate_key("a")).record.debt, 8000h);
  EXPECT_EQ(store.status().dropped, 0U);
}

// Random effects on a few keys, while time goes on: after each both know the same, and so does the
// file when it is opened again.
TEST_F(LmdbStoreTest, DoesWhatTheOneInMemoryDoes) {
  std::mt19937 random(20);
  const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
  MemoryStore memory(parts().clocks);
  for (int round = 0; round < 5; ++round) {
    LmdbStore store(parts());
    for (int i = 0; i < 1000; ++i) {
      decltype(Effect::what) what = Touch{};
      if (const unsigned kind = below(4); kind == 1)
        what = Mark{};
      else if (kind == 2)
        what = Take{below(4), std::chrono::seconds(below(100))};
      else if (kind == 3)
        what = Add{std::to_string(below(8)), 1min, 1 + below(5)};
      const Effect effect =
          effect_on(std::to_string(below(20)), what, std::chrono::seconds(below(300)));
      if (below(50) == 0) {
        store.forget(effect.key);
        memory.forget(effect.key);
      }
      apply(store, effect);
      apply(memory, effect);
      pass(std::chrono::milliseconds(below(1000)));
      for (int key = 0; key < 20; ++key) {
        const StateKey name = rate_key(std::to_string(key));
        ASSERT_EQ(store.find(name), memory.find(name)) << round << ' ' << i << ' ' << key;
      }
    }
  }
}

TEST_F(LmdbStoreTest, AClockThatIsSetBackMakesNoRecordYounger) {
  {
    LmdbStore store(parts());
    apply(store, effect_on("a", Take{1, 1h}));
    pass(10min);
    wall_ = wall_.load() - 1h;
    EXPECT_EQ(store.find(rate_key("a")).record.since_first, 10min);
    EXPECT_EQ(store.find(rate_key("a")).record.debt, 50min);
  }
  up_ = up_.load() + 10min;
  LmdbStore store(parts());
  EXPECT_EQ(store.find(rate_key("a")).record.since_first, 20min);
  EXPECT_EQ(store.find(rate_key("a")).record.debt, 40min);
}

TEST_F(LmdbStoreTest, SweepsWhatIsOverAndNothingElse) {
  LmdbStore store(parts());
  for (int i = 0; i < 2000; ++i) {
    apply(store, effect_on(std::to_string(i), Touch{}, i % 2 == 0 ? 10s : 1h));
  }
  ASSERT_TRUE(is_written(store, 2000));
  pass(15min);
  store.sweep();
  ASSERT_TRUE(comes_true([&] { return store.status().swept == 1000; }));
  EXPECT_EQ(store.find(rate_key("1")).status, Status::found);
  EXPECT_EQ(store.status().records, 1000U);
}

// How many of the records are there. Those that go are those of random samples.
int found_of(LmdbStore& store, const std::string& prefix, int begin, int end) {
  int found = 0;
  for (int i = begin; i < end; ++i) {
    found += store.find(rate_key(prefix + std::to_string(i))).status == Status::found ? 1 : 0;
  }
  return found;
}

TEST_F(LmdbStoreTest, MakesRoomWhenTheFileIsAsLargeAsItMayBe) {
  LmdbStore::Parts small = parts();
  small.map_bytes = std::size_t{512} << 10;
  LmdbStore store(small);
  constexpr int kRecords = 12000;  // there is room for less than half of them
  for (int i = 0; i < kRecords; ++i) {
    apply(store, effect_on(std::to_string(i), Touch{}));
    pass(10ms);
    ASSERT_TRUE((i + 1) % 500 != 0 || is_written(store, static_cast<std::uint64_t>(i) + 1));
  }
  const StoreStatus status = store.status();
  EXPECT_EQ(status.dropped, 0U);
  EXPECT_EQ(status.failing, "");
  EXPECT_GT(status.evicted, 5000U);
  EXPECT_GT(status.records, 1500U);
  EXPECT_GT(found_of(store, "", kRecords - 100, kRecords), 50);
  EXPECT_LE(std::filesystem::file_size(file(kRecordsName)), small.map_bytes);
}

// Senders that nobody has heard of, each once, as many as the file has room for several times.
TEST_F(LmdbStoreTest, AFloodOfStrangersLeavesThoseThatWereUsedAgain) {
  LmdbStore::Parts small = parts();
  small.map_bytes = std::size_t{512} << 10;
  LmdbStore store(small);
  constexpr int kOld = 2000;  // half of what there is room for
  constexpr int kFlood = 12000;
  const auto keep = std::chrono::days(35);
  std::uint64_t applied = 0;
  const auto touch = [&](const std::string& name) {
    apply(store, effect_on(name, Touch{}, keep));
    ++applied;
    EXPECT_TRUE(applied % 50 != 0 || is_written(store, applied));
  };
  for (int times = 0; times < 2; ++times) {
    for (int i = 0; i < kOld; ++i) touch("old" + std::to_string(i));
    pass(24h);
  }
  pass(21 * 24h);
  for (int i = 0; i < kFlood; ++i) {
    touch("new" + std::to_string(i));
    pass(60ms);
  }
  EXPECT_EQ(found_of(store, "old", 0, kOld), kOld);
  EXPECT_GT(found_of(store, "new", kFlood - 100, kFlood), 50);
  EXPECT_LT(found_of(store, "new", 0, 1000), 250);
  const StoreStatus status = store.status();
  EXPECT_GT(status.records, 3000U) << "the file is not left half empty";
  EXPECT_EQ(status.dropped, 0U);
  EXPECT_EQ(status.failing, "");
}

TEST_F(LmdbStoreTest, WhatCannotWaitIsDroppedAndCounted) {
  LmdbStore::Parts slow = parts();
  slow.gather = 10min;
  slow.max_waiting = 3;
  LmdbStore store(slow);
  for (int i = 0; i < 5; ++i) apply(store, effect_on(std::to_string(i), Touch{}));
  EXPECT_EQ(store.status().dropped, 2U);
  EXPECT_EQ(store.status().waiting, 3U);
  EXPECT_EQ(store.find(rate_key("2")).status, Status::found);
  EXPECT_EQ(store.find(rate_key("4")).status, Status::unavailable);
}

TEST_F(LmdbStoreTest, WithoutAFolderNothingIsKnownAndNothingFails) {
  LmdbStore::Parts nowhere = parts();
  nowhere.folder = folder_.write("file", "") + "/store";
  LmdbStore store(nowhere);
  apply(store, effect_on("a", Touch{}));
  EXPECT_EQ(store.find(rate_key("a")).status, Status::unavailable);
  EXPECT_EQ(store.status().dropped, 1U);
  EXPECT_THAT(store.status().failing, HasSubstr("cannot make the folder"));
  EXPECT_THAT(lines(), ElementsAre(HasSubstr("mail is judged without it")));
}

}  // namespace
}  // namespace postern::state::lmdb_store_test
