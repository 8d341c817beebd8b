// What becomes of the store when its files are lost, exchanged or damaged, or the disk is full.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lmdb.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/support/state_effects.h"
#include "tests/unit/server/state/lmdb_store_fixture.h"

namespace postern::state::lmdb_trouble_test {
namespace {

using namespace std::chrono_literals;
using Status = StateFact::Status;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LmdbTroubleTest : public LmdbStoreTest {};

// While it lives no file of this process grows beyond that.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : before_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &was_);
    const ::rlimit full{bytes, was_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &full);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &was_);
    ::signal(SIGXFSZ, before_);
  }

 private:
  void (*before_)(int);
  ::rlimit was_{};
};

// A greylist that could read and not write would put off the same mail for good.
TEST_F(LmdbTroubleTest, WhileTheDiskIsFullNothingIsKnownAndThenEverythingIsAgain) {
  LmdbStore store(parts());
  apply(store, effect_on("a", Touch{}));
  ASSERT_TRUE(is_written(store, 1));
  {
    const FullDisk disk(std::filesystem::file_size(file(kRecordsName)));
    const auto fails = [&] {
      apply(store, effect_on(std::to_string(store.status().written), Touch{}));
      return !store.status().failing.empty();
    };
    ASSERT_TRUE(comes_true(fails));
    EXPECT_EQ(store.find(rate_key("a")).status, Status::unavailable);
    const std::uint64_t dropped = store.status().dropped;
    apply(store, effect_on("b", Touch{}));
    EXPECT_GT(store.status().dropped, dropped);
  }
  ASSERT_TRUE(comes_true([&] { return store.find(rate_key("a")).status == Status::found; }));
  EXPECT_EQ(store.find(rate_key("b")).status, Status::absent);
  EXPECT_EQ(store.status().failing, "");
  EXPECT_THAT(lines(), ElementsAre(HasSubstr("cannot write it"), HasSubstr("in use again")));
}

// A file that has grown has pages that were given up: a single write would find room among them.
TEST_F(LmdbTroubleTest, OnAFullDiskItIsNotInUseAgainForASingleRecord) {
  LmdbStore store(parts());
  for (int i = 0; i < 5000; ++i) apply(store, effect_on(std::to_string(i), Touch{}));
  ASSERT_TRUE(is_written(store, 5000));
  {
    const FullDisk disk(std::filesystem::file_size(file(kRecordsName)));
    int more = 0;
    const auto apply_some = [&] {
      for (int i = 0; i < 100; ++i) {
        apply(store, effect_on("more" + std::to_string(++more), Touch{}));
      }
    };
    // Pages that were given up before are good for some records more, and then for none.
    std::size_t said = 0;
    int tries = 0;
    do {
      ASSERT_TRUE(comes_true([&] {
        apply_some();
        return !store.status().failing.empty();
      }));
      said = lines().size();
      for (int second = 0; second < 4; ++second) {  // it tries each second
        std::this_thread::sleep_for(1s);
        apply_some();
      }
    } while (said != lines().size() && ++tries < 10);
    EXPECT_EQ(store.find(rate_key("1")).status, Status::unavailable);
    EXPECT_EQ(said, lines().size());
    EXPECT_EQ(said % 2, 1U) << "the last word is that it is not in use";
  }
  ASSERT_TRUE(comes_true([&] { return store.find(rate_key("1")).status == Status::found; }));
  apply(store, effect_on("afterwards", Touch{}));
  ASSERT_TRUE(
      comes_true([&] { return store.find(rate_key("afterwards")).status == Status::found; }));
  const auto all = lines();
  ASSERT_FALSE(all.empty());
  EXPECT_THAT(all.front(), HasSubstr("cannot write it"));
  EXPECT_THAT(all.back(), HasSubstr("in use again"));
}

TEST_F(LmdbTroubleTest, OpensTheFileThatAnotherHasMadeInItsPlace) {
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

// Two locks on one file would be none.
TEST_F(LmdbTroubleTest, ALockFileThatWasTakenAwayIsTheNextOnesToo) {
  LmdbStore store(parts());
  apply(store, effect_on("a", Touch{}));
  ASSERT_TRUE(is_written(store, 1));
  const std::string lock = file(std::string(kRecordsName) + "-lock");
  std::filesystem::remove(lock);
  ASSERT_TRUE(comes_true([&] { return std::filesystem::exists(lock); }));
  ASSERT_TRUE(comes_true([&] { return store.find(rate_key("a")).status == Status::found; }));
}

// The other daemon would hash by another.
TEST_F(LmdbTroubleTest, ANewKeyIsTakenWhileItRuns) {
  LmdbStore store(parts());
  apply(store, effect_on("a", Touch{}));
  ASSERT_TRUE(is_written(store, 1));
  std::filesystem::remove(file(kSecretName));
  ASSERT_TRUE(comes_true([&] { return store.find(rate_key("a")).status == Status::absent; }));
  ASSERT_TRUE(std::filesystem::exists(file(kSecretName)));
  EXPECT_THAT(lines(), ElementsAre(HasSubstr("is lost: the store begins anew")));
}

TEST_F(LmdbTroubleTest, AKeyThatIsLostIsSaidAtTheStart) {
  { const LmdbStore store(parts()); }
  EXPECT_THAT(lines(), ElementsAre());
  std::filesystem::remove(file(kSecretName));
  const LmdbStore store(parts());
  EXPECT_THAT(lines(), ElementsAre(HasSubstr("is lost: the store begins anew")));
}

// Somebody reads in the file as it was then, so that no page of it is given up.
class LongReader {
 public:
  explicit LongReader(const std::string& path) {
    std::array<int, 2> pipe{};
    EXPECT_EQ(::pipe(pipe.data()), 0);
    child_ = ::fork();
    if (child_ == 0) {
      MDB_env* env = nullptr;
      MDB_txn* txn = nullptr;
      const bool reads = ::mdb_env_create(&env) == 0 &&
                         ::mdb_env_open(env, path.c_str(), MDB_NOSUBDIR | MDB_RDONLY, 0) == 0 &&
                         ::mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn) == 0;
      if (::write(pipe[1], "", 1) != 1 || !reads) ::_exit(1);
      for (;;) ::pause();
    }
    ::close(pipe[1]);
    char reads = 0;
    EXPECT_EQ(::read(pipe[0], &reads, 1), 1);
    ::close(pipe[0]);
  }
  LongReader(const LongReader&) = delete;
  LongReader& operator=(const LongReader&) = delete;
  ~LongReader() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

 private:
  ::pid_t child_ = -1;
};

TEST_F(LmdbTroubleTest, OfWhatIsWrittenInPartsThatIsCountedAsLostWhichIs) {
  LmdbStore::Parts small = parts();
  small.map_bytes = std::size_t{512} << 10;
  small.again = 10min;
  LmdbStore store(small);
  apply(store, effect_on("first", Touch{}));
  ASSERT_TRUE(is_written(store, 1));
  std::uint64_t applied = 1;
  {
    const LongReader reader(file(kRecordsName));
    while (store.status().failing.empty() && applied < 20000) {
      apply(store, effect_on(std::to_string(applied++), Touch{}));
      std::this_thread::sleep_for(100us);
    }
  }
  ASSERT_THAT(store.status().failing, HasSubstr("cannot write it"));
  store.finish();
  const StoreStatus status = store.status();
  EXPECT_EQ(status.written + status.dropped, applied);
  EXPECT_EQ(status.records + status.evicted, status.written);
}

// ---- damage

// Of 5,000 records.
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

TEST_F(LmdbDamageTest, WhatIsDamagedWhileItRunsIsPutAsideThen) {
  LmdbStore store(parts());
  ASSERT_EQ(store.find(rate_key("1")).status, Status::found);
  overwrite(8192, std::filesystem::file_size(file(kRecordsName)) - 8192, '\0');
  ASSERT_TRUE(comes_true([&] { return store.status().put_aside == 1; }));
  ASSERT_TRUE(comes_true([&] { return store.find(rate_key("1")).status == Status::absent; }));
  apply(store, effect_on("b", Touch{}));
  ASSERT_TRUE(is_written(store, 1));
}

// After a power cut both daemons start at once, and one of them must not put aside what the other
// has just made.
TEST_F(LmdbDamageTest, TwoThatMeetItAtOnceGoOnTogether) {
  for (int round = 0; round < 20; ++round) {
    overwrite(8192, std::filesystem::file_size(file(kRecordsName)) - 8192, '\xff');
    std::array<::pid_t, 2> children{};
    for (::pid_t& child : children) {
      child = ::fork();
      if (child != 0) continue;
      LmdbStore store(parts());
      apply(store, effect_on("a", Take{1, 1h}));
      store.finish();
      ::_exit(store.status().written == 1 ? 0 : 1);
    }
    for (const ::pid_t child : children) {
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_EQ(status, 0);
    }
    LmdbStore store(parts());
    ASSERT_EQ(store.find(rate_key("a")).record.debt, 2h) << round;
  }
}

}  // namespace
}  // namespace postern::state::lmdb_trouble_test
