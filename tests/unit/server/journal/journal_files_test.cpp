#include "server/journal/journal_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "tests/support/journal_folder.h"
#include "tests/support/temporary_folder.h"

namespace postern::journal::journal_files_test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class JournalFilesTest : public ::testing::Test {
 protected:
  std::vector<std::string> read(const std::vector<std::string>& paths,
                                std::optional<JournalTime> since = std::nullopt) {
    auto files = JournalFiles::open(paths, since);
    EXPECT_TRUE(files);
    std::vector<std::string> ids;
    while (const auto* record = files->next()) ids.push_back(record->transaction.queue_id);
    counts_ = files->counts();
    EXPECT_EQ(counts_.records, ids.size());
    return ids;
  }
  std::vector<std::string> read() { return read({folder_.path("")}); }

  TemporaryFolder folder_;
  JournalCounts counts_;
};

TEST_F(JournalFilesTest, BothDoorsAreOneStreamInTheOrderOfTime) {
  folder_.write(segment_begun(0s), record_line("1", 1s) + record_line("4", 40s));
  folder_.write(segment_begun(10s, Door::milter), record_line("2", 11s) + record_line("5", 50s));
  folder_.write(segment_begun(30s), record_line("3", 31s) + record_line("6", 60s));
  EXPECT_THAT(read(), ElementsAre("1", "2", "3", "4", "5", "6"));
  EXPECT_EQ(counts_.segments, 3U);
  EXPECT_FALSE(counts_.incomplete);
}

TEST_F(JournalFilesTest, AClosedSegmentIsReadOnceThoughBothFilesAreThere) {
  folder_.write(segment_begun(0s) + ".zst", zstd_of(record_line("1", 1s)));
  folder_.write(segment_begun(0s), record_line("1", 1s));
  folder_.write(segment_begun(5s), record_line("2", 6s));
  folder_.write("journal.key", "not a segment");
  EXPECT_THAT(read(), ElementsAre("1", "2"));
}

TEST_F(JournalFilesTest, ATornLastLineCostsThatRecord) {
  const std::string torn = record_line("2", 2s);
  folder_.write(segment_begun(0s), record_line("1", 1s) + torn.substr(0, torn.size() / 2));
  folder_.write(segment_begun(5s), record_line("3", 6s));
  EXPECT_THAT(read(), ElementsAre("1", "3"));
  EXPECT_EQ(counts_.torn, 1U);
  EXPECT_EQ(counts_.unreadable, 0U);
  EXPECT_THAT(counts_.faults, IsEmpty());
}

TEST_F(JournalFilesTest, LinesThatCannotBeReadArePassedOverAndTold) {
  const auto file = folder_.write(segment_begun(0s),
                                  record_line("1", 1s) + "{\"v\":2}\nnonsense\n" +
                                      std::string(kMaxLine + 1, 'x') + "\n" + record_line("2", 2s));
  EXPECT_THAT(read({file}), ElementsAre("1", "2"));
  EXPECT_EQ(counts_.unreadable, 3U);
  EXPECT_THAT(counts_.faults,
              ElementsAre(HasSubstr(file + ":2: found version 2"), HasSubstr(":3: found no JSON"),
                          HasSubstr(":4: found a line longer")));
}

TEST_F(JournalFilesTest, APackedFileThatIsCutIsIncomplete) {
  const std::string whole = zstd_of(record_line("1", 1s));
  folder_.write(segment_begun(0s) + ".zst", whole.substr(0, whole.size() - 5));
  read();
  EXPECT_TRUE(counts_.incomplete);
  EXPECT_THAT(counts_.faults, ElementsAre(HasSubstr("cannot be read to its end")));
}

TEST_F(JournalFilesTest, WhatWasBeforeIsPassedOver) {
  const auto old = folder_.write(segment_begun(0s), record_line("1", 1s));
  const auto written =
      std::chrono::floor<std::chrono::seconds>(kJournalStart + 2s).time_since_epoch();
  const timespec times[2] = {{0, 0}, {written.count(), 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, old.c_str(), times, 0), 0);
  folder_.write(segment_begun(5s), record_line("2", 6s) + record_line("3", 20s));
  EXPECT_THAT(read({folder_.path("")}, kJournalStart + 20s), ElementsAre("3"));
  EXPECT_EQ(counts_.segments, 1U) << "nobody looks into what was written last before";
}

TEST_F(JournalFilesTest, FilesOfAnyNameAreRead) {
  const auto one = folder_.write("monday", record_line("2", 2s));
  const auto other = folder_.write("sunday.zst", zstd_of(record_line("1", 1s)));
  EXPECT_THAT(read({one, other}), ElementsAre("1", "2"));
}

TEST_F(JournalFilesTest, TheRulesOfEachGenerationAreKnown) {
  std::string text;
  append_line(text, SegmentLine{kJournalStart, Door::policy, "mx1", "0.1.0"});
  append_line(text, GenerationLine{kJournalStart, 12, "00ff"});
  folder_.write(segment_begun(0s), text + record_line("1", 1s));
  EXPECT_THAT(read(), ElementsAre("1"));
  EXPECT_THAT(counts_.fingerprints, ElementsAre(Pair(12U, "00ff")));
}

TEST_F(JournalFilesTest, TheNewestBeginWhereTheyAreNotTooLarge) {
  const std::string text = record_line("a", 1s);
  folder_.write(segment_begun(0s), text);
  folder_.write(segment_begun(1h), text);
  folder_.write(segment_begun(2h) + ".zst", std::string(text.size() / 9, 'x'));
  folder_.write("other.txt", std::string(10000, 'x'));
  EXPECT_EQ(begin_of_newest(folder_.path(""), 3 * text.size()), std::nullopt);
  EXPECT_EQ(begin_of_newest(folder_.path(""), 3 * text.size() - 20), kJournalStart + 1h);
  EXPECT_EQ(begin_of_newest(folder_.path(""), 2 * text.size() - 20), kJournalStart + 2h);
  EXPECT_EQ(begin_of_newest(folder_.path(""), 1), kJournalStart + 2h) << "the newest is looked at";
  EXPECT_EQ(begin_of_newest(folder_.path("no"), 1), std::nullopt);
}

TEST_F(JournalFilesTest, WhatIsNotThereIsAnError) {
  const auto files = JournalFiles::open({folder_.path("none")});
  ASSERT_FALSE(files);
  EXPECT_THAT(files.error().text, HasSubstr("none: No such file"));
  EXPECT_THAT(read(), IsEmpty());
}

}  // namespace
}  // namespace postern::journal::journal_files_test
