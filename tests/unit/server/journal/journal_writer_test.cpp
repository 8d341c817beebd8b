#include "server/journal/journal_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "tests/support/journal_folder.h"
#include "tests/support/temporary_folder.h"

namespace postern::journal::journal_writer_test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr JournalTime kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 29) + 18h;

JournalRecord record_of(const std::string& id) {
  JournalRecord record;
  record.time = kNow;
  record.transaction.queue_id = id;
  return record;
}

// No file grows beyond so many bytes: what is beyond is not written, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

class JournalWriterTest : public ::testing::Test {
 protected:
  JournalWriterTest() { writer_.set_folder(journal_); }

  TemporaryFolder folder_;
  std::string journal_ = folder_.path("journal");
  JournalWriter writer_{Door::milter, "0.1.0", {.age = 1h, .bytes = 2000}};
};

// Wherever the disk is full: the line goes on where it was cut.
TEST_F(JournalWriterTest, AFullDiskCutsNoLine) {
  for (rlim_t bytes = 0; bytes < 400; ++bytes) {
    const std::string folder = journal_ + std::to_string(bytes);
    JournalWriter writer(Door::milter, "0.1.0");
    writer.set_folder(folder);
    writer.add(record_of("1"));
    writer.add(record_of("2"));
    {
      const FullDisk full(bytes);
      if (const auto written = writer.write(kNow); !written) {
        EXPECT_THAT(written.error().text, HasSubstr("cannot write"));
      }
    }
    writer.add(record_of("3"));
    ASSERT_TRUE(writer.write(kNow));
    EXPECT_EQ(writer.pending_bytes(), 0U);
    ASSERT_THAT(queue_ids_in(folder), ElementsAre("1", "2", "3")) << bytes;
    ASSERT_THAT(segment_files_in(folder), SizeIs(1));
  }
}

TEST_F(JournalWriterTest, WhatWasCutInAClosedSegmentIsNoLineOfTheNext) {
  writer_.add(record_of("1"));
  {
    const FullDisk full(150);
    ASSERT_FALSE(writer_.write(kNow));
  }
  writer_.add(record_of("2"));
  writer_.set_folder(folder_.path("elsewhere"));
  ASSERT_TRUE(writer_.write(kNow));
  EXPECT_THAT(queue_ids_in(folder_.path("elsewhere")), ElementsAre("2"));
}

TEST_F(JournalWriterTest, ClosesASegmentThatIsOldOrLargeEnough) {
  const auto now = JournalWriter::Clock::now();
  EXPECT_FALSE(writer_.end_of_segment());
  writer_.add(record_of("1"));
  ASSERT_TRUE(writer_.write(kNow));
  EXPECT_FALSE(writer_.close_if_full(now + 59min));
  EXPECT_TRUE(writer_.close_if_full(JournalWriter::Clock::now() + 1h));
  EXPECT_FALSE(writer_.close_if_full(now)) << "it has been told";
  writer_.add(record_of(std::string(2000, 'x')));
  ASSERT_TRUE(writer_.write(kNow));
  EXPECT_TRUE(writer_.close_if_full(now));
  EXPECT_THAT(segment_files_in(journal_), SizeIs(2)) << "of one microsecond";
}

TEST_F(JournalWriterTest, SaysInEachSegmentWhichRulesThereAre) {
  EXPECT_FALSE(writer_.tells_rules_of(12));
  writer_.add(GenerationLine{kNow, 12, "00ff"});
  EXPECT_TRUE(writer_.tells_rules_of(12));
  EXPECT_FALSE(writer_.tells_rules_of(13));
  ASSERT_TRUE(writer_.write(kNow));
  writer_.close();
  EXPECT_FALSE(writer_.tells_rules_of(12));
}

TEST_F(JournalWriterTest, AFolderThatCannotBeMadeIsAnError) {
  folder_.write("file", "");
  writer_.set_folder(folder_.path("file") + "/journal");
  writer_.add(record_of("1"));
  const auto written = writer_.write(kNow);
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().text, HasSubstr("cannot make the folder"));
  writer_.set_folder(journal_);
  ASSERT_TRUE(writer_.write(kNow));
  EXPECT_THAT(queue_ids_in(journal_), ElementsAre("1"));
}

}  // namespace
}  // namespace postern::journal::journal_writer_test
