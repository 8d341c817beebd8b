// Several processes on one file, and processes that are killed while they write.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include "server/state/lmdb_check.h"
#include "server/state/lmdb_store.h"
#include "tests/support/state_effects.h"
#include "tests/support/temporary_folder.h"

namespace postern::state::lmdb_processes_test {
namespace {

using namespace std::chrono_literals;

LmdbStore::Parts parts_in(const TemporaryFolder& folder) {
  LmdbStore::Parts parts;
  parts.folder = folder.path("store");
  parts.map_bytes = std::size_t{16} << 20;
  parts.warn = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
  parts.gather = 1ms;
  return parts;
}

// Runs `work` in a process of its own.
::pid_t in_child(const std::function<void()>& work) {
  const ::pid_t child = ::fork();
  if (child != 0) return child;
  work();
  ::_exit(0);
}

int status_of(::pid_t child) {
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

TEST(LmdbProcesses, CountTogetherExactly) {
  const TemporaryFolder folder;
  const auto take = [&] {
    LmdbStore store(parts_in(folder));
    take_hours_at_once(store, "a", 250);
    store.finish();
    if (store.status().written != 2000) ::_exit(1);
  };
  const ::pid_t first = in_child(take);
  const ::pid_t second = in_child(take);
  EXPECT_EQ(status_of(first), 0);
  EXPECT_EQ(status_of(second), 0);
  LmdbStore store(parts_in(folder));
  const auto debt = store.find(rate_key("a")).record.debt;
  EXPECT_LE(debt, 4000h);
  EXPECT_GT(debt, 3999h);  // less what has gone by
}

TEST(LmdbProcesses, SeeWhatTheOtherHasWritten) {
  const TemporaryFolder folder;
  const ::pid_t child = in_child([&] {
    LmdbStore store(parts_in(folder));
    apply(store, effect_on("a", Mark{}));
  });
  ASSERT_EQ(status_of(child), 0);
  LmdbStore store(parts_in(folder));
  EXPECT_TRUE(store.find(rate_key("a")).record.is_marked);
}

// Writes records 0, 1, 2, ... and tells through `told` how many are on the disk.
void write_until_killed(const TemporaryFolder& folder, int round, int told) {
  LmdbStore store(parts_in(folder));
  for (std::uint64_t i = 0;; ++i) {
    apply(store, effect_on(std::to_string(round) + '/' + std::to_string(i), Mark{}));
    const std::uint64_t written = store.status().written;
    if (::write(told, &written, sizeof written) != sizeof written) ::_exit(1);
    std::this_thread::sleep_for(100us);
  }
}

// What a child told last before it was killed, which is so long after its first write, and after
// `meanwhile` is done.
std::uint64_t written_by_killed_child(
    const TemporaryFolder& folder, int round, std::chrono::microseconds lives,
    const std::function<void()>& meanwhile = [] {}) {
  std::array<int, 2> pipe{};
  EXPECT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  const ::pid_t child = in_child([&] { write_until_killed(folder, round, pipe[1]); });
  ::close(pipe[1]);
  std::uint64_t written = 0;
  while (written == 0 && ::read(pipe[0], &written, sizeof written) == sizeof written) {
  }
  meanwhile();
  std::this_thread::sleep_for(lives);
  ::kill(child, SIGKILL);
  EXPECT_TRUE(WIFSIGNALED(status_of(child)));
  for (std::uint64_t told = 0; ::read(pipe[0], &told, sizeof told) == sizeof told;) written = told;
  ::close(pipe[0]);
  return written;
}

TEST(LmdbProcesses, KilledWhileTheyWriteLoseNothingThatWasWritten) {
  constexpr int kKilled = 300;
  const auto end = std::chrono::steady_clock::now() + 60s;
  const TemporaryFolder folder;
  std::mt19937 random(300);
  int round = 0;
  std::uint64_t all = 0;
  for (; round < kKilled && std::chrono::steady_clock::now() < end; ++round) {
    const std::uint64_t written =
        written_by_killed_child(folder, round, std::chrono::microseconds(random() % 10000));
    all += written;
    ASSERT_GT(written, 0U);
    ASSERT_EQ(check_lmdb_file(folder.path("store/records.mdb")), FileHealth::sound) << round;
    LmdbStore store(parts_in(folder));
    ASSERT_EQ(store.status().put_aside, 0U);
    for (std::uint64_t i = 0; i < written; ++i) {
      const StateKey key = rate_key(std::to_string(round) + '/' + std::to_string(i));
      ASSERT_TRUE(store.find(key).record.is_marked) << round << ' ' << i;
    }
  }
  EXPECT_GT(round, 20);
  EXPECT_GT(all, 100U);
}

// The lock of a writer that is killed is free for the next.
TEST(LmdbProcesses, OneGoesOnWhenTheOtherIsKilled) {
  const TemporaryFolder folder;
  for (int round = 0; round < 20; ++round) {
    std::optional<LmdbStore> store;
    written_by_killed_child(folder, round, 3ms, [&] { store.emplace(parts_in(folder)); });
    apply(*store, effect_on("a", Take{1, 1h}));
    store->finish();
    ASSERT_EQ(store->status().written, 1U);
  }
}

}  // namespace
}  // namespace postern::state::lmdb_processes_test
