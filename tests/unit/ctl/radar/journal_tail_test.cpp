// The journal as it grows: nothing twice, nothing left out, also when segments are packed or gone,
// and in the next process.
#include "ctl/radar/journal_tail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/journal_folder.h"
#include "tests/support/temporary_folder.h"

namespace postern::ctl::journal_tail_test {
namespace {

using namespace std::chrono_literals;
using journal::record_line;
using journal::segment_begun;
using testing::ElementsAre;
using testing::IsEmpty;

class JournalTailTest : public testing::Test {
 protected:
  std::vector<std::string> read(JournalTail& tail) {
    std::vector<std::string> ids;
    const auto done = tail.read(
        [&](const journal::JournalRecord& one) { ids.push_back(one.transaction.queue_id); });
    EXPECT_TRUE(done);
    return ids;
  }
  std::vector<std::string> read() { return read(tail_); }
  void pack(const std::string& name, const std::string& text) {
    folder_.write(name + ".zst", journal::zstd_of(text));
    std::filesystem::remove(folder_.path(name));
  }

  TemporaryFolder folder_;
  JournalTail tail_{folder_.path("")};
};

TEST_F(JournalTailTest, WhatHasComeSinceTheLastTime) {
  EXPECT_THAT(read(), IsEmpty());
  folder_.write(segment_begun(0s), record_line("1") + record_line("2"));
  EXPECT_THAT(read(), ElementsAre("1", "2"));
  EXPECT_THAT(read(), IsEmpty());
  folder_.write(segment_begun(0s), record_line("1") + record_line("2") + record_line("3"));
  folder_.write(segment_begun(60s), record_line("4"));
  EXPECT_THAT(read(), ElementsAre("3", "4"));
}

TEST_F(JournalTailTest, ALineThatIsBeingWrittenWaits) {
  const std::string line = record_line("1");
  folder_.write(segment_begun(0s), line.substr(0, 20));
  EXPECT_THAT(read(), IsEmpty());
  folder_.write(segment_begun(0s), line);
  EXPECT_THAT(read(), ElementsAre("1"));
  EXPECT_EQ(tail_.damaged(), 0U);
}

TEST_F(JournalTailTest, ASegmentThatWasPackedMeanwhileIsReadOn) {
  folder_.write(segment_begun(0s), record_line("1"));
  EXPECT_THAT(read(), ElementsAre("1"));
  pack(segment_begun(0s), record_line("1") + record_line("2"));
  EXPECT_THAT(read(), ElementsAre("2"));
  EXPECT_THAT(read(), IsEmpty());
  std::filesystem::remove(folder_.path(segment_begun(0s) + ".zst"));
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(JournalTailTest, AnotherProcessGoesOn) {
  folder_.write(segment_begun(60s), record_line("2"));
  pack(segment_begun(0s), record_line("1"));
  EXPECT_THAT(read(), ElementsAre("1", "2"));
  folder_.write(segment_begun(60s), record_line("2") + record_line("3"));
  JournalTail next(folder_.path(""));
  ASSERT_TRUE(next.go_to(tail_.place()));
  EXPECT_THAT(read(next), ElementsAre("3"));
}

TEST_F(JournalTailTest, APlaceThatIsNoneIsTheBeginning) {
  folder_.write(segment_begun(0s), record_line("1"));
  EXPECT_THAT(read(), ElementsAre("1"));
  for (const std::string& wrong :
       {tail_.place() + "x", tail_.place() + "a 1 shut\n", std::string("a 1"), std::string(" ")}) {
    JournalTail next(folder_.path(""));
    EXPECT_FALSE(next.go_to(wrong)) << wrong;
    EXPECT_THAT(read(next), ElementsAre("1"));
  }
}

TEST_F(JournalTailTest, WhatIsNoRecordIsPassedOver) {
  folder_.write("other.txt", record_line("0"));
  folder_.write(segment_begun(0s), "{\"v\":1,\n" + record_line("1"));
  EXPECT_THAT(read(), ElementsAre("1"));
  EXPECT_EQ(tail_.damaged(), 1U);
}

TEST(JournalTail, AFolderThatIsNotThereIsEmpty) {
  JournalTail tail("/nonexistent/journal");
  EXPECT_TRUE(tail.read([](const journal::JournalRecord&) { FAIL(); }));
}

}  // namespace
}  // namespace postern::ctl::journal_tail_test
