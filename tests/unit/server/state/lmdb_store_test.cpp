#include "server/state/lmdb_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>

#include "server/state/memory_store.h"
#include "tests/support/state_effects.h"
#include "tests/support/temporary_folder.h"

namespace postern::state::lmdb_store_test {
namespace {

using namespace std::chrono_literals;
using Status = StateFact::Status;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kWritten = 30s;  // at the latest

class LmdbStoreTest : public ::testing::Test {
 protected:
  LmdbStore::Parts parts() {
    LmdbStore::Parts parts;
    parts.folder = folder_.path("store");
    parts.map_bytes = std::size_t{16} << 20;
    parts.warn = [this](const std::string& line) {
      const std::lock_guard lock(mutex_);
      lines_.push_back(line);
    };
    parts.clocks = {[this] { return up_.load(); }, [this] { return wall_.load(); }};
    parts.gather = 1ms;
    return parts;
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::string file(const std::string& name) const { return folder_.path("store/" + name); }

  // As a machine that goes on.
  void pass(std::chrono::microseconds time) {
    up_ = up_.load() + time;
    wall_ = wall_.load() + time;
  }

  TemporaryFolder folder_;
  std::atomic<std::chrono::microseconds> up_{std::chrono::microseconds(1h)};
  std::atomic<StoreTime> wall_{StoreTime(1'800'000'000s)};

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

template <class Condition>
bool comes_true(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + kWritten;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

bool is_written(const StateStore& store, std::uint64_t changes) {
  return comes_true([&] { return store.status().written >= changes; });
}

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

TEST_F(LmdbStoreTest, MakesRoomWhenTheFileIsAsLargeAsItMayBe) {
  LmdbStore::Parts small = parts();
  small.map_bytes = std::size_t{512} << 10;
  LmdbStore store(small);
  constexpr int kRecords = 12000;  // there is room for less than half of them
  for (int i = 0; i < kRecords; ++i) {
    apply(store, effect_on(std::to_string(i), Touch{}));
    pass(10ms);
  }
  ASSERT_TRUE(is_written(store, kRecords));
  const StoreStatus status = store.status();
  EXPECT_EQ(status.dropped, 0U);
  EXPECT_EQ(status.failing, "");
  EXPECT_GT(status.evicted, 5000U);
  EXPECT_GT(status.records, 1500U);
  EXPECT_EQ(store.find(rate_key(std::to_string(kRecords - 1))).status, Status::found);
  EXPECT_LE(std::filesystem::file_size(file(kRecordsName)), small.map_bytes);
}

TEST_F(LmdbStoreTest, WhatCannotWaitIsDroppedAndCounted) {
  LmdbStore::Parts slow = parts();
  slow.gather = 10min;
  slow.max_waiting = 3;
  LmdbStore store(slow);
  for (int i = 0; i < 5; ++i) apply(store, effect_on(std::to_string(i), Touch{}));
  EXPECT_EQ(store.status().dropped, 2U);
  EXPECT_EQ(store.status().waiting, 3U);
  EXPECT_EQ(store.find(rate_key("4")).status, Status::absent);
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

TEST_F(LmdbStoreTest, OpensTheFileThatAnotherHasMadeInItsPlace) {
  LmdbStore store(parts());
  apply(store, effect_on("a", Touch{}));
  ASSERT_TRUE(is_written(store, 1));
  std::filesystem::rename(file(kRecordsName), file("elsewhere"));
  std::filesystem::rename(file(std::string(kRecordsName) + "-lock"), file("elsewhere-lock"));
  ASSERT_TRUE(comes_true([&] { return store.find(rate_key("a")).status == Status::absent; }));
  apply(store, effect_on("b", Touch{}));
  ASSERT_TRUE(is_written(store, 2));
  EXPECT_TRUE(std::filesystem::exists(file(kRecordsName)));
}

// ---- damage

class LmdbDamageTest : public LmdbStoreTest {
 protected:
  void SetUp() override {
    LmdbStore store(parts());
    for (int i = 0; i < 5000; ++i) apply(store, effect_on(std::to_string(i), Touch{}));
  }
  void overwrite(std::streamoff at, std::size_t count, char byte) {
    std::fstream out(file(kRecordsName), std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(at);
    out << std::string(count, byte);
  }
  void expect_new() {
    LmdbStore store(parts());
    EXPECT_EQ(store.status().put_aside, 1U);
    EXPECT_EQ(store.find(rate_key("1")).status, Status::absent);
    apply(store, effect_on("b", Touch{}));
    ASSERT_TRUE(is_written(store, 1));
    EXPECT_TRUE(std::filesystem::exists(file(kDamagedName)));
    EXPECT_THAT(lines(), ElementsAre(HasSubstr("the store is damaged")));
  }
};

TEST_F(LmdbDamageTest, AFileThatIsSoundIsLeftAlone) {
  LmdbStore store(parts());
  EXPECT_EQ(store.status().put_aside, 0U);
  EXPECT_EQ(store.find(rate_key("1")).status, Status::found);
}

TEST_F(LmdbDamageTest, AFileThatIsNoDatabaseIsPutAside) {
  overwrite(0, 8192, 'x');
  expect_new();
}

TEST_F(LmdbDamageTest, AFileWhosePagesAreOverwrittenIsPutAside) {
  overwrite(8192, std::filesystem::file_size(file(kRecordsName)) - 8192, '\xff');
  expect_new();
}

TEST_F(LmdbDamageTest, AFileOfZeroesBehindItsHeadIsPutAside) {
  overwrite(8192, std::filesystem::file_size(file(kRecordsName)) - 8192, '\0');
  expect_new();
}

TEST_F(LmdbDamageTest, AFileThatWasCutIsPutAside) {
  std::filesystem::resize_file(file(kRecordsName), 4 * 4096);
  expect_new();
}

}  // namespace
}  // namespace postern::state::lmdb_store_test
