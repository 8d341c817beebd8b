#include "server/journal/segment_packer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "server/journal/segment_file.h"
#include "tests/support/journal_folder.h"
#include "tests/support/temporary_folder.h"

namespace postern::journal::segment_packer_test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::uint64_t kMuch = std::uint64_t{1} << 30;
constexpr JournalTime kBegun = std::chrono::sys_days(std::chrono::year(2026) / 11 / 29) + 18h;

class SegmentPackerTest : public ::testing::Test {
 protected:
  // A closed one with a record, written last so many hours ago.
  std::string write(int hours_ago, const std::string& id, std::size_t padding = 0) {
    JournalRecord record;
    record.time = kBegun;
    record.transaction.queue_id = id;
    for (std::size_t i = 0; i < padding; ++i) {  // that does not get smaller
      record.transaction.helo += static_cast<char>('a' + (i * i + i / 7) % 26);
    }
    std::string text;
    append_line(text, record);
    const SegmentName name{kBegun - std::chrono::hours(hours_ago), Door::policy, "mx1", 7, false};
    const std::string path = folder_.write(name.to_string(), text);
    const timespec times[2] = {{0, UTIME_NOW}, {to_time_t(now_) - hours_ago * 3600, 0}};
    ::utimensat(AT_FDCWD, path.c_str(), times, 0);
    return path;
  }
  static std::time_t to_time_t(std::chrono::system_clock::time_point time) {
    return std::chrono::system_clock::to_time_t(time);
  }
  PackedFolder pack(std::chrono::days age = std::chrono::days(7), std::uint64_t bytes = kMuch) {
    const auto packed = pack_and_prune(folder_.path(""), {age, bytes}, now_);
    EXPECT_TRUE(packed);
    return packed.value_or(PackedFolder{});
  }
  std::vector<std::string> ids() { return queue_ids_in(folder_.path("")); }

  TemporaryFolder folder_;
  std::chrono::system_clock::time_point now_ = std::chrono::system_clock::now();
};

TEST_F(SegmentPackerTest, CompressesWhatIsClosed) {
  const std::string path = write(2, "1");
  const std::string text = segment_text(path);
  struct stat before {};
  ASSERT_EQ(::stat(path.c_str(), &before), 0);
  EXPECT_EQ(pack().segments, 1U);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(segment_text(path + ".zst"), text);
  struct stat after {};
  ASSERT_EQ(::stat((path + ".zst").c_str(), &after), 0);
  EXPECT_EQ(after.st_mode & 07777U, 0600U);
  EXPECT_EQ(after.st_mtim.tv_sec, before.st_mtim.tv_sec) << "by which its age is known";
}

TEST_F(SegmentPackerTest, LeavesWhatIsBeingWritten) {
  auto open = SegmentFile::create(folder_.path(""), {kBegun, Door::milter, "mx1", 8, false});
  ASSERT_TRUE(open);
  const std::string path = open->path();
  EXPECT_EQ(pack(std::chrono::days(7), 0).removed, 0U) << "whatever room it takes";
  EXPECT_TRUE(std::filesystem::exists(path));
  { const SegmentFile closed = std::move(*open); }
  pack();
  EXPECT_FALSE(std::filesystem::exists(path)) << "nobody has its lock";
}

TEST_F(SegmentPackerTest, RemovesWhatIsTooOld) {
  write(24 * 7 + 1, "1");
  write(24 * 7 - 1, "2");
  EXPECT_EQ(pack().removed, 1U);
  EXPECT_THAT(ids(), ElementsAre("2"));
}

TEST_F(SegmentPackerTest, RemovesTheOldestOfTooMuch) {
  for (int i = 0; i < 4; ++i) write(4 - i, std::to_string(i), 20000);
  const std::uint64_t bytes = pack().bytes;
  EXPECT_THAT(ids(), SizeIs(4));
  const PackedFolder left = pack(std::chrono::days(7), bytes / 2);
  EXPECT_EQ(left.removed, 2U);
  EXPECT_EQ(left.segments, 2U);
  EXPECT_LE(left.bytes, bytes / 2);
  EXPECT_THAT(ids(), ElementsAre("2", "3"));
}

TEST_F(SegmentPackerTest, LeavesFilesThatAreNoSegments) {
  folder_.write("key", "0123");
  folder_.write("20261129.jsonl", "");
  pack(std::chrono::days(0), 0);
  EXPECT_TRUE(std::filesystem::exists(folder_.path("key")));
  EXPECT_TRUE(std::filesystem::exists(folder_.path("20261129.jsonl")));
}

TEST_F(SegmentPackerTest, AFolderThatIsNotThereHasNothing) {
  const auto packed = pack_and_prune(folder_.path("none"), {}, now_);
  ASSERT_TRUE(packed);
  EXPECT_EQ(packed->segments, 0U);
  folder_.write("file", "");
  const auto failed = pack_and_prune(folder_.path("file"), {}, now_);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().text, HasSubstr("Not a directory"));
}

}  // namespace
}  // namespace postern::journal::segment_packer_test
