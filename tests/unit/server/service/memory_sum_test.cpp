#include "server/service/memory_sum.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "server/redis/shared_store.h"
#include "server/state/lmdb_store.h"

namespace postern::service::memory_sum_test {
namespace {

std::string mebibytes(std::size_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(bytes) / (1 << 20));
  return text;
}

std::string page() {
  std::ifstream file(POSTERN_SOURCE_DIR "/docs/reliability.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

config::Settings shipped() {
  config::Settings settings;
  settings.state_folder = "/var/lib/postern";
  return settings;
}

// The rows of the page end with what each door takes as shipped, with one name server.
TEST(MemorySum, OfWhatIsShippedStandsOnThePage) {
  const auto policy = memory_parts(shipped(), Door::policy, 1);
  const auto milter = memory_parts(shipped(), Door::milter, 1);
  const std::string whole = page();
  const std::size_t table = whole.find("| what | how much | policyd | milter |");
  ASSERT_NE(table, std::string::npos);
  const std::string text = whole.substr(table);
  const std::string sum = "| **sum** | | **" + mebibytes(memory_sum(policy)) + "** | **" +
                          mebibytes(memory_sum(milter)) + "** |";
  EXPECT_NE(text.find(sum), std::string::npos) << sum;
  const auto expect_row = [&](const MemoryPart& part, const std::string& columns) {
    const std::size_t row = text.find("| " + std::string(part.what) + " | ");
    ASSERT_NE(row, std::string::npos) << part.what;
    const std::string line = text.substr(row, text.find('\n', row) - row);
    EXPECT_TRUE(line.ends_with(columns)) << line << "\nwant " << columns;
  };
  for (const MemoryPart& part : policy) {
    const bool both = part.what != "connections";
    const std::string size = mebibytes(part.bytes);
    expect_row(part, "| " + size + (both ? " | " + size : " |") + " |");
  }
  for (std::size_t i = 10; i < milter.size(); ++i) {
    expect_row(milter[i], "| | " + mebibytes(milter[i].bytes) + " |");
  }
}

TEST(MemorySum, GrowsWithTheSettings) {
  config::Settings settings;
  const std::size_t before = memory_sum(memory_parts(settings, Door::policy, 1));
  settings.policyd.max_connections *= 2;
  settings.dns.cache.max_bytes += 1 << 20;
  const std::size_t after = memory_sum(memory_parts(settings, Door::policy, 1));
  EXPECT_EQ(after - before, (std::size_t{1} << 20) + std::size_t{2000} * 56 * 1024);
}

TEST(MemorySum, HasNoStoreAndNoJournalWithoutAFolderForThem) {
  config::Settings settings = shipped();
  settings.store.backend = config::StoreBackend::redis;
  const auto sum = [&] { return memory_sum(memory_parts(settings, Door::policy, 1)); };
  const std::size_t with = sum();
  settings.store.backend = config::StoreBackend::off;
  settings.journal.off = true;
  const std::size_t without = sum();
  EXPECT_GT(with, without + redis::SharedStore::kBytes + state::LmdbStore::kBytes);
  settings.store.backend = config::StoreBackend::redis;
  settings.journal.off = false;
  settings.state_folder.clear();
  EXPECT_EQ(sum(), without);
}

// The last line behind it (MemoryMax=), with the regular expressions of old and new rules, leaves
// room for rules and lists.
TEST(MemorySum, IsWellBelowWhatTheUnitsAllow) {
  constexpr std::size_t kUnit = std::size_t{2} << 30;
  constexpr std::size_t kExpressions = std::size_t{2} * (64 << 20);
  for (const char* unit : {"postern-policyd", "postern-milter"}) {
    std::ifstream file(POSTERN_SOURCE_DIR "/contrib/systemd/" + std::string(unit) + ".service");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_NE(text.find("\nMemoryMax=2G\n"), std::string::npos) << unit;
  }
  for (const Door door : {Door::policy, Door::milter}) {
    EXPECT_LT(memory_sum(memory_parts(shipped(), door, 3)) + kExpressions, kUnit / 2)
        << to_string(door);
  }
}

}  // namespace
}  // namespace postern::service::memory_sum_test
