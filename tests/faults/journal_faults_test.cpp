// A system call fails, once, at each place where the journal makes one: no record is lost and none
// is there twice, once it is tried again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "server/journal/journal.h"
#include "server/journal/journal_writer.h"
#include "server/journal/segment_packer.h"
#include "tests/support/fault_calls.h"
#include "tests/support/journal_folder.h"
#include "tests/support/temporary_folder.h"

namespace postern::journal::journal_faults_test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr JournalTime kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 29) + 18h;
constexpr int kMostTries = 3;
constexpr std::int64_t kLeastCalls = 5;  // fewer are not all that are made

JournalRecord record_of(const std::string& id) {
  JournalRecord record;
  record.time = kNow;
  record.transaction.queue_id = id;
  return record;
}

// The Nth call of `act` fails. False: there was none.
template <class Act>
bool with_failing_call(std::int64_t number, int error, const Act& act) {
  FaultPlan& plan = fault_plan();
  plan.error = error;
  plan.calls = 0;
  plan.first = plan.last = number;
  act();
  plan.first = 0;
  return plan.calls >= number;
}

void write_all(JournalWriter& writer) {
  for (int tries = 0; tries < kMostTries; ++tries) {
    if (writer.write(kNow)) return;
  }
}

class EachCallOfTheJournalFails : public testing::TestWithParam<int> {};

TEST_P(EachCallOfTheJournalFails, AndWhatIsWrittenIsWhole) {
  std::int64_t number = 1;
  for (bool failed = true; failed; ++number) {
    SCOPED_TRACE("call " + std::to_string(number));
    const TemporaryFolder folder;
    JournalWriter writer(Door::policy, "0.1.0");
    writer.set_folder(folder.path("journal"));
    writer.add(record_of("1"));
    failed = with_failing_call(number, GetParam(), [&] {
      write_all(writer);
      writer.add(record_of("2"));
      write_all(writer);
    });
    EXPECT_EQ(writer.pending_bytes(), 0U);
    ASSERT_THAT(queue_ids_in(folder.path("journal")), ElementsAre("1", "2"));
  }
  EXPECT_GT(number, kLeastCalls);
}

TEST_P(EachCallOfTheJournalFails, AndWhatIsClosedCanBeRead) {
  std::int64_t number = 1;
  for (bool failed = true; failed; ++number) {
    SCOPED_TRACE("call " + std::to_string(number));
    const TemporaryFolder folder;
    for (const char* id : {"1", "2"}) {
      JournalWriter writer(Door::policy, "0.1.0");
      writer.set_folder(folder.path("journal"));
      writer.add(record_of(id));
      ASSERT_TRUE(writer.write(kNow));
    }
    const auto pack = [&] {
      (void)pack_and_prune(folder.path("journal"), {std::chrono::days(7), 1U << 30U},
                           std::chrono::system_clock::now());
    };
    failed = with_failing_call(number, GetParam(), pack);
    ASSERT_THAT(queue_ids_in(folder.path("journal")), ElementsAre("1", "2"));
    pack();
    ASSERT_THAT(queue_ids_in(folder.path("journal")), ElementsAre("1", "2"));
    for (const auto& path : segment_files_in(folder.path("journal"))) {
      EXPECT_EQ(path.extension(), ".zst");
    }
  }
  EXPECT_GT(number, kLeastCalls);
}

// A disk that takes no write to its end, as when it is worn out or far away.
TEST(SlowDiskOfTheJournal, NoDecisionWaitsForIt) {
  constexpr std::size_t kRoom = 8;
  constexpr std::size_t kDecisions = 100;
  const TemporaryFolder folder;
  config::Settings settings;
  settings.state_folder = folder.path("");
  const config::LiveSettings live(settings);
  os::LogSettings log_settings;
  log_settings.file = folder.path("log");
  const auto log = os::DaemonLog::open(log_settings).value();
  Journal journal({Door::policy, "0.1.0", live, *log, {}, kRoom});
  const auto decide = [&](const std::string& id) {
    Transaction transaction;
    transaction.queue_id = id;
    const Verdict verdict;
    const std::vector<DnsEvidence> nothing;
    journal.record({.door = "policy",
                    .transaction = transaction,
                    .verdict = verdict,
                    .evidence = nothing,
                    .reply = "DUNNO"});
  };
  SlowDisk& disk = slow_disk();
  disk.is_stuck = true;
  decide("first");
  while (disk.waiting == 0) std::this_thread::yield();
  for (std::size_t i = 0; i < kDecisions; ++i) decide(std::to_string(i));
  EXPECT_EQ(disk.waiting, 1) << "the writer has waited all the time";
  EXPECT_EQ(journal.status().dropped, kDecisions - kRoom);
  EXPECT_EQ(journal.status().records, 0U);
  disk.is_stuck = false;
  journal.finish();
  EXPECT_EQ(journal.status().records, 1 + kRoom);
  const auto ids = queue_ids_in(folder.path("journal"));
  ASSERT_EQ(ids.size(), 1 + kRoom);
  EXPECT_EQ(ids.front(), "first");
  EXPECT_EQ(ids.back(), std::to_string(kRoom - 1));
}

INSTANTIATE_TEST_SUITE_P(Journal, EachCallOfTheJournalFails, testing::Values(ENOSPC, EIO, EMFILE));

}  // namespace
}  // namespace postern::journal::journal_faults_test
