#include "server/config/in_force.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "rules/load/rule_file.h"

namespace postern::config::snapshot_store_test::in_force_test {
namespace {

std::shared_ptr<const Snapshot> snapshot(std::uint64_t generation) {
  Diagnostics diagnostics;
  return load::load_rules(
      "version: 1\nrules:\n  - name: a\n    then: log\n", "rules.yaml",
      [](const std::string&) { return failure("no lists"); }, generation, {}, diagnostics);
}

TEST(SnapshotStore, HandsOutTheNewestAndKeepsWhatIsHeld) {
  SnapshotStore store(snapshot(1));
  const auto first = store.current();
  store.replace(snapshot(2));
  EXPECT_EQ(first->generation(), 1U);
  EXPECT_EQ(store.current()->generation(), 2U);
}

TEST(SnapshotStore, LetsGoOfTheOldOne) {
  SnapshotStore store(snapshot(1));
  const std::weak_ptr<const Snapshot> first = store.current();
  store.replace(snapshot(2));
  EXPECT_TRUE(first.expired());
}

TEST(SnapshotStore, GenerationsOnlyGrowForEveryReader) {
  SnapshotStore store(snapshot(1));
  std::atomic<bool> went_back{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      for (std::uint64_t last = 0; last < 50;) {
        const auto now = store.current()->generation();
        if (now < last) went_back = true;
        last = now;
      }
    });
  }
  for (std::uint64_t generation = 2; generation <= 50; ++generation) {
    store.replace(snapshot(generation));
  }
  for (auto& reader : readers) reader.join();
  EXPECT_FALSE(went_back);
}

}  // namespace
}  // namespace postern::config::snapshot_store_test::in_force_test
