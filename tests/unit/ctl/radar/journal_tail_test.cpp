// The journal as it grows: nothing twice, nothing left out, also when segments are packed or gone,
// and in the next process.
#include "ctl/radar/journal_tail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/iostreams/filter/zstd.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <filesystem>
#include <sstream>

#include "rules/journal/journal_line.h"
#include "rules/journal/segment_name.h"
#include "tests/support/temporary_folder.h"

namespace postern::ctl::journal_tail_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

std::string segment(std::chrono::seconds begun) {
  const auto start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 29) + 18h;
  return journal::SegmentName{start + begun, Door::policy, "mx1", 7, false}.to_string();
}

// A record that its queue id tells from others.
std::string record(const std::string& id) {
  journal::JournalRecord record;
  record.transaction.queue_id = id;
  std::string line;
  journal::append_line(line, record);
  return line;
}

std::string zstd_of(const std::string& text) {
  namespace io = boost::iostreams;
  std::istringstream plain(text);
  io::filtering_istream in;
  in.push(io::zstd_compressor());
  in.push(plain);
  return {std::istreambuf_iterator<char>(in), {}};
}

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
    folder_.write(name + ".zst", zstd_of(text));
    std::filesystem::remove(folder_.path(name));
  }

  TemporaryFolder folder_;
  JournalTail tail_{folder_.path("")};
};

TEST_F(JournalTailTest, WhatHasComeSinceTheLastTime) {
  EXPECT_THAT(read(), IsEmpty());
  folder_.write(segment(0s), record("1") + record("2"));
  EXPECT_THAT(read(), ElementsAre("1", "2"));
  EXPECT_THAT(read(), IsEmpty());
  folder_.write(segment(0s), record("1") + record("2") + record("3"));
  folder_.write(segment(60s), record("4"));
  EXPECT_THAT(read(), ElementsAre("3", "4"));
}

TEST_F(JournalTailTest, ALineThatIsBeingWrittenWaits) {
  const std::string line = record("1");
  folder_.write(segment(0s), line.substr(0, 20));
  EXPECT_THAT(read(), IsEmpty());
  folder_.write(segment(0s), line);
  EXPECT_THAT(read(), ElementsAre("1"));
  EXPECT_EQ(tail_.damaged(), 0U);
}

TEST_F(JournalTailTest, ASegmentThatWasPackedMeanwhileIsReadOn) {
  folder_.write(segment(0s), record("1"));
  EXPECT_THAT(read(), ElementsAre("1"));
  pack(segment(0s), record("1") + record("2"));
  EXPECT_THAT(read(), ElementsAre("2"));
  EXPECT_THAT(read(), IsEmpty());
  std::filesystem::remove(folder_.path(segment(0s) + ".zst"));
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(JournalTailTest, AnotherProcessGoesOn) {
  folder_.write(segment(60s), record("2"));
  pack(segment(0s), record("1"));
  EXPECT_THAT(read(), ElementsAre("1", "2"));
  folder_.write(segment(60s), record("2") + record("3"));
  JournalTail next(folder_.path(""));
  ASSERT_TRUE(next.go_to(tail_.place()));
  EXPECT_THAT(read(next), ElementsAre("3"));
}

TEST_F(JournalTailTest, APlaceThatIsNoneIsTheBeginning) {
  folder_.write(segment(0s), record("1"));
  EXPECT_THAT(read(), ElementsAre("1"));
  for (const std::string& wrong :
       {tail_.place() + "x", tail_.place() + "a 1 shut\n", std::string("a 1"), std::string(" ")}) {
    JournalTail next(folder_.path(""));
    EXPECT_FALSE(next.go_to(wrong)) << wrong;
    EXPECT_THAT(read(next), ElementsAre("1"));
  }
}

TEST_F(JournalTailTest, WhatIsNoRecordIsPassedOver) {
  folder_.write("other.txt", record("0"));
  folder_.write(segment(0s), "{\"v\":1,\n" + record("1"));
  EXPECT_THAT(read(), ElementsAre("1"));
  EXPECT_EQ(tail_.damaged(), 1U);
}

TEST(JournalTail, AFolderThatIsNotThereIsEmpty) {
  JournalTail tail("/nonexistent/journal");
  EXPECT_TRUE(tail.read([](const journal::JournalRecord&) { FAIL(); }));
}

}  // namespace
}  // namespace postern::ctl::journal_tail_test
